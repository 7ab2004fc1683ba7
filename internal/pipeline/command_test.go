package pipeline_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"bellhop/internal/event"
	"bellhop/internal/record"
	"bellhop/internal/retry"
	"bellhop/router/queue"
	"bellhop/sinks"
)

// inHouseOfCommands has a command in the pager's place, and mail stand in for it.
func inHouseOfCommands(t *testing.T, test func(h *house)) {
	t.Helper()
	inHouse(t, func(h *house) {
		h.how[1], h.long, h.fallback = sinks.KeepBegun, true, "mail"
		h.restart()
		test(h)
	})
}

// runsFor has whatever is not an end take so long.
func (h *house) runsFor(d time.Duration) {
	h.pager.mu.Lock()
	defer h.pager.mu.Unlock()
	h.pager.answer = func(m sinks.Message) error {
		if m.Event.Status != event.StatusResolved {
			h.pager.mu.Unlock()
			time.Sleep(d)
			h.pager.mu.Lock()
		}
		return nil
	}
}

// deliveries checks the log of the command, oldest first.
func (h *house) deliveries(want ...string) {
	h.t.Helper()
	jobs, err := h.engine.Jobs(h.t.Context(), queue.JobQuery{Lane: record.Lane("oncall"), Oldest: true})
	if err != nil {
		h.t.Fatal(err)
	}
	var got []string
	for _, j := range jobs {
		d, err := record.ReadDelivery(j)
		if err != nil {
			h.t.Fatal(err)
		}
		got = append(got, fmt.Sprintf("%s %s", d.As, j.State))
	}
	if strings.Join(got, ", ") != strings.Join(want, ", ") {
		h.t.Errorf("the log holds %q, want %q", got, want)
	}
}

func TestR14TheEndReachesACommandThatRuns(t *testing.T) {
	inHouseOfCommands(t, func(h *house) {
		h.runsFor(2 * time.Hour)
		h.cluster.set(night(-time.Hour, true, event.Partial, good, bad))
		h.alert(event.Firing, "1", time.Hour)
		if err := h.pipe.Late(h.t.Context()); err != nil {
			t.Fatal(err)
		}
		h.pass(time.Minute)
		h.cluster.set(night(time.Hour, true, event.Success, good, good))
		h.alert(event.Resolved, "1", time.Minute)
		want(t, "command", h.pager.said(), "key-1 resolved")
		h.pass(2 * time.Hour)
		want(t, "command", h.pager.said(), "key-1 resolved", "key-1 open")
		h.deliveries("open sent", "resolved sent")
		want(t, "mail, which hears of no command that is late", h.mail.said(),
			"ann@example.org open", "bob@example.org open", "ann@example.org resolved", "bob@example.org resolved")
	})
}

func TestR14TheEndTakesACommandWithItThatWasNotBegun(t *testing.T) {
	inHouseOfCommands(t, func(h *house) {
		h.pager.answer = func(sinks.Message) error { return retry.Refused(retry.Broken(errors.New("no such file"))) }
		h.cluster.set(night(-time.Hour, true, event.Partial, good, bad))
		h.alert(event.Firing, "1", 2*time.Minute)
		h.cluster.set(night(time.Hour, true, event.Success, good, good))
		h.alert(event.Resolved, "1", time.Minute)
		h.pager.mu.Lock()
		h.pager.answer = nil
		h.pager.mu.Unlock()
		h.pass(time.Hour)
		want(t, "command", h.pager.said())
		h.deliveries("open superseded")
	})
}

func TestACommandOfAChangeDoesNotWaitForTheOneBefore(t *testing.T) {
	inHouseOfCommands(t, func(h *house) {
		h.runsFor(3 * time.Hour)
		h.cluster.set(night(-time.Hour, true, event.Partial, good, bad))
		h.alert(event.Firing, "1", time.Hour)
		h.runsFor(0)
		h.cluster.set(night(time.Hour, true, event.RepoFailure, bad, bad))
		h.alert(event.Firing, "1", 10*time.Minute)
		want(t, "command", h.pager.said(), "key-1 changed")
		h.pass(3 * time.Hour)
		h.deliveries("open sent", "changed sent")
	})
}

func TestR17ACommandThatWasCutOffIsHeardAndItsAttemptsCount(t *testing.T) {
	inHouseOfCommands(t, func(h *house) {
		h.pager.answer = func(sinks.Message) error { time.Sleep(time.Hour); return errors.New("ended by the stop") }
		h.cluster.set(night(-time.Hour, true, event.Partial, good, bad))
		h.alert(event.Firing, "1", time.Minute)
		h.stop()
		h.pager.answer = nil
		h.start()
		h.pass(10 * time.Minute)
		if m := h.pager.last(); !m.Heard || m.Attempt != 2 {
			t.Errorf("heard %v, attempt %d", m.Heard, m.Attempt)
		}
	})
}

func TestWhatWasSkippedIsOnRecordAndHasNoFallback(t *testing.T) {
	inHouseOfCommands(t, func(h *house) {
		h.pager.answer = func(sinks.Message) error { return retry.Skip(errors.New("not wanted")) }
		h.cluster.set(night(-time.Hour, true, event.Partial, good, bad))
		h.alert(event.Firing, "1", time.Hour)
		h.deliveries("open skipped")
		want(t, "mail", h.mail.said(), "ann@example.org open", "bob@example.org open")
	})
}

func TestR17ARepeatIsAFiringAlertThatBroughtNoNews(t *testing.T) {
	inHouseOfCommands(t, func(h *house) {
		h.pager.again = true
		h.cluster.set(night(-time.Hour, true, event.Partial, good, bad))
		h.alert(event.Firing, "1", time.Hour)
		h.sweep()
		want(t, "command", h.pager.said(), "key-1 open")
		h.alert(event.Firing, "1", time.Hour)
		h.alert(event.Firing, "2", time.Hour) // another node, and no news
		want(t, "command", h.pager.said(), "key-1 open", "key-1 repeat", "key-1 repeat")
		h.alert(event.Resolved, "2", time.Hour) // the other one fires still
		h.sweep()
		h.deliveries("open sent", "repeat sent", "repeat sent")
		h.cluster.set(night(20*time.Hour, true, event.Success, good, good))
		h.alert(event.Resolved, "1", time.Hour)
		h.deliveries("open sent", "repeat sent", "repeat sent", "resolved sent")
		for _, said := range h.mail.said() {
			if strings.Contains(said, "repeat") {
				t.Errorf("somebody who does not want it hears %s", said)
			}
		}
	})
}

func TestR17TheLooksOfOneAlertThatWasToldAreNoRepeat(t *testing.T) {
	inHouseOfCommands(t, func(h *house) {
		h.pager.again = true
		h.cluster.set(night(-time.Minute, false, event.Partial, bad, pending))
		h.alert(event.Firing, "1", 10*time.Hour)
		h.cluster.set(night(-time.Minute, true, event.Partial, bad, good))
		h.pass(time.Hour)
		want(t, "command", h.pager.said(), "key-1 open")
		h.alert(event.Firing, "1", time.Hour)
		want(t, "command", h.pager.said(), "key-1 open", "key-1 repeat")
	})
}
