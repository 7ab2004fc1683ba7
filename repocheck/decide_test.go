package repocheck

import (
	"testing"
	"time"

	"bellhop/internal/event"
)

func TestR3CauseOfAReadableRepository(t *testing.T) {
	start := time.Date(2026, 11, 21, 2, 0, 0, 0, time.UTC)
	end := start.Add(10 * time.Minute)
	never, before, within, after := time.Time{}, start.Add(-24*time.Hour), start.Add(time.Minute), end.Add(time.Hour)
	failed := event.Module{State: event.StateFailed, Start: start, End: end, Size: 100}
	uncounted, endless, missing, whole := failed, failed, failed, failed
	uncounted.Size = 0
	endless.End = time.Time{}
	missing.State = event.StateMissing
	whole.Start, whole.End = end, end // the flat layout's one timestamp
	for _, c := range []struct {
		name   string
		module event.Module
		newest time.Time
		locked bool
		want   event.Cause
	}{
		{"a snapshot of this run: what came after failed", failed, within, false, event.CauseRetention},
		{"a lock now says nothing of a backup that was made", failed, within, true, event.CauseRetention},
		{"sizes 0: counting failed", uncounted, within, false, event.CauseStats},
		{"in the first instant", failed, start, false, event.CauseRetention},
		{"in the last second, which the status cut off", failed, end.Add(500 * time.Millisecond), false, event.CauseRetention},
		{"without an end, anything since start", endless, after, false, event.CauseRetention},
		{"yesterday's, no lock", failed, before, false, event.CauseModule},
		{"yesterday's, sizes 0", uncounted, before, false, event.CauseModule},
		{"yesterday's, and a lock", failed, before, true, event.CauseLocked},
		{"none at all", failed, never, false, event.CauseModule},
		{"none at all, and a lock", failed, never, true, event.CauseLocked},
		{"a later one is another plan's", failed, after, false, event.CauseModule},
		{"one timestamp for all: not of this run", whole, within, false, event.CauseModule},
		{"no status but a snapshot of this run: not told", missing, within, false, ""},
		{"no status and no snapshot", missing, before, false, event.CauseModule},
		{"no status and a lock: its run was cut off", missing, before, true, event.CauseLocked},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := decide(c.module, c.module.Start, c.newest, c.locked); got != c.want {
				t.Fatalf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestWithoutAnyStartNoSnapshotIsOfThisRun(t *testing.T) {
	m := event.Module{State: event.StateFailed, Size: 1}
	if got := decide(m, startOf(m, event.Run{}), time.Now(), false); got != event.CauseModule {
		t.Fatalf("got %q", got)
	}
}

func TestAModuleWithoutAStartCountsFromTheRuns(t *testing.T) {
	run := event.Run{Start: time.Date(2026, 11, 21, 2, 0, 0, 0, time.UTC)}
	if got := startOf(event.Module{}, run); !got.Equal(run.Start) {
		t.Fatalf("got %s", got)
	}
}
