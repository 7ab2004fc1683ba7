package pipeline_test

import (
	"testing"
	"time"

	"bellhop/internal/event"
	"bellhop/internal/record"
	"bellhop/router/queue"
)

// inTriggered runs the test in a house that needs no alerts.
func inTriggered(t *testing.T, test func(h *house)) {
	inHouse(t, func(h *house) {
		h.timing.Trigger = true
		h.restart()
		test(h)
	})
}

// report is what the cluster says when a module has left a status.
func (h *house) report(d time.Duration) {
	h.t.Helper()
	if err := h.pipe.Reported(h.t.Context(), "1"); err != nil {
		h.t.Fatal(err)
	}
	h.pass(d)
}

func TestAReportAloneTellsAFailureAndItsEnd(t *testing.T) {
	inTriggered(t, func(h *house) {
		h.cluster.set(night(-time.Hour, true, event.Partial, good, bad))
		h.report(time.Minute)
		want(t, "oncall", h.pager.said(), "key-1 open")
		want(t, "mail", h.mail.said(), "ann@example.org open", "bob@example.org open")
		h.report(time.Minute) // the same run
		h.sweep()
		want(t, "oncall", h.pager.said(), "key-1 open")
		h.alert(event.Firing, "1", time.Minute) // the alert of the same run comes late: it is one event
		want(t, "oncall", h.pager.said(), "key-1 open")
		h.cluster.set(night(23*time.Hour, true, event.Success, good, good))
		h.report(time.Minute)
		want(t, "oncall", h.pager.said(), "key-1 open", "key-1 resolved")
	})
}

func TestAReportAloneTellsASuccessOnceToWhoLikesToHearIt(t *testing.T) {
	inTriggered(t, func(h *house) {
		h.cluster.set(night(-time.Hour, true, event.Success, good, good))
		h.report(time.Minute)
		h.report(time.Minute)
		h.restart()
		h.report(time.Minute)
		want(t, "mail", h.mail.said(), "ann@example.org success", "bob@example.org success")
		want(t, "oncall", h.pager.said())
		h.cluster.set(night(23*time.Hour, true, event.Success, good, good))
		h.report(time.Minute)
		want(t, "mail", h.mail.said(), "ann@example.org success", "bob@example.org success", "ann@example.org success", "bob@example.org success")
	})
}

func TestAReportWaitsForTheRunToSettle(t *testing.T) {
	inTriggered(t, func(h *house) {
		h.cluster.set(night(-time.Minute, false, event.Partial, good, pending))
		h.report(3 * time.Hour) // nothing claims a failure
		want(t, "mail", h.mail.said())
		h.cluster.set(night(-time.Minute, false, event.Partial, bad, pending))
		h.report(time.Hour) // a module failed: the run is waited for …
		want(t, "oncall", h.pager.said())
		h.pass(2 * time.Hour) // … for max_wait
		want(t, "oncall", h.pager.said(), "key-1 open")
		if e := h.pager.last().Event; e.Run.Settled || len(e.Alerts) != 0 {
			t.Errorf("heard %+v", e)
		}
		h.cluster.set(night(-time.Minute, true, event.Partial, bad, bad))
		h.report(time.Minute)
		want(t, "oncall", h.pager.said(), "key-1 open", "key-1 changed")
	})
}

func TestAReportOfAPlanThatIsNotThereTellsNothing(t *testing.T) {
	inTriggered(t, func(h *house) {
		f := night(-time.Hour, true, event.RepoFailure)
		f.Known, f.Enabled, f.Cause, f.Run.Start, f.Run.End, f.Modules = false, false, event.CauseNoStatus, time.Time{}, time.Time{}, nil
		h.cluster.set(f)
		h.report(time.Minute)
		h.cluster.set(nil) // Redis is away
		h.report(time.Hour)
		want(t, "mail", h.mail.said())
	})
}

func TestWhatRanWhileNobodyListenedIsCaughtUpWith(t *testing.T) {
	inTriggered(t, func(h *house) {
		h.cluster.set(night(-30*time.Minute, true, event.Partial, good, bad))
		if err := h.pipe.CatchUp(h.t.Context()); err != nil {
			t.Fatal(err)
		}
		h.pass(time.Minute)
		want(t, "oncall", h.pager.said(), "key-1 open")
	})
	inTriggered(t, func(h *house) {
		h.cluster.set(night(-30*time.Hour, true, event.Partial, good, bad)) // of the day before
		if err := h.pipe.CatchUp(h.t.Context()); err != nil {
			t.Fatal(err)
		}
		h.pass(time.Minute)
		want(t, "oncall", h.pager.said())
	})
}

func TestWithoutTriggerAReportOfWhatNobodyWaitsForDoesNothing(t *testing.T) {
	inHouse(t, func(h *house) {
		h.cluster.set(night(-time.Hour, true, event.Partial, good, bad))
		h.report(time.Minute)
		if err := h.pipe.CatchUp(h.t.Context()); err != nil {
			t.Fatal(err)
		}
		jobs, err := h.engine.Jobs(h.t.Context(), queue.JobQuery{Lane: record.Inbox})
		if err != nil || len(jobs) != 0 || len(h.cluster.asked) != 0 {
			t.Errorf("%d jobs, asked %d times, %v", len(jobs), len(h.cluster.asked), err)
		}
	})
}

func TestAReportIsNotForgottenWhileRedisIsAway(t *testing.T) {
	inTriggered(t, func(h *house) {
		h.report(10 * time.Minute) // nothing can be read
		want(t, "oncall", h.pager.said())
		h.cluster.set(night(-time.Minute, true, event.Partial, good, bad))
		h.pass(6 * time.Minute)
		want(t, "oncall", h.pager.said(), "key-1 open")
		h.pass(48 * time.Hour)
		jobs, err := h.engine.Jobs(h.t.Context(), queue.JobQuery{Lane: record.Inbox, State: queue.Queued})
		if err != nil || len(jobs) != 0 {
			t.Errorf("%d looks wait, %v", len(jobs), err)
		}
	})
}

func TestAReportIsGivenUpAfterADay(t *testing.T) {
	inTriggered(t, func(h *house) {
		h.report(25 * time.Hour)
		jobs, err := h.engine.Jobs(h.t.Context(), queue.JobQuery{Lane: record.Inbox, State: queue.Queued})
		if err != nil || len(jobs) != 0 {
			t.Errorf("%d looks wait, %v", len(jobs), err)
		}
	})
}
