package queue_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"bellhop/internal/retry"
	"bellhop/router/queue"
)

func TestStoppingKeepsTheRestAndLetsTheAirClear(t *testing.T) {
	inWorld(t, func(w *world) {
		for _, id := range []string{"quick", "slow", "rest"} {
			w.put(id, id)
		}
		lane := w.sends(func(ctx context.Context, l queue.Lease) (queue.Result, error) {
			d := 3 * time.Second
			if l.ID == "slow" && !l.Heard {
				d = time.Hour
			}
			select {
			case <-time.After(d):
				return queue.Result{}, nil
			case <-ctx.Done():
				return queue.Result{}, ctx.Err()
			}
		})
		lane.Workers = 2
		w.runFor(time.Second, lane)
		if took := time.Since(w.begun); took != time.Second+w.grace {
			t.Errorf("stopped after %s, want the second and the grace", took)
		}
		w.calls("quick@0", "slow@0")
		w.state("quick", queue.Sent)
		if rest := w.state("rest", queue.Queued); !rest.Begun.IsZero() || len(rest.Attempts) != 0 {
			t.Errorf("%+v", rest)
		}
		if slow := w.state("slow", queue.Queued); slow.Begun.IsZero() || len(slow.Attempts) != 0 || slow.Tries != 0 {
			t.Errorf("%+v, want begun and without an end", slow)
		}
		w.closeEngine()
		w.openEngine()
		w.runFor(time.Minute, lane)
		w.calls("quick@0", "slow@0", "rest@6", "slow@6!")
		w.state("slow", queue.Sent)
		w.state("rest", queue.Sent)
	})
}

func TestStoppingAnIdlePumpTakesNoTime(t *testing.T) {
	inWorld(t, func(w *world) {
		lane := w.sends(good)
		lane.Limit = retry.Limit{N: 1, Per: time.Hour}
		w.put("a", "a")
		w.put("b", "b") // waits for the limit
		w.runFor(time.Second, lane, queue.Lane{Name: "idle", Handler: handler(good)})
		if took := time.Since(w.begun); took != time.Second {
			t.Errorf("stopped after %s", took)
		}
		w.state("b", queue.Queued)
	})
}

func TestAnEndIsWrittenAgainWhileTheDiskFails(t *testing.T) {
	inWorld(t, func(w *world) {
		w.put("a", "k")
		f := &flaky{Engine: w.e, fail: map[string]int{"wait to/a": 2, "begin": 3, "do": 5, "jobs": 1}}
		w.e = f
		lane := w.sends(good)
		lane.Limit = retry.Limit{N: 1, Per: time.Second}
		w.runFor(time.Minute, lane)
		if len(w.log) != 1 {
			t.Errorf("sent %d times", len(w.log))
		}
		w.state("a", queue.Sent)
		if !strings.Contains(w.logged(), errDisk.Error()) {
			t.Errorf("the log does not tell: %s", w.logged())
		}
	})
}

func TestNothingIsSentWhileItsBeginningCannotBeNoted(t *testing.T) {
	inWorld(t, func(w *world) {
		w.put("a", "k")
		w.e = &flaky{Engine: w.e, fail: map[string]int{"begin": 1 << 30}}
		w.runFor(time.Hour, w.sends(good))
		w.calls()
		w.state("a", queue.Queued)
	})
}

func TestR13TroubleWithTheDiskDoesNotMakeALaneFaster(t *testing.T) {
	inWorld(t, func(w *world) {
		lane := w.sends(good)
		lane.Limit = retry.Limit{N: 4, Per: time.Minute, Burst: 4}
		lane.Workers = 20
		fill(w, 20)
		f := &flaky{Engine: w.e, fail: map[string]int{"begin": 6, "do": 60}}
		w.e = f
		w.runFor(20*time.Minute, lane)
		w.paced(lane.Limit, 20)
	})
}

func TestALaneInTroubleHoldsUpNoOther(t *testing.T) {
	inWorld(t, func(w *world) {
		w.e = &flaky{Engine: w.e, fail: map[string]int{"wait broken": 1 << 30}}
		hangs := queue.Lane{Name: "hangs", Handler: handler(func(ctx context.Context, _ queue.Lease) (queue.Result, error) {
			<-ctx.Done()
			return queue.Result{}, ctx.Err()
		})}
		for _, lane := range []string{"broken", "hangs", "to/a"} {
			w.putIn(lane, "job of "+lane, "k")
		}
		w.runFor(time.Second, hangs, w.sends(good), queue.Lane{Name: "broken", Handler: handler(good)})
		w.state("job of to/a", queue.Sent)
		w.state("job of broken", queue.Queued)
	})
}

func TestRunEndsWhenTheEngineIsClosed(t *testing.T) {
	inWorld(t, func(w *world) {
		p := queue.NewPump(w.e, []queue.Lane{w.sends(good)}, queue.PumpOptions{Now: time.Now})
		done := make(chan error, 1)
		go func() { done <- p.Run(w.Context()) }()
		time.Sleep(time.Second)
		w.closeEngine()
		if err := <-done; !errors.Is(err, queue.ErrClosed) {
			t.Errorf("run: %v, want %v", err, queue.ErrClosed)
		}
	})
}
