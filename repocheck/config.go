package repocheck

import (
	"fmt"
	"time"

	"bellhop/internal/fault"
)

// maxConcurrency bounds the restic containers that run on the node at once.
const maxConcurrency = 16

// Config is the section repo_check.
type Config struct {
	Enabled bool `koanf:"enabled"`
	// Timeout bounds one probe; twice as much bounds all of an event.
	Timeout     time.Duration `koanf:"timeout"`
	Concurrency int           `koanf:"concurrency"` // probes at once, 1 to 16
	// Command is the program and its arguments up to restic's own, which follow.
	// Each may hold {{.Module}} and {{.Plan}}, their ids. Nothing passes through a shell.
	Command []string `koanf:"command"`
}

// DefaultConfig asks NethServer's own wrapper, which since core 3.21.0 reaches the
// repository of any module from any node.
func DefaultConfig() Config {
	return Config{
		Enabled:     true,
		Timeout:     60 * time.Second,
		Concurrency: 2,
		Command:     []string{"runagent", "restic-wrapper", "--module", "{{.Module}}", "--backup", "{{.Plan}}"},
	}
}

// Validate returns what is wrong with c. Items of command count from 0.
func (c Config) Validate() []fault.Fault {
	var faults []fault.Fault
	if c.Timeout <= 0 {
		faults = append(faults, fault.Fault{Key: "timeout", Text: fmt.Sprintf("is %s", c.Timeout), Remedy: "give a time above zero, such as 60s"})
	}
	if c.Concurrency < 1 || c.Concurrency > maxConcurrency {
		faults = append(faults, fault.Fault{Key: "concurrency", Text: fmt.Sprintf("is %d", c.Concurrency), Remedy: fmt.Sprintf("give a number from 1 to %d", maxConcurrency)})
	}
	if c.Enabled && (len(c.Command) == 0 || c.Command[0] == "") {
		faults = append(faults, fault.Fault{Key: "command", Text: "names no program", Remedy: "give the program that runs restic for a module, or set enabled to false"})
	}
	for i, arg := range c.Command {
		if f, bad := badArgument(arg); bad {
			f.Key = fmt.Sprintf("command.%d", i)
			faults = append(faults, f)
		}
	}
	return faults
}
