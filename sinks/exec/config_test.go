package exec_test

import (
	"fmt"
	"strings"
	"testing"

	"bellhop/sinks/exec"
)

func TestWhatIsWrongWithTheSettings(t *testing.T) {
	for key, change := range map[string]func(*exec.Config){
		"command":         func(c *exec.Config) { c.Command = " " },
		"on":              func(c *exec.Config) { c.On = nil },
		"on.1":            func(c *exec.Config) { c.On = []string{"open", "resolved"} },
		"max":             func(c *exec.Config) { c.Max = -1 },
		"timeout":         func(c *exec.Config) { c.Timeout = 0 },
		"resolved_signal": func(c *exec.Config) { c.ResolvedSignal = "SIGNONE" },
	} {
		c := exec.DefaultConfig()
		c.Command = "/bin/true"
		if faults := c.Validate(); len(faults) != 0 {
			t.Fatalf("nothing is wrong: %v", faults)
		}
		change(&c)
		faults := c.Validate()
		if len(faults) != 1 || faults[0].Key != key || faults[0].Text == "" || faults[0].Remedy == "" {
			t.Errorf("%s: got %+v", key, faults)
		}
	}
}

func TestSignalsGoByNameOrNumber(t *testing.T) {
	for text, good := range map[string]bool{
		"SIGKILL": true, "sigterm": true, "USR1": true, "hup": true, "1": true, "64": true, "SIGPWR": true,
		"0": false, "65": false, "-1": false, "": false, "SIG": false, "SIGSIGKILL": false, "10 ": false,
	} {
		c := exec.DefaultConfig()
		c.Command, c.ResolvedSignal = "/bin/true", text
		if faults := c.Validate(); (len(faults) == 0) != good {
			t.Errorf("%q: got %v", text, faults)
		}
	}
}

func FuzzSignal(f *testing.F) {
	f.Add("SIGUSR1")
	f.Fuzz(func(t *testing.T, text string) {
		c := exec.DefaultConfig()
		c.Command, c.ResolvedSignal = "/bin/true", text
		for _, fault := range c.Validate() {
			if fault.Key != "resolved_signal" || strings.Contains(fmt.Sprint(fault), "\n") {
				t.Errorf("%q: got %+v", text, fault)
			}
		}
	})
}
