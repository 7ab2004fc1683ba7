package pipeline_test

import (
	"errors"
	"testing"
	"time"

	"bellhop/internal/event"
	"bellhop/internal/farend"
	"bellhop/internal/pdcef"
	"bellhop/internal/record"
	"bellhop/router/queue"
	"bellhop/sinks"
)

func TestR22AnOldEndIsNotSentIntoANewIncident(t *testing.T) {
	inHouse(t, func(h *house) {
		h.pager.answer = refuses(event.StatusResolved)
		h.cluster.set(night(-time.Hour, true, event.Partial, good, bad))
		h.alert(event.Firing, "1", time.Hour)
		h.cluster.set(night(time.Hour, true, event.Success, good, good))
		h.sweep()
		dead := h.dead(1)
		h.pager.answer = nil
		h.cluster.set(night(2*time.Hour, true, event.Partial, good, bad))
		h.alert(event.Firing, "2", time.Hour)
		if _, err := h.pipe.Retry(h.t.Context(), dead[0].ID); !errors.Is(err, record.ErrRefused) {
			t.Errorf("got %v: the end of the old incident ends the new one", err)
		}
	})
}

func TestR22ADeliveryWhoseEventIsForgottenIsRefused(t *testing.T) {
	inHouse(t, func(h *house) {
		h.pager.answer = refuses(event.StatusOpen)
		h.cluster.set(night(-time.Hour, true, event.Partial, good, bad))
		h.alert(event.Firing, "1", time.Hour)
		dead := h.dead(1)[0]
		d, err := record.ReadDelivery(dead)
		if err != nil {
			t.Fatal(err)
		}
		if err := h.engine.Do(h.t.Context(), queue.Step{Set: []queue.Row{{Key: record.EventKey(d.Event)}}}); err != nil {
			t.Fatal(err)
		}
		if _, err = h.pipe.Retry(h.t.Context(), dead.ID); !errors.Is(err, record.ErrRefused) {
			t.Errorf("got %v", err)
		}
	})
}

// An acknowledge that is sent as a trigger would page somebody for what somebody works on.
func TestR22AnAcknowledgeThatIsPassedOnIsSentAsItself(t *testing.T) {
	inOffice(t, func(o *office) {
		o.cefThrough(pdcef.Target(keyA), "trigger", "disk/7", "full", time.Second)
		o.far.Inject(farend.Fault{Status: 400, Body: `{"status":"invalid event","message":"no","errors":[]}`})
		o.cefThrough(pdcef.Target(keyA), "acknowledge", "disk/7", "", time.Second)
		o.cefThrough(pdcef.Target(keyA), "trigger", "disk/7", "fuller", time.Second)
		o.retry()
		o.took("disk/7", "A trigger", "A trigger", "A acknowledge")
		if a := o.far.Alerts()[0]; !a.Acked || a.Summary != "fuller" {
			t.Errorf("PagerDuty shows %+v", a)
		}
	})
}

// Through another key nothing was opened that could be acknowledged.
func TestR22AnAcknowledgeOfALostKeyOpensTheIncidentThroughAnother(t *testing.T) {
	inOffice(t, func(o *office) {
		o.cefThrough(pdcef.Target(keyA), "trigger", "disk/7", "full", time.Second)
		o.use(keyB)
		o.cefThrough(pdcef.Target(keyA), "acknowledge", "disk/7", "", time.Second)
		o.rehome()
		o.retry()
		want(t, "PagerDuty", o.shows(), "A open 1", "B open 1")
		if n := o.dropped(); n != 0 {
			t.Errorf("PagerDuty threw %d events away", n)
		}
	})
}

// retry sends the one dead letter once more by hand.
func (o *office) retry() {
	o.t.Helper()
	dead := o.dead()
	if len(dead) != 1 {
		o.t.Fatalf("%d dead letters, want one", len(dead))
	}
	if _, err := o.pipe.Retry(o.t.Context(), dead[0].ID); err != nil {
		o.t.Fatal(err)
	}
	o.pass(time.Second)
}

// What is sent by hand and has to give way to something newer is in its history as what
// it was to say, and not as what once died.
func TestR22WhatIsSentByHandIsInTheHistoryAsItWouldHaveBeenSaid(t *testing.T) {
	inHouse(t, func(h *house) {
		h.how[1] = sinks.KeepLatest
		h.restart()
		h.pager.answer = refuses(event.StatusOpen)
		h.cluster.set(night(-time.Hour, true, event.Partial, good, bad, good))
		h.alert(event.Firing, "1", time.Hour)
		h.cluster.set(night(time.Hour, true, event.Partial, bad, bad, good))
		h.sweep()
		second := h.incidents()[0].Last
		h.pager.answer = later(3 * time.Hour)
		if _, err := h.pipe.Retry(h.t.Context(), h.dead(1)[0].ID); err != nil {
			t.Fatal(err)
		}
		h.pass(time.Minute)
		h.cluster.set(night(2*time.Hour, true, event.RepoFailure, bad, bad, bad))
		h.sweep()
		h.pass(6 * time.Hour)
		past := h.pager.last().Event.History
		if len(past) != 1 || past[0].Event != second || past[0].Failed != 2 || past[0].Status != event.StatusOpen {
			t.Errorf("the history is %+v, want event %s with 2 failed modules", past, second)
		}
	})
}

func TestR22ADeliveryWhoseEventCannotBeReadIsRefused(t *testing.T) {
	inHouse(t, func(h *house) {
		h.pager.answer = refuses(event.StatusOpen)
		h.cluster.set(night(-time.Hour, true, event.Partial, good, bad))
		h.alert(event.Firing, "1", time.Hour)
		row := queue.Row{Key: record.EventKey(h.incidents()[0].Last), Value: []byte("{")}
		if err := h.engine.Do(h.t.Context(), queue.Step{Set: []queue.Row{row}}); err != nil {
			t.Fatal(err)
		}
		if _, err := h.pipe.Retry(h.t.Context(), h.dead(1)[0].ID); !errors.Is(err, record.ErrRefused) {
			t.Errorf("got %v", err)
		}
	})
}
