package queue_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"bellhop/internal/retry"
	"bellhop/router/queue"
)

var errDown = errors.New("connection refused")

func TestR12ADownFarEndIsTriedWithOneAndThenServesAll(t *testing.T) {
	inWorld(t, func(w *world) {
		fill(w, 6)
		lane := w.sends(func(context.Context, queue.Lease) (queue.Result, error) {
			if time.Since(w.begun) < 100*time.Second {
				return queue.Result{}, retry.Refused(errDown)
			}
			return queue.Result{}, nil
		})
		w.run(lane)
		time.Sleep(30 * time.Second)
		gates := w.pump.Gates()
		if len(gates) != 1 || !gates[0].OpensAt.Equal(w.begun.Add(31*time.Second)) || gates[0].Reason != errDown.Error() {
			t.Errorf("gates %+v, want the next trial after 31 s", gates)
		}
		time.Sleep(10 * time.Minute)
		if gates := w.pump.Gates(); !gates[0].OpensAt.IsZero() || gates[0].Reason != "" {
			t.Errorf("the gate is still shut: %+v", gates)
		}
		w.stop()
		// Four were in the air when it was found out; then one at a time, each its turn.
		w.calls("00@0", "01@0", "02@0", "03@0", "04@1", "05@3", "00@7", "01@15", "02@31", "03@63",
			"00@123", "01@123", "02@123", "03@123", "04@123", "05@123")
	})
}

func TestR12APauseThatWasAskedForIsKept(t *testing.T) {
	inWorld(t, func(w *world) {
		fill(w, 4)
		lane := w.sends(func(_ context.Context, l queue.Lease) (queue.Result, error) {
			switch {
			case l.ID == "00" && len(l.Attempts) == 0:
				return queue.Result{}, retry.Refused(retry.Down(time.Minute, errors.New("429")))
			case l.ID == "01":
				time.Sleep(5 * time.Second) // in the air; its success says nothing of the pause
			}
			return queue.Result{}, nil
		})
		lane.Workers = 2
		w.runFor(3*time.Minute, lane)
		w.calls("00@0", "01@0", "00@60", "02@60", "03@60")
	})
}

func TestR12AMessageThatIsToBlameHoldsUpNobody(t *testing.T) {
	inWorld(t, func(w *world) {
		lane := w.sends(func(_ context.Context, l queue.Lease) (queue.Result, error) {
			if l.ID == "bad" {
				panic("this message alone")
			}
			return queue.Result{}, nil
		})
		w.put("bad", "bad")
		w.run(lane)
		late := 0
		for i := range 100 {
			time.Sleep(3 * time.Second)
			id := fmt.Sprint(i)
			w.put(id, id)
			time.Sleep(3 * time.Second)
			if w.job(id).State != queue.Sent {
				late++
			}
		}
		w.stop()
		if late > 10 {
			t.Errorf("%d of 100 others were late", late)
		}
		if j := w.state("bad", queue.Queued); j.Tries < 4 || j.Tries > 12 {
			t.Errorf("tried %d times in 10 minutes", j.Tries)
		}
	})
}

func TestR12BrokenSettingsAreTriedAtOnceWhenTheyAreSetAnew(t *testing.T) {
	inWorld(t, func(w *world) {
		w.put("a", "k")
		lane := w.sends(func(context.Context, queue.Lease) (queue.Result, error) {
			return queue.Result{}, retry.Refused(retry.Broken(errors.New("invalid_auth: give a new token")))
		})
		w.run(lane)
		time.Sleep(400 * time.Second)
		if g := w.pump.Gates()[0]; !g.Misconfigured || !strings.Contains(g.Reason, "new token") {
			t.Errorf("gate %+v", g)
		}
		if !strings.Contains(w.logged(), "until somebody mends the settings") {
			t.Errorf("the log does not tell: %s", w.logged())
		}
		w.pump.Set([]queue.Lane{w.sends(good)})
		time.Sleep(time.Second)
		w.stop()
		w.calls("a@0", "a@300", "a@400")
		w.state("a", queue.Sent)
	})
}

