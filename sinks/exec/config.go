package exec

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"syscall"
	"time"

	"bellhop/internal/event"
	"bellhop/internal/fault"
)

// Config is the section of one sink of this kind.
type Config struct {
	Command string   `koanf:"command"` // path, or a name to be found in PATH
	Args    []string `koanf:"args"`
	// On names what starts the command: open, repeat, change, resolve.
	On []string `koanf:"on"`
	// MatchLabels must all be among the labels that the event's alerts have in common.
	MatchLabels map[string]string `koanf:"match_labels"`
	// Max is how many may run at the same time for one plan or alert; 0: any number.
	Max     int           `koanf:"max"`
	Timeout time.Duration `koanf:"timeout"` // then it is ended (R24)
	// IgnoreResolved leaves a command that runs alone when its incident ends; else it
	// gets ResolvedSignal, a name or a number.
	IgnoreResolved bool   `koanf:"ignore_resolved"`
	ResolvedSignal string `koanf:"resolved_signal"`
	// NotifyOnFailure has whoever sent the alert wait for the command, and hear when it
	// failed, so that he sends the alert again and the command runs again.
	NotifyOnFailure bool `koanf:"notify_on_failure"`
	// Rerun says that the command may run again by itself: after a crash, and when it
	// failed.
	Rerun bool `koanf:"rerun"`
}

// DefaultConfig returns the settings that nobody has to write.
func DefaultConfig() Config {
	return Config{On: []string{onOpen}, Timeout: 10 * time.Minute, ResolvedSignal: "SIGKILL"}
}

// What may start a command.
const (
	onOpen    = "open"
	onRepeat  = "repeat"
	onChange  = "change"
	onResolve = "resolve"
)

// Validate says what is wrong with c. Whether the command is there shows when it runs.
func (c Config) Validate() []fault.Fault {
	var faults []fault.Fault
	add := func(key, text, remedy string) {
		faults = append(faults, fault.Fault{Key: key, Text: text, Remedy: remedy})
	}
	if strings.TrimSpace(c.Command) == "" {
		add("command", "is empty", "name the program, such as /usr/local/bin/on-backup; its arguments go into args")
	}
	if len(c.On) == 0 {
		add("on", "is empty, so nothing would start the command", "leave it out, or name some of open, repeat, change, resolve")
	}
	for i, word := range c.On {
		if !slices.Contains([]string{onOpen, onRepeat, onChange, onResolve}, word) {
			add(fmt.Sprintf("on.%d", i), fmt.Sprintf("%q starts no command", word), "name some of open, repeat, change, resolve")
		}
	}
	if c.Max < 0 {
		add("max", "is negative", "give 0 for no bound, or how many may run at the same time")
	}
	if c.Timeout <= 0 {
		add("timeout", "is 0, so a command that hangs would never be ended", "give a time such as 10m")
	}
	if _, err := parseSignal(c.ResolvedSignal); err != nil {
		add("resolved_signal", err.Error(), `give a name or a number, such as SIGTERM, USR1 or "10"`)
	}
	return faults
}

// signal is what the end of an incident sends to what runs for it; 0: nothing.
func (c Config) signal() syscall.Signal {
	s, err := parseSignal(c.ResolvedSignal)
	if err != nil || c.IgnoreResolved {
		return 0
	}
	return s
}

// unwanted says why e starts no command; "": it does.
func (c Config) unwanted(e event.Event) string {
	switch {
	case e.Kind != event.KindBackup && e.Kind != event.KindMissed && e.Kind != event.KindAlert:
		return fmt.Sprintf("no command runs for an event of kind %q", e.Kind)
	case e.Instead != nil:
		return "no command runs in place of another sink"
	}
	word, ever := trigger(e.Status)
	switch {
	case !ever:
		return fmt.Sprintf("no command runs for an event of status %q", e.Status)
	case !c.starts(word) && e.Status == event.StatusResolved:
		return "the incident has ended, nothing was to be ended with it, and the setting on does not name resolve"
	case !c.starts(word):
		return "the setting on does not name " + word
	}
	return c.unlike(common(e.Alerts, labelsOf))
}

// starts tells whether the command runs for what that word of the setting on stands for.
// A repeat that it does not name comes only to have a command run again that failed
// ([sinks.Awaited]).
func (c Config) starts(word string) bool {
	return slices.Contains(c.On, word) || c.NotifyOnFailure && word == onRepeat
}

// trigger is the word of the setting on for a status; ever is false for one that
// never starts a command.
func trigger(s event.Status) (word string, ever bool) {
	switch s {
	case event.StatusOpen:
		return onOpen, true
	case event.StatusRepeat:
		return onRepeat, true
	case event.StatusChanged:
		return onChange, true
	case event.StatusResolved:
		return onResolve, true
	}
	return "", false
}

// unlike names a label that does not match; "": all do.
func (c Config) unlike(labels map[string]string) string {
	for _, name := range slices.Sorted(maps.Keys(c.MatchLabels)) {
		if have, there := labels[name]; !there || have != c.MatchLabels[name] {
			return fmt.Sprintf("the labels that all its alerts have lack %s=%q of match_labels", name, c.MatchLabels[name])
		}
	}
	return ""
}
