package exec_test

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"
	"time"

	"bellhop/internal/event"
)

var (
	named = regexp.MustCompile(`\b(?:AMX|BELLHOP)_[A-Z_]+(?:<[nlk]>[A-Z_]*)*`)
	digit = regexp.MustCompile(`_1_`)
	pair  = regexp.MustCompile(`_(G?LABEL|ANNOTATION)_name$`)
)

// TestTheManualNamesEveryVariable compares docs/commands.md with what a command is told.
func TestTheManualNamesEveryVariable(t *testing.T) {
	manual, err := os.ReadFile(filepath.Join("..", "..", "docs", "commands.md"))
	if err != nil {
		t.Fatal(err)
	}
	manually := make(map[string]bool)
	for _, name := range named.FindAllString(string(manual), -1) {
		manually[name] = true
	}
	one := map[string]string{"name": "value"}
	m := message(event.StatusOpen).Event
	m.Alerts = []event.Alert{{Labels: one, Annotations: one, GroupLabels: one, StartsAt: time.Unix(1, 0)}}
	kinds := map[string]string{"LABEL": "l", "GLABEL": "l", "ANNOTATION": "k"}
	given := make(map[string]bool)
	for name := range told(t, m) {
		name = digit.ReplaceAllString(name, "_<n>_")
		if of := pair.FindStringSubmatch(name); of != nil {
			name = name[:len(name)-len("name")] + "<" + kinds[of[1]] + ">"
		}
		given[name] = true
	}
	if !maps.Equal(manually, given) {
		t.Errorf("the manual names %q, a command is told %q", slices.Sorted(maps.Keys(manually)), slices.Sorted(maps.Keys(given)))
	}
}