func TestR12AnOldJobGetsOneLastAttempt(t *testing.T) {
	inWorld(t, func(w *world) {
		w.put("a", "k")
		w.put("b", "k")
		lane := w.sends(func(_ context.Context, l queue.Lease) (queue.Result, error) {
			if l.ID == "a" {
				return queue.Result{}, retry.After(20*time.Minute, errors.New("mailbox full"))
			}
			return queue.Result{}, nil
		})
		lane.GiveUp = 30 * time.Minute
		var died []queue.Job
		lane.Died = func(j queue.Job) queue.Step {
			died = append(died, j)
			return queue.Step{Set: []queue.Row{{Key: "died/" + j.ID, Value: []byte(j.Reason)}}}
		}
		w.runFor(2*time.Hour, lane)
		w.calls("a@0", "a@1200!", "a@2400!", "b@2400")
		const want = "given up after 30m: mailbox full"
		if j := w.state("a", queue.Dead); j.Reason != want || len(j.Attempts) != 3 {
			t.Errorf("%+v", j)
		}
		row, err := w.e.Get(w.Context(), "died/a")
		if err != nil || string(row.Value) != want || len(died) != 1 || died[0].State != queue.Dead {
			t.Errorf("row %q, error %v, died %+v", row.Value, err, died)
		}
	})
}

func TestR12AFailedTrialCountsForAllThatAreTooOld(t *testing.T) {
	inWorld(t, func(w *world) {
		fill(w, 450)
		lane := w.sends(func(context.Context, queue.Lease) (queue.Result, error) { return queue.Result{}, errDown })
		lane.GiveUp = time.Hour
		lane.Died = func(j queue.Job) queue.Step {
			return queue.Step{Set: []queue.Row{{Key: "died/" + j.ID, Value: []byte(j.Reason)}}}
		}
		w.run(lane)
		time.Sleep(30 * time.Minute)
		w.put("young", "young")
		time.Sleep(40 * time.Minute)
		w.stop()
		rows, err := w.e.Scan(w.Context(), queue.RowQuery{Prefix: "died/"})
		if err != nil || len(rows) != 450 {
			t.Errorf("%d died, error %v", len(rows), err)
		}
		w.state("young", queue.Queued)
		j := w.state("449", queue.Dead)
		if len(j.Attempts) != 0 || !strings.Contains(j.Reason, "given up after 1h: the far end is down: connection refused") {
			t.Errorf("%+v: it needed no attempt of its own", j)
		}
		if n := len(w.log); n > 100 {
			t.Errorf("%d attempts in 70 minutes", n)
		}
	})
}

func TestR21AClockThatIsSetBackKeepsNoGateShut(t *testing.T) {
	inWorld(t, func(w *world) {
		var jump atomic.Int64
		w.now = func() time.Time { return time.Now().Add(time.Duration(jump.Load())).Round(0) } // without a monotonic reading
		w.put("a", "k")
		lane := w.sends(func(_ context.Context, l queue.Lease) (queue.Result, error) {
			if len(l.Attempts) == 0 {
				return queue.Result{}, errDown
			}
			return queue.Result{}, nil
		})
		lane.Limit = retry.Limit{N: 10, Per: time.Minute, Burst: 1}
		w.run(lane)
		time.Sleep(500 * time.Millisecond)
		jump.Store(int64(-time.Hour))
		time.Sleep(time.Minute)
		w.stop()
		w.state("a", queue.Sent)
	})
}

func TestR20LanesComeAndGo(t *testing.T) {
	inWorld(t, func(w *world) {
		slow := w.sends(func(context.Context, queue.Lease) (queue.Result, error) {
			time.Sleep(10 * time.Second)
			return queue.Result{}, nil
		})
		slow.Limit = retry.Limit{N: 2, Per: time.Minute, Burst: 2}
		other := w.sends(good)
		other.Name = "to/b"
		fill(w, 5)
		w.putIn("to/b", "b", "b")
		w.run(slow)
		time.Sleep(time.Second)
		w.pump.Set([]queue.Lane{other}) // two are in the air; the rest of them parks
		time.Sleep(2 * time.Minute)
		w.state("00", queue.Sent)
		w.state("b", queue.Sent)
		w.state("02", queue.Queued)
		fast := w.sends(good)
		fast.Limit = slow.Limit
		w.pump.Set([]queue.Lane{fast, other}) // the name is back
		time.Sleep(5 * time.Minute)
		w.stop()
		w.paced(retry.Limit{N: 3, Per: time.Minute}, 6) // with the one of the other lane
		w.state("04", queue.Sent)
	})
}

