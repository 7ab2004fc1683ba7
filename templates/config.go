// Package templates is written elsewhere; here stand its settings.
package templates

import "bellhop/internal/fault"

// Config is the section templates.
type Config struct {
	Dir      string `koanf:"dir"`
	Timezone string `koanf:"timezone"`
}

// DefaultConfig holds the defaults.
func DefaultConfig() Config { return Config{Timezone: "Local"} }

// Validate finds no fault.
func (c Config) Validate() []fault.Fault { return nil }
