package intake_test

import (
	"strings"
	"testing"

	"bellhop/internal/intake"
)

func TestDefaultsAreFaultless(t *testing.T) {
	c := intake.DefaultConfig()
	if fs := c.Validate(); len(fs) != 0 {
		t.Fatalf("faults in the defaults: %+v", fs)
	}
	if got := c.Address(); got != "127.0.0.1:9099" {
		t.Fatalf("listens on %s", got)
	}
}

func TestValidateNamesTheKey(t *testing.T) {
	tests := []struct {
		key    string
		change func(*intake.Config)
	}{
		{"host", func(c *intake.Config) { c.Host = "127.0.0.1:9099" }},
		{"host", func(c *intake.Config) { c.Host = "http://127.0.0.1" }},
		{"host", func(c *intake.Config) { c.Host = "[::1]" }},
		{"port", func(c *intake.Config) { c.Port = 65536 }},
		{"port", func(c *intake.Config) { c.Port = -1 }},
		{"external_url", func(c *intake.Config) { c.ExternalURL = "bellhop.example.org" }},
		{"external_url", func(c *intake.Config) { c.ExternalURL = "https://me:hunter2@example.org" }},
		{"external_url", func(c *intake.Config) { c.ExternalURL = "https://example.org?token=hunter2" }},
		{"alert_names", func(c *intake.Config) { c.AlertNames = nil }},
		{"alert_names.1", func(c *intake.Config) { c.AlertNames = []string{"a", " "} }},
		{"plan_labels", func(c *intake.Config) { c.PlanLabels = []string{} }},
		{"plan_labels.0", func(c *intake.Config) { c.PlanLabels = []string{""} }},
		{"max_body_bytes", func(c *intake.Config) { c.MaxBodyBytes = 0 }},
		{"max_body_bytes", func(c *intake.Config) { c.MaxBodyBytes = 1 << 40 }},
	}
	for _, tt := range tests {
		c := intake.DefaultConfig()
		tt.change(&c)
		fs := c.Validate()
		if len(fs) != 1 || fs[0].Key != tt.key || fs[0].Text == "" || fs[0].Remedy == "" {
			t.Errorf("want one fault of %s, got %+v", tt.key, fs)
			continue
		}
		if strings.Contains(fs[0].Text+fs[0].Remedy, "hunter2") {
			t.Errorf("the fault of %s tells a password", tt.key)
		}
	}
}

func TestWhereAllIsForwardedNoAlertNeedBeOfABackup(t *testing.T) {
	c := intake.DefaultConfig()
	c.AlertNames, c.OtherAlerts = nil, intake.Forward
	if fs := c.Validate(); len(fs) != 0 {
		t.Errorf("faults: %+v", fs)
	}
	b, err := intake.Parse([]byte(goodBody), c)
	if err != nil || len(b.Signals) != 1 || b.Signals[0].Plan.Topic == "" || b.Signals[0].Missed {
		t.Errorf("got %+v, %v", b, err)
	}
}

func TestValidateTakesEveryKindOfAddress(t *testing.T) {
	for _, host := range []string{"", "0.0.0.0", "::1", "localhost", "cluster-leader"} {
		c := intake.DefaultConfig()
		c.Host, c.ExternalURL = host, "https://bellhop.example.org/base"
		if fs := c.Validate(); len(fs) != 0 {
			t.Errorf("host %q: %+v", host, fs)
		}
	}
}
