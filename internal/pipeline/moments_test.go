package pipeline_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"bellhop/internal/event"
	"bellhop/internal/record"
	"bellhop/router"
	"bellhop/router/queue"
)

func TestR3AStopWhileTheRepositoryIsAskedTellsNothingPoorer(t *testing.T) {
	inHouse(t, func(h *house) {
		h.repo.hangs.Store(true)
		h.cluster.set(night(-time.Hour, true, event.Partial, good, bad))
		h.alert(event.Firing, "1", time.Minute)
		h.stop()
		h.repo.hangs.Store(false)
		h.start()
		h.pass(time.Minute)
		want(t, "oncall", h.pager.said(), "key-1 open")
		if e := h.pager.last().Event; e.Cause != event.CauseWrongPassword {
			t.Errorf("the repository was not asked anew: %+v", e)
		}
	})
}

func TestR6ALookThatWasOvertakenIsDoneAnew(t *testing.T) {
	inHouse(t, func(h *house) {
		found := night(-time.Hour, true, event.Partial, good, bad)
		h.cluster.set(found)
		h.cluster.during = func() { // somebody else tells of the same run meanwhile
			e := event.Event{Kind: found.Kind, Outcome: found.Outcome, Run: found.Run, Modules: found.Modules}
			row, err := record.Encode(record.PlanKey("1"), record.Plan{Told: router.Told{}.Tell(router.Seen{Event: e})})
			if err == nil {
				err = h.engine.Do(h.t.Context(), queue.Step{Set: []queue.Row{row}})
			}
			if err != nil {
				t.Error(err)
			}
		}
		h.alert(event.Firing, "1", time.Minute)
		want(t, "oncall", h.pager.said())
		if len(h.cluster.asked) != 2 || len(h.incidents()) != 0 {
			t.Errorf("looked %d times, incidents %+v", len(h.cluster.asked), h.incidents())
		}
	})
}

func TestR10RoutesSeeWhatALatecomerWillBeTold(t *testing.T) {
	inHouse(t, func(h *house) {
		h.restartWith(router.Route{Sinks: []string{"oncall"}})
		h.cluster.set(night(-time.Hour, true, event.Partial, good, bad))
		h.alert(event.Firing, "1", time.Minute)
		h.restartWith(
			router.Route{Match: []string{`outcome="REPO_FAILURE"`}, Sinks: []string{"mail"}},
			router.Route{Sinks: []string{"oncall"}})
		h.cluster.set(nil) // an unreadable cluster would make it a REPO_FAILURE
		h.alert(event.Firing, "1", 10*time.Minute)
		want(t, "mail", h.mail.said())
		want(t, "oncall", h.pager.said(), "key-1 open")
	})
}

func TestR1LooksThatGoOnCountAsOneRepeat(t *testing.T) {
	inHouse(t, func(h *house) {
		h.cluster.set(night(-time.Minute, false, event.Partial, bad, pending))
		h.alert(event.Firing, "1", 10*time.Hour)
		h.cluster.set(night(-time.Minute, true, event.Partial, bad, good))
		h.pass(time.Hour)
		if in := h.incidents(); len(in) != 1 || in[0].Repeats != 1 {
			t.Errorf("got %+v", in)
		}
	})
}

func TestR1After24hTheLooksEnd(t *testing.T) {
	inHouse(t, func(h *house) {
		h.cluster.set(night(-time.Minute, false, event.Partial, bad, pending))
		h.alert(event.Firing, "1", 25*time.Hour)
		looks := len(h.cluster.asked)
		h.pass(5 * time.Hour)
		if got := len(h.cluster.asked); got != looks {
			t.Errorf("looked %d times more after a day", got-looks)
		}
		h.cluster.set(night(-time.Minute, true, event.RepoFailure, bad, bad))
		h.sweep()
		want(t, "oncall", h.pager.said(), "key-1 open", "key-1 changed")
	})
}

func TestR5ANewIncidentDoesNotOvertakeTheEndOfTheOneBefore(t *testing.T) {
	inHouse(t, func(h *house) {
		h.pager.answer = failing(30 * time.Minute)
		h.cluster.set(night(-time.Hour, true, event.Partial, good, bad))
		h.alert(event.Firing, "1", time.Minute)
		h.cluster.set(night(time.Hour, true, event.Success, good, good))
		h.sweep()
		h.cluster.set(night(2*time.Hour, true, event.Partial, good, bad))
		h.alert(event.Firing, "1", 2*time.Hour)
		want(t, "oncall", h.pager.said(), "key-1 open", "key-1 resolved", "key-1 open")
		if got := h.pager.said(); len(got) == 3 && got[1] != "key-1 resolved" {
			t.Errorf("out of order: %q", got)
		}
		if n := len(h.incidents()); n != 2 {
			t.Errorf("%d incidents, want 2", n)
		}
	})
}

func TestR5ADamagedClusterNameCostsNoNotice(t *testing.T) {
	for _, uuid := range []string{"c\xff1", strings.Repeat("c", 1<<20)} {
		inHouse(t, func(h *house) {
			found := night(-time.Hour, true, event.Partial, good, bad)
			found.Cluster.UUID = uuid
			h.cluster.set(found)
			h.alert(event.Firing, "1", 3*time.Hour)
			h.alert(event.Firing, "1", time.Hour)
			want(t, "oncall", h.pager.said(), "key-1 open")
		})
	}
}

func TestAFloodOfLargeAlertsLeavesAnEventOfBearableSize(t *testing.T) {
	inHouse(t, func(h *house) {
		h.cluster.set(night(-time.Hour, true, event.Partial, good, bad))
		var flood []event.Signal
		for i := range 50 {
			flood = append(flood, event.Signal{Plan: event.PlanRef{ID: "1"}, Alert: event.Alert{
				Status: event.Firing, Fingerprint: fmt.Sprint(i),
				Annotations: map[string]string{"text": strings.Repeat("x", 100<<10)},
			}})
		}
		if _, err := h.pipe.Accept(h.t.Context(), flood); err != nil {
			t.Fatal(err)
		}
		h.pass(time.Hour)
		want(t, "oncall", h.pager.said(), "key-1 open")
		for _, prefix := range []string{record.Events, record.Plans} {
			rows, err := h.engine.Scan(h.t.Context(), queue.RowQuery{Prefix: prefix})
			if err != nil || len(rows) != 1 || len(rows[0].Value) > 2<<20 {
				t.Errorf("%s: %d rows, the first of %d bytes, %v", prefix, len(rows), len(rows[0].Value), err)
			}
		}
	})
}
