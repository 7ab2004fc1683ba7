package correlate

import (
	"slices"
	"time"

	"bellhop/internal/event"
)

// reach is how long after the end of one status of a run the next may begin (R2).
const reach = 6 * time.Hour

// run is the newest run of a plan, and the statuses that belong to it.
type run struct {
	event.Run
	statuses []*status
}

// lastRun finds the newest run (R2). Statuses are one of each module, all dated;
// settled is the last run on record as settled.
func lastRun(statuses []*status, settled event.Run) run {
	if len(statuses) == 0 {
		return run{}
	}
	newestFirst := slices.SortedStableFunc(slices.Values(statuses), func(a, b *status) int {
		return b.end.Compare(a.end)
	})
	newest := newestFirst[0].end
	if newest.After(settled.End) || newest.Before(settled.Start) {
		return reachBack(newestFirst, settled.End)
	}
	// Nothing ended after the recorded run, so this is it, and it is known how
	// far back it went.
	return gather(newestFirst, func(st *status, _ time.Time) bool { return !st.end.Before(settled.Start) })
}

// reachBack takes statuses while each ended less than [reach] before the earliest
// start so far, and none that ended by floor. A zero floor, or one that lies after
// the newest status, is none.
func reachBack(newestFirst []*status, floor time.Time) run {
	if newestFirst[0].end.Before(floor) {
		floor = time.Time{}
	}
	return gather(newestFirst, func(st *status, start time.Time) bool {
		return st.end.After(floor) && start.Sub(st.end) < reach
	})
}

// gather takes statuses, newest first, while they belong; belongs is told the
// earliest start so far.
func gather(newestFirst []*status, belongs func(st *status, start time.Time) bool) run {
	first := newestFirst[0]
	r := run{Run: event.Run{Start: first.start, End: first.end}, statuses: newestFirst[:1]}
	for i, st := range newestFirst[1:] {
		if !belongs(st, r.Start) {
			break
		}
		r.statuses = newestFirst[:i+2]
		if st.start.Before(r.Start) {
			r.Start = st.start
		}
	}
	return r
}

// failed reports whether anything of the run says that it failed.
func (r run) failed() bool {
	return slices.ContainsFunc(r.statuses, func(st *status) bool { return st.failed })
}

// flat reports whether the run is told in the flat layout, where the newest status
// settles it.
func (r run) flat() bool {
	return len(r.statuses) > 0 && r.statuses[0].layout == flatLayout
}

// of returns the module's status of this run, or nil.
func (r run) of(module string) *status {
	for _, st := range r.statuses {
		if st.module == module {
			return st
		}
	}
	return nil
}
