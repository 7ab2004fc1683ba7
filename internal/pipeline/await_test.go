package pipeline_test

import (
	"context"
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

// awaitingCommands has whoever sends an alert wait for the command.
func awaitingCommands(t *testing.T, test func(h *house)) {
	t.Helper()
	inHouseOfCommands(t, func(h *house) {
		h.pager.waited = 10 * time.Minute
		h.restart()
		test(h)
	})
}

// diskSignal is an alert that is forwarded.
func diskSignal(status string) event.Signal {
	return event.Signal{
		Source: "webhook", Plan: event.PlanRef{Topic: "alert/d7"},
		Alert: event.Alert{Status: status, Fingerprint: "d7", Labels: map[string]string{"alertname": "DiskSpaceCritical", "value": time.Now().Format(time.TimeOnly)}},
	}
}

// send has a signal kept and waits as its sender does. It returns what he is told, "" for
// nothing bad, and after how long.
func (h *house) send(s event.Signal) (fault string, after time.Duration) {
	h.t.Helper()
	time.Sleep(time.Second) // the next one is a later one
	began := time.Now()
	kept, err := h.pipe.Accept(h.t.Context(), []event.Signal{s})
	if err != nil {
		h.t.Fatal(err)
	}
	if kept.Await == nil {
		return "", 0
	}
	if err := kept.Await(context.WithoutCancel(h.t.Context())); err != nil {
		fault = err.Error()
	}
	return fault, time.Since(began)
}

// wantSent sends, and checks that the sender is told all these parts, or nothing bad. It
// returns how long he has waited.
func (h *house) wantSent(what string, s event.Signal, parts ...string) time.Duration {
	h.t.Helper()
	fault, after := h.send(s)
	if len(parts) == 0 && fault != "" {
		h.t.Errorf("%s: the sender is told %q", what, fault)
	}
	for _, part := range parts {
		if !strings.Contains(fault, part) {
			h.t.Errorf("%s: the sender is told %q, want %q in it", what, fault, part)
		}
	}
	if strings.Contains(fault, "s3cret") {
		h.t.Errorf("%s: the sender is told what the command printed: %q", what, fault)
	}
	return after
}

// fails has the command fail after so long.
func (h *house) fails(d time.Duration) {
	h.pager.mu.Lock()
	defer h.pager.mu.Unlock()
	h.pager.answer = func(sinks.Message) error {
		h.pager.mu.Unlock()
		time.Sleep(d)
		h.pager.mu.Lock()
		return retry.Permanent(errors.New("exit 1: s3cret"))
	}
}

func TestR17TheSenderWaitsUntilTheCommandHasEnded(t *testing.T) {
	awaitingCommands(t, func(h *house) {
		h.runsFor(5 * time.Minute)
		after := h.wantSent("a command that takes 5 minutes", diskSignal(event.Firing))
		if after < 5*time.Minute || after > 5*time.Minute+2*time.Second {
			t.Errorf("he waits %s", after)
		}
		h.deliveries("open sent")
		want(t, "the mail", h.mail.said(), "ann@example.org open", "bob@example.org open")
		h.runsFor(0)
		if after := h.wantSent("a repeat", diskSignal(event.Firing)); after > time.Second {
			t.Errorf("he waits %s", after)
		}
		if after := h.wantSent("an end", diskSignal(event.Resolved)); after != 0 {
			t.Errorf("he waits %s", after)
		}
	})
}

func TestR17ACommandThatFailedRunsAgainWhenTheAlertIsSentAgainUntilItHasSucceeded(t *testing.T) {
	awaitingCommands(t, func(h *house) { // on: [open]
		first := diskSignal(event.Firing).Alert.Labels["value"]
		h.fails(time.Second)
		for range 2 {
			h.wantSent("a command that fails", diskSignal(event.Firing), "oncall", "failed", "delivery 0")
		}
		h.restart()
		h.wantSent("after a restart", diskSignal(event.Firing), "oncall")
		h.deliveries("open dropped", "repeat dropped", "repeat dead")
		h.runsFor(time.Second)
		for range 2 {
			h.wantSent("it has succeeded", diskSignal(event.Firing))
		}
		h.deliveries("open dropped", "repeat dropped", "repeat dropped", "repeat sent")
		if e := h.pager.last().Event; len(e.Alerts) != 1 || e.Alerts[0].Labels["value"] == first {
			t.Errorf("it is told %+v", e.Alerts)
		}
		h.pass(time.Minute)
		want(t, "the mail, which hears of the command once and of the alert once", h.mail.said(),
			"ann@example.org open", "bob@example.org open", "ann@example.org open", "bob@example.org open")
	})
}

func TestR17WhatRunsIsWaitedForAndNotBegunBesideIt(t *testing.T) {
	awaitingCommands(t, func(h *house) {
		h.pager.again = true // on: [open, repeat]
		h.runsFor(time.Minute)
		type said struct {
			fault string
			after time.Duration
		}
		all := make(chan said, 3)
		for range 3 {
			go func() {
				fault, after := h.send(diskSignal(event.Firing))
				all <- said{fault, after}
			}()
			h.pass(10 * time.Second)
		}
		for range 3 {
			if s := <-all; s.fault != "" || s.after < 40*time.Second || s.after > 62*time.Second {
				t.Errorf("told %q after %s", s.fault, s.after)
			}
		}
		h.deliveries("open sent")
		h.send(diskSignal(event.Firing))
		h.deliveries("open sent", "repeat sent")
	})
}

func TestR17AnotherTryIsForWhatHasFailedAlone(t *testing.T) {
	awaitingCommands(t, func(h *house) {
		h.pager.again = true
		h.send(diskSignal(event.Firing))
		again := diskSignal(event.Firing)
		again.Retry = true // another command, of another alert, had failed
		h.wantSent("what went well", again)
		h.deliveries("open sent")
		h.fails(0)
		h.send(diskSignal(event.Firing))
		again = diskSignal(event.Firing)
		again.Retry = true
		h.wantSent("what failed", again, "failed")
		h.deliveries("open sent", "repeat dropped", "repeat dead")
	})
}

func TestR17OneThatCannotBeStartedIsToldAtOnceAndNothingPilesUp(t *testing.T) {
	awaitingCommands(t, func(h *house) {
		h.pager.again = true
		h.pager.answer = func(sinks.Message) error { return retry.Refused(retry.Broken(errors.New("no such file"))) }
		for range 5 {
			after := h.wantSent("no such command", diskSignal(event.Firing), "oncall")
			if after > time.Second {
				t.Errorf("he waits %s", after)
			}
			h.pass(time.Second)
		}
		h.deliveries("open queued")
		h.runsFor(0)
		h.pass(10 * time.Minute)
		h.deliveries("open sent")
		h.wantSent("once it was mended", diskSignal(event.Firing))
	})
}

func TestR17OneThatWaitsForAPlaceHasNotFailed(t *testing.T) {
	awaitingCommands(t, func(h *house) {
		full := time.Now().Add(30 * time.Second)
		h.pager.answer = func(sinks.Message) error {
			if time.Now().Before(full) {
				return retry.Refused(retry.After(0, errors.New("32 of this sink's commands run already")))
			}
			return nil
		}
		if after := h.wantSent("a command that waits for a place", diskSignal(event.Firing)); after < 25*time.Second {
			t.Errorf("he waits %s", after)
		}
		h.deliveries("open sent")
	})
}

func TestR17OneThatHasFailedAndRunsAgainByItselfIsToldAtOnce(t *testing.T) {
	awaitingCommands(t, func(h *house) {
		h.pager.answer = func(sinks.Message) error { return retry.After(0, errors.New("exit 1: s3cret")) } // with rerun
		if after := h.wantSent("a command that fails", diskSignal(event.Firing), "oncall", "failed"); after > time.Second {
			t.Errorf("he waits %s", after)
		}
		h.deliveries("open queued")
	})
}

// cutOff has bellhop stop while the command of an alert runs, which from then on answers
// as one does that was begun before.
func (h *house) cutOff() {
	h.t.Helper()
	h.pager.answer = func(sinks.Message) error { time.Sleep(time.Hour); return errors.New("ended by the stop") }
	h.accept(diskSignal(event.Firing), time.Minute)
	h.stop()
	h.pager.answer = func(m sinks.Message) error {
		if m.Heard && !h.pager.reruns {
			return retry.Permanent(errors.New("nobody knows what it did"))
		}
		return nil
	}
	h.start()
	h.pass(time.Second)
}

func TestR17ACommandThatWasCutOffIsBegunAgainByHandAlone(t *testing.T) {
	awaitingCommands(t, cutOffUntilByHand) // on: [open]
}

func TestR17ACommandOfRepeatsThatWasCutOffIsBegunAgainByHandAlone(t *testing.T) {
	awaitingCommands(t, func(h *house) {
		h.pager.again = true // on: [open, repeat]
		cutOffUntilByHand(h)
	})
}

func cutOffUntilByHand(h *house) {
	h.cutOff()
	for range 2 {
		h.wantSent("a command that was cut off", diskSignal(event.Firing), "oncall", "cut off", "by hand", "delivery "+h.deadLetter())
		h.deliveries("open dead")
	}
	h.restart()
	h.wantSent("after a restart", diskSignal(event.Firing), "cut off")
	h.deliveries("open dead")
	want(h.t, "command", h.pager.said())
	h.retry()
	h.pass(time.Second)
	h.deliveries("open dropped", "open sent")
	again := diskSignal(event.Firing)
	again.Retry = true
	h.wantSent("once it ran by hand", again)
	want(h.t, "command", h.pager.said(), "key-1 open")
}

func TestR17OneThatWasCutOffAndLetGoHoldsUpNoRepeat(t *testing.T) {
	awaitingCommands(t, func(h *house) {
		h.pager.again = true
		h.cutOff()
		h.wantSent("a command that was cut off", diskSignal(event.Firing), "cut off")
		if err := h.pipe.Drop(h.t.Context(), h.deadLetter()); err != nil {
			t.Fatal(err)
		}
		h.wantSent("a repeat", diskSignal(event.Firing))
		h.deliveries("open dropped", "repeat sent")
	})
}

func TestR17OneThatMayRunAgainAfterACrashDoes(t *testing.T) {
	awaitingCommands(t, func(h *house) {
		h.pager.reruns = true
		h.cutOff()
		h.wantSent("a command that was cut off", diskSignal(event.Firing))
		h.deliveries("open sent")
	})
}

func TestR17OneThatFailedForTooLongWithRerunRunsAgainWhenTheAlertIsSentAgain(t *testing.T) {
	awaitingCommands(t, func(h *house) {
		h.pager.reruns, h.giveUp = true, time.Hour
		h.restart()
		h.pager.answer = func(sinks.Message) error { return retry.After(0, errors.New("exit 1")) }
		h.accept(diskSignal(event.Firing), 2*time.Hour)
		h.deliveries("open dead")
		h.runsFor(0)
		h.wantSent("it succeeds", diskSignal(event.Firing))
		h.deliveries("open dropped", "repeat sent")
	})
}

// deadLetter is the id of the only one of the command.
func (h *house) deadLetter() string {
	h.t.Helper()
	dead, err := h.engine.Jobs(h.t.Context(), queue.JobQuery{Lane: record.Lane("oncall"), State: queue.Dead})
	if err != nil || len(dead) != 1 {
		h.t.Fatal(len(dead), err)
	}
	return dead[0].ID
}

// retry has the dead letter of the command retried by hand.
func (h *house) retry() {
	h.t.Helper()
	if _, err := h.pipe.Retry(h.t.Context(), h.deadLetter()); err != nil {
		h.t.Fatal(err)
	}
}

func TestR17WhatIsRetriedByHandIsWaitedForInPlaceOfWhatFailed(t *testing.T) {
	awaitingCommands(t, func(h *house) {
		h.fails(time.Second)
		h.wantSent("a command that fails", diskSignal(event.Firing), "failed")
		h.runsFor(time.Minute)
		h.retry()
		if after := h.wantSent("while it runs by hand", diskSignal(event.Firing)); after < 50*time.Second {
			t.Errorf("he waits %s", after)
		}
		h.deliveries("open dropped", "open sent")
	})
}

func TestR17WhatFailsAsItIsRetriedByHandIsToldToWhomeverWaitsForThat(t *testing.T) {
	awaitingCommands(t, func(h *house) {
		h.fails(time.Minute)
		h.wantSent("a command that fails", diskSignal(event.Firing), "failed")
		h.retry()
		if after := h.wantSent("while it runs by hand", diskSignal(event.Firing), "failed"); after < 50*time.Second {
			t.Errorf("he waits %s", after)
		}
		h.deliveries("open dropped", "open dead")
	})
}

func TestR17WhatFailsAgainWhenRetriedByHandHasFailedForItsSenderToo(t *testing.T) {
	awaitingCommands(t, func(h *house) {
		h.fails(time.Second)
		h.wantSent("a command that fails", diskSignal(event.Firing), "failed")
		h.retry()
		h.pass(2 * time.Second)
		h.deliveries("open dropped", "open dead")
		h.wantSent("it has failed by hand", diskSignal(event.Firing), "failed")
		h.deliveries("open dropped", "open dropped", "repeat dead")
		h.runsFor(time.Second)
		h.retry()
		h.pass(10 * time.Second)
		h.wantSent("it has succeeded by hand", diskSignal(event.Firing))
		h.deliveries("open dropped", "open dropped", "repeat dropped", "repeat sent")
	})
}

func TestR17WhatIsSkippedIsNoFailure(t *testing.T) {
	awaitingCommands(t, func(h *house) {
		h.pager.answer = func(sinks.Message) error { return retry.Skip(errors.New("as many as max allows run already")) }
		h.wantSent("what is skipped", diskSignal(event.Firing))
		h.deliveries("open skipped")
	})
}

func TestR17AnEndIsAnsweredAtOnceAndLeavesTheOthersWaiting(t *testing.T) {
	awaitingCommands(t, func(h *house) {
		h.runsFor(5 * time.Minute)
		answered := make(chan string)
		go func() {
			fault, after := h.send(diskSignal(event.Firing))
			answered <- fmt.Sprintf("%q after %s", fault, after.Round(time.Minute))
		}()
		h.pass(time.Minute)
		if after := h.wantSent("the end", diskSignal(event.Resolved)); after != 0 {
			t.Errorf("he waits %s", after)
		}
		if got := <-answered; got != `"" after 5m0s` {
			t.Errorf("the beginning: %s", got)
		}
		h.deliveries("open sent", "resolved sent")
	})
}

func TestR17NobodyWaitsForLongerThanACommandMayTake(t *testing.T) {
	awaitingCommands(t, func(h *house) {
		h.runsFor(time.Hour)
		after := h.wantSent("an hour", diskSignal(event.Firing), "not ended yet")
		if after != 11*time.Minute {
			t.Errorf("he waits %s", after)
		}
		h.pass(time.Hour)
		h.deliveries("open sent")
	})
}

func TestR17NobodyWaitsWhereTheRunHasToSettleFirst(t *testing.T) {
	awaitingCommands(t, func(h *house) {
		h.runsFor(time.Minute)
		h.cluster.set(night(-time.Hour, true, event.Partial, good, bad))
		if after := h.wantSent("an alert that is looked at later", backup(event.Firing)); after != 0 {
			t.Errorf("he waits %s", after)
		}
	})
}

func TestR17WithoutAWaitTheSenderOfABackupsAlertWaitsForTheCommandToo(t *testing.T) {
	awaitingCommands(t, func(h *house) {
		h.timing.Wait = 0
		h.restart()
		h.cluster.set(night(-time.Hour, false, event.Partial, bad, pending))
		if after := h.wantSent("the run has not settled", backup(event.Firing)); after > time.Second {
			t.Errorf("he waits %s", after)
		}
		h.fails(time.Minute)
		h.cluster.set(night(-time.Hour, true, event.Partial, bad, good))
		after := h.wantSent("a command that fails", backup(event.Firing), "oncall")
		if after < time.Minute {
			t.Errorf("he waits %s", after)
		}
		h.runsFor(time.Minute)
		h.wantSent("a command that succeeds", backup(event.Firing))
		h.deliveries("open dropped", "repeat sent")
	})
}

// backup is the alert of a plan.
func backup(status string) event.Signal {
	return event.Signal{
		Source: "webhook", Plan: event.PlanRef{ID: "1"},
		Alert: event.Alert{Status: status, Fingerprint: "node1", Labels: map[string]string{"alertname": "BackupFailed", "id": "1", "node": "1"}},
	}
}
