package queue

import (
	"time"

	"bellhop/internal/fault"
)

// Disk is the engine that keeps everything in one file on this machine, the
// only one there is.
const Disk = "disk"

// Config is the section queue.
type Config struct {
	Engine string `koanf:"engine"`
	// Path is the folder in which everything is kept. It is made if absent.
	Path string `koanf:"path"`
	// GiveUpAfter is the age beyond which a delivery gets one last attempt, unless
	// its sink names another.
	GiveUpAfter time.Duration `koanf:"give_up_after"`
	// Keep is how long the delivery log and the events go back, and KeepBytes how
	// large all that is kept may grow: then the oldest goes first. What waits stays.
	Keep      time.Duration `koanf:"keep"`
	KeepBytes int64         `koanf:"keep_bytes"`
}

// DefaultConfig holds the defaults.
func DefaultConfig() Config {
	return Config{
		Engine: Disk, Path: "/var/lib/bellhop",
		GiveUpAfter: 24 * time.Hour, Keep: 30 * 24 * time.Hour, KeepBytes: 1 << 30,
	}
}

// Validate looks at the settings alone; whether the folder can be written shows
// when the engine opens it.
func (c Config) Validate() []fault.Fault {
	var faults []fault.Fault
	if c.Engine != Disk {
		faults = append(faults, fault.Fault{
			Key: "engine", Text: `there is no engine "` + c.Engine + `"`, Remedy: "write " + Disk,
		})
	}
	if c.Path == "" {
		faults = append(faults, fault.Fault{
			Key: "path", Text: "is empty", Remedy: "name a folder on a disk that outlives a restart",
		})
	}
	return faults
}
