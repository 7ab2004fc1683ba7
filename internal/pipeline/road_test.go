package pipeline_test

import (
	"errors"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"bellhop/internal/event"
	"bellhop/internal/record"
	"bellhop/internal/retry"
	"bellhop/router"
	"bellhop/router/queue"
	"bellhop/sinks"
)

const (
	good    = event.StateOK
	bad     = event.StateFailed
	pending = event.StatePending
)

func want(t *testing.T, what string, got []string, want ...string) {
	t.Helper()
	got = slices.Clone(got)
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("%s heard %q, want %q", what, got, want)
	}
}

func TestR11EveryTargetHearsOfAFailureOnce(t *testing.T) {
	inHouse(t, func(h *house) {
		h.cluster.set(night(-time.Hour, true, event.Partial, good, bad))
		h.alert(event.Firing, "1", time.Minute)
		h.alert(event.Firing, "1", 3*time.Hour) // the repeat
		want(t, "mail", h.mail.said(), "ann@example.org open", "bob@example.org open")
		want(t, "oncall", h.pager.said(), "key-1 open")
		m := h.mail.last()
		if m.Text["mail.subject"] != "mail.subject of open" || m.Event.DedupKey != "bellhop/c1/backup/1" {
			t.Errorf("got %+v", m.Message)
		}
		if in := h.incidents(); len(in) != 1 || in[0].Repeats != 1 || len(in[0].Told) != 3 {
			t.Errorf("got %+v", in)
		}
	})
}

func TestR5AlertsOfTwoNodesAreOneIncident(t *testing.T) {
	inHouse(t, func(h *house) {
		h.cluster.set(night(-time.Hour, true, event.RepoFailure, bad, bad))
		h.alert(event.Firing, "1", 10*time.Second)
		h.alert(event.Firing, "2", time.Hour)
		want(t, "oncall", h.pager.said(), "key-1 open")
		if n := len(h.pager.last().Event.Alerts); n != 2 {
			t.Errorf("the event lists %d alerts, want both", n)
		}
	})
}

func TestR1TheWaitEndsWhenTheRunHasSettled(t *testing.T) {
	inHouse(t, func(h *house) {
		began := time.Now()
		h.cluster.set(night(-time.Minute, false, event.Partial, bad, pending))
		h.alert(event.Firing, "1", 80*time.Second) // looks at 30 s and 60 s
		want(t, "oncall", h.pager.said())
		h.cluster.set(night(-time.Minute, true, event.Partial, bad, good))
		h.pass(time.Hour)
		want(t, "oncall", h.pager.said(), "key-1 open")
		if waited := h.pager.last().At.Sub(began); waited != 2*time.Minute {
			t.Errorf("told after %v, want at the third look", waited)
		}
	})
}

func TestR1AtTheDeadlineTheRunIsToldAsItStands(t *testing.T) {
	inHouse(t, func(h *house) {
		began := time.Now()
		h.cluster.set(night(-time.Minute, false, event.Partial, bad, pending))
		h.alert(event.Firing, "1", time.Hour)
		h.alert(event.Firing, "1", 4*time.Hour) // a repeat does not move the deadline
		want(t, "oncall", h.pager.said(), "key-1 open")
		if waited := h.pager.last().At.Sub(began); waited != 2*time.Hour {
			t.Errorf("told after %v, want max_wait", waited)
		}
		h.cluster.set(night(-time.Minute, true, event.RepoFailure, bad, bad))
		h.pass(6 * time.Minute)
		want(t, "oncall", h.pager.said(), "key-1 open", "key-1 changed")
	})
}

func TestR1TheWaitSurvivesARestart(t *testing.T) {
	inHouse(t, func(h *house) {
		h.cluster.set(night(-time.Hour, true, event.Partial, bad))
		h.alert(event.Firing, "1", 10*time.Second)
		h.restart()
		h.pass(10 * time.Second)
		want(t, "oncall", h.pager.said())
		h.pass(11 * time.Second)
		want(t, "oncall", h.pager.said(), "key-1 open")
		h.restart()
		h.alert(event.Firing, "1", time.Hour)
		want(t, "oncall after a restart and a repeat", h.pager.said(), "key-1 open")
	})
}