func TestR20WhatIsSetWhileASendHangsTakesEffectAfterIt(t *testing.T) {
	inWorld(t, func(w *world) {
		w.put("a", "a")
		w.put("b", "b")
		slow := w.sends(func(context.Context, queue.Lease) (queue.Result, error) {
			time.Sleep(20 * time.Second)
			return queue.Result{}, nil
		})
		slow.Workers = 1
		w.run(slow)
		time.Sleep(time.Second)
		for range 3 {
			w.pump.Set([]queue.Lane{w.sends(good)})
		}
		time.Sleep(time.Minute)
		w.stop()
		w.calls("a@0", "b@20")
	})
}

func TestR20ALaneThatOverlapsGoesOnWhileASendHangs(t *testing.T) {
	inWorld(t, func(w *world) {
		w.put("a", "a")
		w.put("b", "b")
		slow := w.sends(func(context.Context, queue.Lease) (queue.Result, error) {
			time.Sleep(20 * time.Second)
			return queue.Result{}, nil
		})
		slow.Workers, slow.Overlaps = 1, true
		w.run(slow)
		time.Sleep(time.Second)
		next := w.sends(good)
		next.Overlaps = true
		w.pump.Set([]queue.Lane{next})
		time.Sleep(time.Minute)
		w.stop()
		w.calls("a@0", "b@1")
		w.state("a", queue.Sent)
		w.state("b", queue.Sent)
	})
}

func TestASkippedTrialLeavesTheGateToTheNext(t *testing.T) {
	inWorld(t, func(w *world) {
		fill(w, 3)
		n := 0
		lane := w.sends(func(_ context.Context, l queue.Lease) (queue.Result, error) {
			switch n++; {
			case n == 1:
				return queue.Result{}, retry.Refused(retry.Broken(errDown))
			case l.ID == "01":
				return queue.Result{}, retry.Skip(errors.New("not wanted"))
			case n == 3:
				return queue.Result{}, retry.Refused(retry.Broken(errDown))
			}
			return queue.Result{}, nil
		})
		lane.Workers = 1
		w.runFor(20*time.Minute, lane)
		w.calls("00@0", "01@300", "02@300", "00@600", "02@600")
	})
}

// TestR13TheLimitIsUsedInFull has a far end that answers 429 now and then. What is
// allowed is what the limit lets through while nobody asked for a pause.
func TestR13TheLimitIsUsedInFull(t *testing.T) {
	for _, limit := range []retry.Limit{{N: 120, Per: time.Minute, Burst: 10}, {N: 1, Per: time.Second, Burst: 1}} {
		t.Run(paceName(limit), func(t *testing.T) {
			inWorld(t, func(w *world) {
				n, paused := 0, time.Duration(0)
				lane := w.sends(func(context.Context, queue.Lease) (queue.Result, error) {
					w.mu.Lock()
					defer w.mu.Unlock()
					if n++; n%97 == 0 { // without a time: the gate's shortest pause
						paused += time.Second
						return queue.Result{}, retry.Refused(retry.Down(0, errors.New("429")))
					}
					if n%241 == 0 {
						paused += 15 * time.Second
						return queue.Result{}, retry.Refused(retry.Down(15*time.Second, errors.New("429")))
					}
					return queue.Result{}, nil
				})
				lane.Limit = limit
				fill(w, 1500)
				const length = 10 * time.Minute
				w.runFor(length, lane)
				w.paced(limit, len(w.log))
				allowed := float64(limit.N) * float64(length-paused) / float64(limit.Per)
				if used := float64(len(w.log)) / allowed; used < 0.99 {
					t.Errorf("%d sends of %.0f that were allowed: %.1f %%", len(w.log), allowed, 100*used)
				} else {
					t.Logf("%d sends of %.0f that were allowed: %.1f %%", len(w.log), allowed, 100*used)
				}
			})
		})
	}
}
