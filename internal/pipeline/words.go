package pipeline

import (
	"cmp"
	"fmt"
	"strings"

	"bellhop/internal/event"
)

// maxNamed is how many modules a line of the log names.
const maxNamed = 20

// notOK names the modules that are not ok, for the log: each with the cause, or with its
// state where none is known.
func notOK(ms []event.Module) string {
	bad := event.NotOK(ms)
	var words []string
	for _, m := range bad[:min(len(bad), maxNamed)] {
		words = append(words, m.ID+" "+cmp.Or(string(m.Cause), string(m.State)))
	}
	if more := len(bad) - maxNamed; more > 0 {
		words = append(words, fmt.Sprintf("%d more", more))
	}
	return strings.Join(words, ", ")
}
