package disk

import (
	"testing"
	"time"

	"bellhop/router/queue"
)

func TestR21AClockSetBackMakesNoWaitLonger(t *testing.T) {
	now := time.Date(2026, 3, 1, 2, 0, 0, 0, time.UTC)
	e, err := Open(t.TempDir(), Options{Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	before := job("before")
	before.Due = now.Add(time.Minute)
	if err := e.Do(t.Context(), queue.Step{Put: []queue.Job{before}}); err != nil {
		t.Fatal(err)
	}
	now = now.Add(-10 * time.Hour)
	after := job("after")
	after.Due = now.Add(30 * time.Second)
	if err := e.Do(t.Context(), queue.Step{Put: []queue.Job{after}}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"", "after", "before"} {
		leases, err := e.Lease(t.Context(), "l", 1)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		for _, l := range leases {
			got = l.ID
		}
		if got != want {
			t.Errorf("at %s leased %q, want %q", now, got, want)
		}
		now = now.Add(30 * time.Second)
	}
}
