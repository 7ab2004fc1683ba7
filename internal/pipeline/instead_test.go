package pipeline_test

import (
	"errors"
	"testing"
	"time"

	"bellhop/internal/event"
	"bellhop/internal/record"
	"bellhop/internal/retry"
	"bellhop/router/queue"
	"bellhop/sinks"
)

// refuses answers as a far end does that takes nothing of some status.
func refuses(status event.Status) func(sinks.Message) error {
	return func(m sinks.Message) error {
		if m.Event.Status == status {
			return retry.Permanent(errors.New("400 no such thing"))
		}
		return nil
	}
}

func TestR12AFallbackDoesNotBringALookForward(t *testing.T) {
	inHouseWithFallback(t, func(h *house) {
		h.pager.answer = failing(15*time.Minute + 5*time.Second)
		h.cluster.set(night(-time.Hour, true, event.Partial, good, bad))
		h.alert(event.Firing, "1", 15*time.Minute+30*time.Second)
		h.pager.answer = refuses(event.StatusOpen)
		h.alert(event.Firing, "2", time.Second)
		looks := h.looks()
		h.late() // or a death at this moment
		if n := h.looks() - looks; n != 0 {
			t.Errorf("%d looks before their time (R1)", n)
		}
		h.pass(time.Minute)
		if n := h.looks() - looks; n != 1 || h.incidents()[0].Repeats != 1 {
			t.Errorf("%d looks, %d repeats, want the one of the alert", n, h.incidents()[0].Repeats)
		}
	})
}

// looks is how often plans were looked at.
func (h *house) looks() int {
	h.cluster.mu.Lock()
	defer h.cluster.mu.Unlock()
	return len(h.cluster.asked)
}

func TestR12AFallbackOfAnEndedIncidentDoesNotEndTheOpenOne(t *testing.T) {
	inHouseWithFallback(t, func(h *house) {
		h.pager.answer = refusesEnds(20 * time.Hour)
		h.cluster.set(night(-time.Hour, true, event.Partial, good, bad))
		h.alert(event.Firing, "1", time.Minute)
		h.cluster.set(night(time.Hour, true, event.Success, good, good))
		h.sweep()
		h.cluster.set(night(2*time.Hour, true, event.RepoFailure, bad, bad))
		h.alert(event.Firing, "2", time.Minute)
		h.pass(30 * time.Hour)
		want(t, "mail", h.mail.said(), "ann@example.org open", "bob@example.org open")
	})
}

// refusesEnds keeps an end waiting for so long, then refuses it for good.
func refusesEnds(d time.Duration) func(sinks.Message) error {
	until := time.Now().Add(d)
	return func(m sinks.Message) error {
		switch {
		case m.Event.Status != event.StatusResolved:
			return nil
		case time.Now().Before(until):
			return retry.After(time.Hour, errors.New("not now"))
		}
		return retry.Permanent(errors.New("400 no such thing"))
	}
}

func TestR12AFallbackThatJoinsDuringALookIsNotForgotten(t *testing.T) {
	inHouseWithFallback(t, func(h *house) {
		h.fallback = ""
		h.restart()
		h.pager.answer = refuses(event.StatusOpen)
		h.cluster.set(night(-time.Hour, true, event.Partial, good, bad))
		h.alert(event.Firing, "1", time.Minute)
		h.fallback = "mail"
		h.restart()
		h.cluster.set(night(time.Hour, true, event.RepoFailure, bad, bad))
		h.cluster.during = func() {
			if err := h.engine.Do(h.t.Context(), h.pipe.Died("oncall")(h.dead(1)[0])); err != nil {
				t.Error(err)
			}
			time.Sleep(time.Second)
		}
		h.sweep()
		h.pass(time.Hour)
		if in := h.incidents()[0]; len(in.Told) != 3 || in.State != event.StatusChanged {
			t.Errorf("told are %+v", in.Told)
		}
		want(t, "mail", h.mail.said(),
			"ann@example.org open", "bob@example.org open", "ann@example.org changed", "bob@example.org changed")
	})
}

// Nobody can say any more how the incident stands, and so the fallback is told what the
// pager should have been.
func TestR12AFallbackIsToldOfAnIncidentThatCannotBeRead(t *testing.T) {
	inHouseWithFallback(t, func(h *house) {
		h.pager.answer = failing(48 * time.Hour)
		h.cluster.set(night(-time.Hour, true, event.Partial, good, bad))
		h.alert(event.Firing, "1", 20*time.Minute)
		h.damage(h.incidents()[0].ID)
		h.late()
		want(t, "mail", h.mail.said(), "ann@example.org open", "bob@example.org open")
		if e := h.mail.last().Event; e.Instead == nil || !e.Instead.Late || e.Plan.Name != "Nightly" {
			t.Errorf("the mail tells %+v", e)
		}
		h.pass(48 * time.Hour) // and then the pager gives up, of which it is told as well
		want(t, "mail", h.mail.said(), "ann@example.org open", "bob@example.org open", "ann@example.org open", "bob@example.org open")
		h.counts("report/", 0)
		jobs, err := h.engine.Jobs(h.t.Context(), queue.JobQuery{Lane: record.Inbox, State: queue.Queued})
		if err != nil || len(jobs) != 0 {
			t.Errorf("%d looks are left, %v", len(jobs), err)
		}
	})
}

func TestR12AFallbackOfASuccessIsNotThePagers(t *testing.T) {
	inHouse(t, func(h *house) {
		h.chain = true // the pager is the mail's fallback
		h.restart()
		h.mail.answer = refusesForGood
		h.cluster.set(night(-time.Hour, true, event.Success, good, good))
		h.alert(event.Firing, "1", time.Hour)
		want(t, "oncall", h.pager.said())
		h.counts("report/", 0)
	})
}

// Whoever is told in place of another hears why, also when the message that said so
// had to give way to a newer one.
func TestR14WhatTakesTheFallbacksPlaceSaysForWhomItIsTold(t *testing.T) {
	inHouseWithFallback(t, func(h *house) {
		h.how[0] = sinks.KeepLatest
		h.restart()
		h.pager.answer = refuses(event.StatusOpen)
		h.mail.answer = later(3 * time.Hour)
		h.cluster.set(night(-time.Hour, true, event.Partial, good, bad))
		h.alert(event.Firing, "1", time.Minute)
		h.cluster.set(night(time.Hour, true, event.RepoFailure, bad, bad))
		h.sweep()
		h.pass(6 * time.Hour)
		want(t, "mail", h.mail.said(), "ann@example.org open", "bob@example.org open")
		if i := h.mail.last().Event.Instead; i == nil || i.Sink != "oncall" {
			t.Errorf("nobody says for whom: %+v", i)
		}
	})
}

// later refuses for so long, once an hour, so that nobody has heard.
func later(d time.Duration) func(sinks.Message) error {
	until := time.Now().Add(d)
	return func(sinks.Message) error {
		if time.Now().Before(until) {
			return retry.Refused(retry.After(time.Hour, errors.New("450 greylisted")))
		}
		return nil
	}
}
