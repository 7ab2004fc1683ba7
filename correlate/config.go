package correlate

import (
	"time"

	"bellhop/internal/fault"
)

// Config is the section correlator: when to look, and how far back a status
// may lie that still speaks of the run in question (R1, R2).
type Config struct {
	// Wait passes between the acceptance of the first signal and the first
	// look; 0 looks at once.
	Wait time.Duration `koanf:"wait_seconds"`
	// MaxWait after the acceptance of the first signal, the run is told as it
	// stands, settled or not.
	MaxWait time.Duration `koanf:"max_wait"`
	// RecentWindow is how long before the signal a run without failures may have
	// ended and still be the one that the signal speaks of.
	RecentWindow time.Duration `koanf:"recent_window"`
	// Subscribe has a plan that is waited for looked at as soon as one of its modules
	// has left a status.
	Subscribe bool `koanf:"subscribe"`
	// Trigger has every plan looked at when one of its modules has left a status, whether
	// or not an alert speaks of it; then successes are told, too.
	Trigger bool `koanf:"trigger"`
}

// DefaultConfig returns the settings of a config file that says nothing.
func DefaultConfig() Config {
	return Config{
		Wait:         30 * time.Second,
		MaxWait:      2 * time.Hour,
		RecentWindow: time.Hour,
		Subscribe:    true,
	}
}

// Validate names each setting that makes no sense.
func (c Config) Validate() []fault.Fault {
	var faults []fault.Fault
	if c.Wait < 0 {
		faults = append(faults, fault.Fault{
			Key: "wait_seconds", Text: "is negative", Remedy: "give seconds to wait, or 0 to look at once"})
	}
	if c.MaxWait < c.Wait || c.MaxWait < 0 {
		faults = append(faults, fault.Fault{
			Key: "max_wait", Text: "is shorter than wait_seconds", Remedy: "give a longer time, such as 2h"})
	}
	if c.Trigger && !c.Subscribe {
		faults = append(faults, fault.Fault{
			Key: "trigger", Text: "needs subscribe", Remedy: "remove subscribe: false, or trigger"})
	}
	if c.RecentWindow <= 0 {
		faults = append(faults, fault.Fault{
			Key: "recent_window", Text: "is not positive", Remedy: "give a time, such as 3600"})
	}
	return faults
}
