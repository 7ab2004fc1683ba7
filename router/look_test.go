package router_test

import (
	"testing"
	"time"

	"bellhop/router"
)

var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

func wait() router.Wait {
	return router.Wait{Accepted: noon, First: 30 * time.Second, Max: 2 * time.Hour}
}

func TestR1LooksDoubleFrom30sTo5min(t *testing.T) {
	w, at := wait(), noon.Add(30*time.Second)
	for i, pause := range []time.Duration{30 * time.Second, time.Minute, 2 * time.Minute, 4 * time.Minute, 5 * time.Minute, 5 * time.Minute} {
		n := w.Next(at, false, true)
		if n.Tell || n.Again.Sub(at) != pause {
			t.Fatalf("look %d: got %+v after %v, want a pause of %v", i+1, n, n.Again.Sub(at), pause)
		}
		at = n.Again
	}
}

func TestR1ASettledRunIsToldAtOnce(t *testing.T) {
	if n := wait().Next(noon, true, true); !n.Tell || !n.Again.IsZero() {
		t.Fatalf("got %+v", n)
	}
}

func TestR1TheDeadlineCountsFromTheFirstSignal(t *testing.T) {
	deadline := noon.Add(2 * time.Hour)
	if n := wait().Next(deadline.Add(-time.Minute), false, true); n.Tell || !n.Again.Equal(deadline) {
		t.Fatalf("shortly before: got %+v, want the deadline itself", n)
	}
	if n := wait().Next(deadline, false, true); !n.Tell || !n.Again.Equal(deadline.Add(5*time.Minute)) {
		t.Fatalf("at the deadline: got %+v, want it told and looked at every 5 min", n)
	}
	if n := wait().Next(noon.Add(24*time.Hour), false, true); !n.Tell || !n.Again.IsZero() {
		t.Fatalf("after a day: got %+v, want the last look", n)
	}
}

func TestR1RedisAwayIsToldAfter5min(t *testing.T) {
	if n := wait().Next(noon.Add(4*time.Minute+50*time.Second), false, false); n.Tell || !n.Again.Equal(noon.Add(5*time.Minute)) {
		t.Fatalf("before: got %+v", n)
	}
	if n := wait().Next(noon.Add(5*time.Minute), false, false); !n.Tell || n.Again.IsZero() {
		t.Fatalf("then: got %+v, want it told and looked at again", n)
	}
	short := router.Wait{Accepted: noon, Max: 0}
	if n := short.Next(noon, false, false); !n.Tell {
		t.Fatalf("max_wait 0: got %+v, want it told", n)
	}
}
