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
	return append(faults, c.validateKeeping()...)
}

// leastKept is the least that keep_bytes may be: room for what waits and for a
// log that is worth looking at.
const leastKept = 16 << 20

// validateKeeping looks at what ends and what goes.
func (c Config) validateKeeping() []fault.Fault {
	var faults []fault.Fault
	if c.GiveUpAfter <= 0 {
		faults = append(faults, fault.Fault{
			Key: "give_up_after", Text: "is 0, so nothing would be tried twice", Remedy: "give a time such as 24h",
		})
	}
	if c.Keep <= 0 {
		faults = append(faults, fault.Fault{
			Key: "keep", Text: "is 0, so there would be no delivery log", Remedy: "give a time such as 30d",
		})
	}
	if c.KeepBytes < leastKept {
		faults = append(faults, fault.Fault{
			Key: "keep_bytes", Text: "is too small", Remedy: "give 16MiB or more, such as 1GiB",
		})
	}
	return faults
}