func TestR3WithRedisAwayItIsToldAndAgainWhenItAnswers(t *testing.T) {
	inHouse(t, func(h *house) {
		began := time.Now()
		h.alert(event.Firing, "1", 4*time.Minute)
		want(t, "oncall", h.pager.said())
		h.pass(2 * time.Minute)
		want(t, "oncall", h.pager.said(), "key-1 open")
		m := h.pager.last()
		if m.Event.Cause != event.CauseRedisUnavailable || len(m.Event.Notes) == 0 || m.At.Sub(began) != 5*time.Minute {
			t.Errorf("after %v: %+v", m.At.Sub(began), m.Event)
		}
		h.cluster.set(night(-time.Hour, true, event.Partial, good, bad))
		h.pass(10 * time.Minute)
		want(t, "oncall", h.pager.said(), "key-1 open", "key-1 changed")
		if e := h.pager.last().Event; e.FailedRuns != 1 || e.DedupKey != "bellhop/local/backup/1" {
			t.Errorf("the incident keeps its key and counts one run: %+v", e)
		}
	})
}

func TestR7AResolveFindsTheNewerSuccess(t *testing.T) {
	inHouse(t, func(h *house) {
		h.cluster.set(night(-time.Hour, true, event.Partial, good, bad))
		h.alert(event.Firing, "1", time.Minute)
		h.alert(event.Resolved, "1", time.Minute) // perhaps only running again
		want(t, "oncall", h.pager.said(), "key-1 open")
		h.cluster.set(night(23*time.Hour, true, event.Success, good, good))
		h.pass(24 * time.Hour)
		began := time.Now()
		h.alert(event.Resolved, "1", time.Second)
		want(t, "mail", h.mail.said(), "ann@example.org open", "bob@example.org open", "ann@example.org resolved", "bob@example.org resolved")
		want(t, "oncall", h.pager.said(), "key-1 open", "key-1 resolved")
		e := h.pager.last().Event
		if e.EndedBy != event.EndedBySuccess || e.Was == nil || e.Was.Modules[0].ID != "m1" || e.DedupKey != "bellhop/c1/backup/1" {
			t.Errorf("got %+v", e)
		}
		if h.pager.last().At.Sub(began) > time.Second {
			t.Error("a resolve does not wait")
		}
		h.alert(event.Firing, "1", time.Hour) // a stale repeat
		want(t, "oncall", h.pager.said(), "key-1 open", "key-1 resolved")
	})
}

func TestR9TheSweepFindsTheEndThatNobodySends(t *testing.T) {
	inHouse(t, func(h *house) {
		h.cluster.set(night(-time.Hour, true, event.Partial, good, bad))
		h.alert(event.Firing, "1", time.Minute)
		h.sweep()
		h.cluster.set(nil)
		h.sweep()
		h.cluster.set(night(23*time.Hour, false, event.Partial, good, pending))
		h.sweep()
		want(t, "oncall", h.pager.said(), "key-1 open")
		h.restart()
		h.cluster.set(night(23*time.Hour, true, event.Success, good, good))
		h.sweep()
		want(t, "oncall", h.pager.said(), "key-1 open", "key-1 resolved")
		h.sweep()
		want(t, "oncall", h.pager.said(), "key-1 open", "key-1 resolved")
	})
}

func TestR9ASecondFailedNightIsToldWithoutASignal(t *testing.T) {
	inHouse(t, func(h *house) {
		h.cluster.set(night(-time.Hour, true, event.Partial, good, bad))
		h.alert(event.Firing, "1", time.Minute)
		h.cluster.set(night(23*time.Hour, true, event.Partial, good, bad))
		h.sweep()
		h.sweep()
		want(t, "oncall", h.pager.said(), "key-1 open", "key-1 changed")
		if n := h.pager.last().Event.FailedRuns; n != 2 {
			t.Errorf("failed runs: got %d, want 2", n)
		}
	})
}

