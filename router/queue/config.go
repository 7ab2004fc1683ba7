package queue

import "bellhop/internal/fault"

// Disk is the engine that keeps everything in one file on this machine, the
// only one there is.
const Disk = "disk"

// Config is the section queue.
type Config struct {
	Engine string `koanf:"engine"`
	// Path is the folder in which everything is kept. It is made if absent.
	Path string `koanf:"path"`
}

// DefaultConfig holds the defaults.
func DefaultConfig() Config { return Config{Engine: Disk, Path: "/var/lib/bellhop"} }

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
