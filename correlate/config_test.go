package correlate_test

import (
	"testing"
	"time"

	"bellhop/correlate"
	"bellhop/internal/fault"
)

func TestDefaultsAreValid(t *testing.T) {
	if faults := correlate.DefaultConfig().Validate(); len(faults) > 0 {
		t.Error(faults)
	}
	c := correlate.DefaultRedisConfig()
	if faults := append(c.Validate(), c.Warnings()...); len(faults) > 0 {
		t.Error(faults)
	}
}

func TestFaultsNameTheirKey(t *testing.T) {
	config := func(change func(*correlate.Config)) []fault.Fault {
		c := correlate.DefaultConfig()
		change(&c)
		return c.Validate()
	}
	address := func(a string) []fault.Fault { return correlate.RedisConfig{Address: a}.Validate() }
	for _, c := range []struct {
		faults []fault.Fault
		key    string
	}{
		{config(func(c *correlate.Config) { c.Wait = -1 }), "wait_seconds"},
		{config(func(c *correlate.Config) { c.MaxWait = time.Second }), "max_wait"},
		{config(func(c *correlate.Config) { c.Wait, c.MaxWait = -2, -1 }), "wait_seconds max_wait "},
		{config(func(c *correlate.Config) { c.RecentWindow = 0 }), "recent_window"},
		{address(""), "address"},
		{address("localhost"), "address"},
		{address(":6379"), "address"},
		{address("localhost:redis"), "address"},
	} {
		keys := ""
		for _, f := range c.faults {
			keys += f.Key + " "
			if f.Text == "" || f.Remedy == "" {
				t.Errorf("%+v says too little", f)
			}
		}
		if keys != c.key && keys != c.key+" " {
			t.Errorf("got faults of %q, want %q", keys, c.key)
		}
	}
	if faults := config(func(c *correlate.Config) { c.Wait, c.MaxWait = 0, 0 }); len(faults) > 0 {
		t.Errorf("looking once and at once is allowed, got %v", faults)
	}
}