func TestR6TheRepositoryIsNotAskedTwiceAboutOneRun(t *testing.T) {
	inHouse(t, func(h *house) {
		h.cluster.set(night(-time.Hour, true, event.Partial, good, bad, good))
		h.alert(event.Firing, "1", time.Minute)
		h.alert(event.Firing, "1", time.Minute)
		h.cluster.set(night(-time.Hour, true, event.Partial, good, bad, bad))
		h.alert(event.Firing, "1", time.Minute)
		if got := strings.Join(h.repo.asked, " "); got != "m1 m2" {
			t.Errorf("asked about %q, want each once", got)
		}
		e := h.pager.last().Event
		if e.Status != event.StatusChanged || e.Modules[1].Cause != event.CauseWrongPassword || e.Cause != event.CauseWrongPassword {
			t.Errorf("the first answer is lost: %+v", e)
		}
	})
}

func TestR8ASuccessThatAnAlertDeniesGoesToTheCalmSinksOnce(t *testing.T) {
	inHouse(t, func(h *house) {
		h.cluster.set(night(-time.Hour, true, event.Success, good))
		h.alert(event.Firing, "1", time.Minute)
		h.alert(event.Firing, "1", time.Hour)
		want(t, "mail", h.mail.said(), "ann@example.org success", "bob@example.org success")
		want(t, "oncall", h.pager.said())
	})
}

func TestR12ARefusedTargetIsSetAsideAndHurtsNobodyElse(t *testing.T) {
	inHouse(t, func(h *house) {
		h.mail.answer = func(m sinks.Message) error {
			if m.Target == "bob@example.org" {
				return retry.Permanent(errors.New("550 no such user"))
			}
			return nil
		}
		h.cluster.set(night(-time.Hour, true, event.Partial, bad))
		h.alert(event.Firing, "1", time.Minute)
		want(t, "mail", h.mail.said(), "ann@example.org open")
		dead, err := h.engine.Jobs(h.t.Context(), queue.JobQuery{Lane: record.Lane("mail"), State: queue.Dead})
		if err != nil || len(dead) != 1 || !strings.Contains(dead[0].Attempts[0].Error, "550") {
			t.Errorf("got %+v, %v", dead, err)
		}
	})
}

func TestR12ATemporaryRefusalIsTriedAgainInOrder(t *testing.T) {
	inHouse(t, func(h *house) {
		var up atomic.Bool
		h.pager.answer = func(sinks.Message) error {
			if !up.Load() {
				return errors.New("connection refused")
			}
			return nil
		}
		h.cluster.set(night(-time.Hour, true, event.Partial, good, bad))
		h.alert(event.Firing, "1", time.Minute)
		h.cluster.set(night(23*time.Hour, true, event.Success, good, good))
		h.sweep()
		h.restart()
		up.Store(true)
		h.pass(10 * time.Minute)
		if got := strings.Join(h.pager.said(), ", "); got != "key-1 open, key-1 resolved" {
			t.Errorf("heard %q", got)
		}
		if m := string(h.pager.last().Memory); m != "key-1 was told open" {
			t.Errorf("the sink remembers %q", m)
		}
		want(t, "mail, meanwhile", h.mail.said(), "ann@example.org open", "bob@example.org open", "ann@example.org resolved", "bob@example.org resolved")
	})
}

func TestR10WhoWasToldHearsTheEndWhateverTheRoutesSay(t *testing.T) {
	inHouse(t, func(h *house) {
		h.restartWith(router.Route{Sinks: []string{"oncall"}})
		h.cluster.set(night(-time.Hour, true, event.Partial, good, bad))
		h.alert(event.Firing, "1", time.Minute)
		h.restartWith(router.Route{Sinks: []string{"mail"}})
		h.alert(event.Firing, "1", time.Minute) // mail was not told yet, and an alert fires
		want(t, "mail", h.mail.said(), "ann@example.org open", "bob@example.org open")
		h.restartWith(router.Route{Match: []string{`plan="none"`}, Sinks: []string{"mail"}})
		h.cluster.set(night(23*time.Hour, true, event.Success, good, good))
		h.sweep()
		want(t, "oncall", h.pager.said(), "key-1 open", "key-1 resolved")
		want(t, "mail", h.mail.said(), "ann@example.org open", "bob@example.org open", "ann@example.org resolved", "bob@example.org resolved")
	})
}

