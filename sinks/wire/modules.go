package wire

import (
	"fmt"
	"slices"
	"strings"

	"bellhop/internal/event"
)

// order is how much a state matters to somebody who reads a notice.
func order(s event.ModuleState) int {
	switch s {
	case event.StateFailed:
		return 0
	case event.StateMissing:
		return 1
	case event.StateUnknown:
		return 2
	case event.StatePending:
		return 3
	case event.StateOK:
		return 5
	}
	return 4
}

// WorstFirst returns the modules with the failed ones first and those that are
// ok last, otherwise in their order.
func WorstFirst(ms []event.Module) []event.Module {
	sorted := slices.Clone(ms)
	slices.SortStableFunc(sorted, func(a, b event.Module) int { return order(a.State) - order(b.State) })
	return sorted
}

// Tally counts modules by their state, the worst first: "7 failed, 293 ok".
func Tally(ms []event.Module) string {
	var parts []string
	ms = WorstFirst(ms)
	for len(ms) > 0 {
		state := ms[0].State
		n := slices.IndexFunc(ms, func(m event.Module) bool { return m.State != state })
		if n < 0 {
			n = len(ms)
		}
		parts = append(parts, fmt.Sprintf("%d %s", n, Line(string(state), 20)))
		ms = ms[n:]
	}
	return strings.Join(parts, ", ")
}
