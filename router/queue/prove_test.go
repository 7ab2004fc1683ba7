package queue_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"bellhop/internal/retry"
	"bellhop/router/queue"
)

// proved is a lane of sends that is proved so.
func (w *world) proved(prove func(context.Context) error) queue.Lane {
	l := w.sends(good)
	l.Prove = prove
	l.Timeout = 10 * time.Second
	return l
}

func TestR15ALaneIsProvedBeforeItsFirstJobAtItsPace(t *testing.T) {
	inWorld(t, func(w *world) {
		for _, id := range []string{"a", "b", "c"} {
			w.put(id, id)
		}
		var at []time.Duration
		l := w.proved(func(context.Context) error { at = append(at, time.Since(w.begun)); return nil })
		l.Limit = retry.Limit{N: 1, Per: time.Minute, Burst: 1}
		w.runFor(130*time.Second, l)
		if len(at) != 1 || at[0] != 0 {
			t.Errorf("proved at %v", at)
		}
		w.calls("a@60", "b@120")
	})
}

func TestR15WhatIsFoundWrongShutsTheGateUntilSomebodyMendsIt(t *testing.T) {
	inWorld(t, func(w *world) {
		w.put("a", "a")
		wrong := func(context.Context) error { return retry.Broken(errors.New("invalid routing key")) }
		w.run(w.proved(wrong))
		defer func() { w.stop() }()
		time.Sleep(retry.MendEvery - time.Second)
		w.calls()
		if g := w.pump.Gates(); len(g) != 1 || !g[0].Misconfigured || g[0].Reason != "invalid routing key" {
			t.Fatalf("the gates are %+v", g)
		}
		time.Sleep(2 * time.Second) // the trial
		w.calls("a@300")
		if g := w.pump.Gates(); !g[0].OpensAt.IsZero() {
			t.Errorf("the gates are %+v", g)
		}
		w.pump.Set([]queue.Lane{w.proved(wrong)}) // a reload asks anew
		synctest.Wait()
		if g := w.pump.Gates(); len(g) != 1 || !g[0].Misconfigured {
			t.Errorf("after a reload: %+v", g)
		}
	})
}

func TestR15AProofThatHangsHoldsUpNoStopAndItsLaneNoLongerThanItsTime(t *testing.T) {
	inWorld(t, func(w *world) {
		w.put("a", "a")
		hangs := func(ctx context.Context) error { <-ctx.Done(); return nil }
		w.run(w.proved(hangs))
		time.Sleep(time.Second)
		began := time.Now()
		w.stop()
		if took := time.Since(began); took != 0 {
			t.Errorf("the stop took %v", took)
		}
		w.begun = time.Now()
		w.runFor(time.Minute, w.proved(hangs))
		w.calls("a@10")
	})
}