// restartWith is a restart with another configuration.
func (h *house) restartWith(routes ...router.Route) {
	h.routes = routes
	h.restart()
}

func TestR4APlanKnownByNameIsThePlanOfThatID(t *testing.T) {
	inHouse(t, func(h *house) {
		h.cluster.set(night(-time.Hour, true, event.Partial, good, bad))
		h.accept(event.Signal{
			Plan:  event.PlanRef{Name: "Nightly"},
			Alert: event.Alert{Status: event.Firing, Fingerprint: "x", Labels: map[string]string{"name": "Nightly"}},
		}, time.Minute)
		h.alert(event.Firing, "1", time.Minute)
		want(t, "oncall", h.pager.said(), "key-1 open")
		if in := h.incidents(); len(in) != 1 || in[0].Key != "bellhop/c1/backup/1" {
			t.Errorf("got %+v", in)
		}
	})
}

func TestAFailingTemplateCostsItsWordingOnly(t *testing.T) {
	inHouse(t, func(h *house) {
		h.words = renderer{errors.New("mail.tmpl:3: no such field")}
		h.restart()
		h.cluster.set(night(-time.Hour, true, event.Partial, bad))
		h.alert(event.Firing, "1", time.Minute)
		want(t, "mail", h.mail.said(), "ann@example.org open", "bob@example.org open")
		sent, err := h.engine.Jobs(h.t.Context(), queue.JobQuery{Lane: record.Lane("mail"), State: queue.Sent})
		if err != nil || len(sent) != 2 || !strings.Contains(sent[0].Attempts[0].Status, "mail.tmpl:3") {
			t.Errorf("the fault is not on record: %+v, %v", sent, err)
		}
	})
}

func TestMoreSignalsThanOneLookReadsAreAllAnswered(t *testing.T) {
	inHouse(t, func(h *house) {
		h.cluster.set(night(-time.Hour, true, event.Partial, bad))
		var all []event.Signal
		for i := range 1200 {
			all = append(all, event.Signal{
				Plan:  event.PlanRef{ID: "1"},
				Alert: event.Alert{Status: event.Firing, Fingerprint: string(rune(0x4e00 + i)), Labels: map[string]string{"alertname": "BackupFailed"}},
			})
		}
		if _, err := h.pipe.Accept(h.t.Context(), all); err != nil {
			t.Fatal(err)
		}
		h.pass(time.Hour)
		want(t, "oncall", h.pager.said(), "key-1 open")
		rows, err := h.engine.Scan(h.t.Context(), queue.RowQuery{Prefix: "signal/"})
		if err != nil || len(rows) != 0 {
			t.Errorf("%d signals were left, %v", len(rows), err)
		}
		if n := len(h.pager.last().Event.Alerts); n > 100 {
			t.Errorf("the event lists %d alerts", n)
		}
	})
}

func TestASignalThatComesDuringALookIsAnsweredByTheNext(t *testing.T) {
	inHouse(t, func(h *house) {
		h.cluster.set(night(-time.Hour, true, event.Partial, good, bad))
		h.cluster.during = func() {
			// The same alert ends while its plan is being looked at.
			h.accept(event.Signal{
				Plan:  event.PlanRef{ID: "1"},
				Alert: event.Alert{Status: event.Resolved, Fingerprint: "node1", Labels: map[string]string{"alertname": "BackupFailed"}},
			}, 0)
		}
		h.alert(event.Firing, "1", time.Minute)
		want(t, "oncall", h.pager.said(), "key-1 open")
		row, err := h.engine.Get(h.t.Context(), record.PlanKey("1"))
		var known record.Plan
		if err != nil || record.Decode(row, &known) != nil || len(known.Firing) != 0 {
			t.Errorf("the end was lost, still firing: %+v, %v", known.Firing, err)
		}
		if len(h.cluster.asked) != 2 {
			t.Errorf("looked %d times, want once more for the new signal", len(h.cluster.asked))
		}
	})
}
