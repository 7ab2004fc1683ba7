// Package repocheck is written elsewhere; here stand its settings.
package repocheck

import (
	"time"

	"bellhop/internal/fault"
)

// Config is the section repo_check.
type Config struct {
	Enabled     bool          `koanf:"enabled"`
	Timeout     time.Duration `koanf:"timeout"`
	Concurrency int           `koanf:"concurrency"`
	Command     []string      `koanf:"command"`
}

// DefaultConfig holds the defaults.
func DefaultConfig() Config {
	return Config{
		Enabled: true, Timeout: time.Minute, Concurrency: 2,
		Command: []string{"runagent", "restic-wrapper", "--module", "{{.Module}}", "--backup", "{{.Plan}}"},
	}
}

// Validate finds no fault.
func (c Config) Validate() []fault.Fault { return nil }
