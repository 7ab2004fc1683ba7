package repocheck

import (
	"time"

	"bellhop/internal/event"
)

// decide names the cause when the repository could be read. NethServer takes
// `start`, runs the backup, counts by `restic stats` (sizes stay 0 when that
// fails), takes `end`, and only then removes old snapshots. So a snapshot dated
// between start and end is this run's own, and what failed came after it. One
// younger than end is another plan's or a later run's and says nothing of this run.
func decide(m event.Module, start, newest time.Time, locked bool) event.Cause {
	if made(start, m.End, newest) {
		switch {
		case m.State != event.StateFailed:
			return "" // a snapshot, and no status that says what failed
		case m.Size == 0:
			return event.CauseStats
		}
		return event.CauseRetention
	}
	if locked {
		return event.CauseLocked
	}
	return event.CauseModule
}

// made reports whether a run from start to end made the snapshot. The statuses are
// cut to whole seconds, so the second of end still belongs to the run.
func made(start, end, snapshot time.Time) bool {
	if start.IsZero() || snapshot.Before(start) {
		return false
	}
	return end.IsZero() || snapshot.Before(end.Add(time.Second))
}

// locksMatter reports whether a lock could be why there is no snapshot: not when
// one was made since.
func locksMatter(start, newest time.Time) bool {
	return start.IsZero() || newest.Before(start)
}

// startOf is when the module's backup began; without a status of its own, when the
// run did.
func startOf(m event.Module, run event.Run) time.Time {
	if m.Start.IsZero() {
		return run.Start
	}
	return m.Start
}
