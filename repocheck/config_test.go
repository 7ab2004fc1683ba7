package repocheck

import (
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestTheDefaultsAreValid(t *testing.T) {
	if faults := DefaultConfig().Validate(); len(faults) > 0 {
		t.Fatal(faults)
	}
}

func TestAFaultNamesItsKey(t *testing.T) {
	for _, c := range []struct {
		key    string
		change func(*Config)
	}{
		{"timeout", func(c *Config) { c.Timeout = 0 }},
		{"timeout", func(c *Config) { c.Timeout = -time.Second }},
		{"concurrency", func(c *Config) { c.Concurrency = 0 }},
		{"concurrency", func(c *Config) { c.Concurrency = 17 }},
		{"command", func(c *Config) { c.Command = nil }},
		{"command", func(c *Config) { c.Command = []string{""} }},
		{"command.1", func(c *Config) { c.Command = []string{"runagent", "{{.Modul}}"} }},
		{"command.1", func(c *Config) { c.Command = []string{"runagent", "{{.Module"} }},
		{"command.0", func(c *Config) { c.Command = []string{"{{printf .Module}}"} }},
		{"command.0", func(c *Config) { c.Command = []string{"run\x00agent"} }},
	} {
		cfg := DefaultConfig()
		c.change(&cfg)
		faults := cfg.Validate()
		if len(faults) != 1 || faults[0].Key != c.key || faults[0].Text == "" || faults[0].Remedy == "" {
			t.Errorf("%s: got %+v", c.key, faults)
		}
		if _, err := New(cfg, time.Now, slog.New(slog.DiscardHandler)); err == nil || !strings.Contains(err.Error(), c.key) {
			t.Errorf("%s: New says %v", c.key, err)
		}
	}
}

func TestSwitchedOffItNeedsNoCommand(t *testing.T) {
	cfg := DefaultConfig()
	cfg.Enabled, cfg.Command = false, nil
	if faults := cfg.Validate(); len(faults) > 0 {
		t.Fatal(faults)
	}
}

func TestResticsArgumentsFollowTheCommandInOrder(t *testing.T) {
	got := arguments([]string{"x", "--module={{ .Module }}", "{{.Plan}}{{.Plan}}"}, "{{.Module}}", "mail1", snapshotsArgs())
	want := []string{"x", "--module=mail1", "{{.Module}}{{.Module}}", "snapshots", "--json", "--no-lock", "--latest", "1"}
	if !slices.Equal(got, want) {
		t.Fatalf("got %q", got)
	}
}

func TestIDsThatCouldBecomeOptionsAreNotAsked(t *testing.T) {
	for _, id := range []string{"", "-x", "--show", "a\x00b", "a\nb", "\u0085", "\xff"} {
		if unfit("1", id).Text == "" || unfit(id, "mail1").Text == "" {
			t.Errorf("%q was taken", id)
		}
	}
	if note := unfit("1", "mail1").Text; note != "" {
		t.Errorf("mail1 was refused: %s", note)
	}
}
