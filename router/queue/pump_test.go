package queue_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"bellhop/internal/retry"
	"bellhop/router/queue"
)

func TestR11AKeyGoesOutOneAtATimeAndInOrder(t *testing.T) {
	inWorld(t, func(w *world) {
		var mu sync.Mutex
		busy, seen, most := map[string]bool{}, map[string]int{}, 0
		lane := w.sends(func(_ context.Context, l queue.Lease) (queue.Result, error) {
			mu.Lock()
			if busy[l.Key] {
				t.Errorf("key %s has two jobs out at once", l.Key)
			}
			busy[l.Key] = true
			most = max(most, len(busy))
			if want := fmt.Sprintf("%s/%d", l.Key, seen[l.Key]); l.ID != want {
				t.Errorf("%s went out, want %s", l.ID, want)
			}
			mu.Unlock()
			time.Sleep(rand.N(10 * time.Second))
			mu.Lock()
			defer mu.Unlock()
			delete(busy, l.Key)
			if rand.N(3) == 0 {
				return queue.Result{}, errors.New("not now")
			}
			seen[l.Key]++
			return queue.Result{}, nil
		})
		for i := range 10 {
			for _, key := range []string{"a", "b", "c", "d", "e", "f"} {
				w.put(fmt.Sprintf("%s/%d", key, i), key)
			}
		}
		w.runFor(6*time.Hour, lane)
		for key, n := range seen {
			if n != 10 {
				t.Errorf("%d jobs of key %s went out", n, key)
			}
		}
		if most != lane.Workers {
			t.Errorf("at most %d at a time, want all %d workers", most, lane.Workers)
		}
	})
}

func TestR12Verdicts(t *testing.T) {
	boom := errors.New("boom")
	for _, c := range []struct {
		name  string
		err   error
		calls []string // until the third succeeds
		tries int
	}{
		{"unmarked closes the gate, longer each time", boom, []string{"a@0", "a@1!", "a@3!"}, 2},
		{"down closes it for as long as was asked", retry.Down(7*time.Second, boom), []string{"a@0", "a@7!", "a@14!"}, 2},
		{"broken tries every five minutes", retry.Broken(boom), []string{"a@0", "a@300!", "a@600!"}, 2},
		{"what was refused was not heard", retry.Refused(retry.Down(0, boom)), []string{"a@0", "a@1", "a@3"}, 2},
		{"later is believed and is no failure", retry.After(7*time.Second, boom), []string{"a@0", "a@7!", "a@14!"}, 0},
		{"what was refused for now was put off and not heard", retry.Refused(retry.After(0, boom)), []string{"a@0", "a@5", "a@15"}, 2},
		{"broken is not merely put off", retry.Refused(retry.Broken(boom)), []string{"a@0", "a@300", "a@600"}, 2},
		{"later without a time waits longer each time", retry.After(0, boom), []string{"a@0", "a@5!", "a@15!"}, 2},
		{"permanent is dead", fmt.Errorf("send: %w", retry.Permanent(boom)), []string{"a@0"}, 0},
		{"there was nothing to do", fmt.Errorf("send: %w", retry.Skip(boom)), []string{"a@0"}, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				n := 0
				w.put("a", "k")
				w.runFor(time.Hour, w.sends(func(context.Context, queue.Lease) (queue.Result, error) {
					if n++; n < 3 {
						return queue.Result{Status: "500"}, c.err
					}
					return queue.Result{Status: "202"}, nil
				}))
				w.calls(c.calls...)
				j := w.job("a")
				if retry.Of(c.err).Verdict == retry.Needless {
					if j = w.state("a", queue.Skipped); j.Reason != c.err.Error() || j.Heard || j.Attempts[0].Error != "" {
						t.Errorf("got %+v", j)
					}
					w.observed("to/a skipped 0s")
					return
				}
				if first := j.Attempts[0]; first.Error != c.err.Error() || first.Status != "500" || !first.At.Equal(w.begun) {
					t.Errorf("first attempt %+v", first)
				}
				if asked := retry.Of(c.err); j.Attempts[0].Deferred != (asked.Refused && asked.Verdict == retry.Later) {
					t.Errorf("first attempt %+v", j.Attempts[0])
				}
				if j.Tries != c.tries || len(j.Attempts) != len(c.calls) {
					t.Errorf("%d tries, %d attempts", j.Tries, len(j.Attempts))
				}
				if len(c.calls) == 1 {
					if w.state("a", queue.Dead).Reason != c.err.Error() {
						t.Errorf("reason %q", j.Reason)
					}
					w.observed("to/a dead 0s")
					return
				}
				if last := w.state("a", queue.Sent).Attempts[2]; last.Error != "" || last.Status != "202" {
					t.Errorf("last attempt %+v", last)
				}
				w.observed("to/a retried 0s", "to/a retried 0s", "to/a sent 0s")
			})
		})
	}
}

func TestR12AKeyThatIsPutOffDelaysItselfAlone(t *testing.T) {
	inWorld(t, func(w *world) {
		w.put("bad 1", "bad")
		w.put("bad 2", "bad")
		w.put("good 1", "good")
		w.put("good 2", "good")
		lane := w.sends(func(_ context.Context, l queue.Lease) (queue.Result, error) {
			if l.Key == "bad" {
				return queue.Result{}, retry.After(0, errors.New("greylisted"))
			}
			return queue.Result{}, nil
		})
		lane.Workers = 1
		w.runFor(4*time.Second, lane)
		w.calls("bad 1@0", "good 1@0", "good 2@0")
	})
}

func TestR13ALaneKeepsItsPace(t *testing.T) {
	inWorld(t, func(w *world) {
		lane := w.sends(good)
		lane.Limit = retry.Limit{N: 10, Per: time.Minute, Burst: 3}
		fill(w, 30)
		w.runFor(10*time.Minute, lane)
		w.paced(lane.Limit, 30)
		if last := w.log[29].at; last > 3*time.Minute {
			t.Errorf("the last of 30 went after %s", last)
		}
		if w.obs[3] != "to/a waited 6s" {
			t.Errorf("after the burst observed %q", w.obs[3])
		}
	})
}

func TestR13ARestartRefillsTheLimiter(t *testing.T) {
	inWorld(t, func(w *world) {
		lane := w.sends(func(ctx context.Context, l queue.Lease) (queue.Result, error) {
			if l.ID == "06" && !l.Heard { // is in the air when the pump stops
				<-ctx.Done()
				return queue.Result{}, ctx.Err()
			}
			return queue.Result{}, nil
		})
		lane.Limit = retry.Limit{N: 10, Per: time.Minute, Burst: 10}
		lane.Workers = 20
		fill(w, 30)
		for range 6 {
			w.runFor(7*time.Second, lane)
			w.closeEngine()
			w.openEngine()
		}
		w.runFor(10*time.Minute, lane)
		w.paced(lane.Limit, 31)
	})
}

func fill(w *world, n int) {
	w.Helper()
	for i := range n {
		w.put(fmt.Sprintf("%02d", i), fmt.Sprint(i))
	}
}

// paced checks all sends against a limit.
func (w *world) paced(l retry.Limit, n int) {
	w.Helper()
	if len(w.log) != n {
		w.Fatalf("%d sends, want %d", len(w.log), n)
	}
	var at []time.Time
	for _, s := range w.log {
		at = append(at, start.Add(s.at))
	}
	checkWindows(w.T, l, at)
}

func TestASendIsMarkedBeforeItBeginsAndALookIsNot(t *testing.T) {
	for marks, lane := range map[bool]func(*world, func(context.Context, queue.Lease) (queue.Result, error)) queue.Lane{
		true: (*world).sends, false: (*world).looks,
	} {
		inWorld(t, func(w *world) {
			w.put("a", "k")
			w.runFor(time.Second, lane(w, func(context.Context, queue.Lease) (queue.Result, error) {
				if begun := !w.job("a").Begun.IsZero(); begun != marks {
					t.Errorf("marks %t: begun %t", marks, begun)
				}
				return queue.Result{}, nil
			}))
			j := w.state("a", queue.Sent)
			if kept := len(j.Attempts) == 1; kept != marks || !j.Begun.IsZero() {
				t.Errorf("marks %t: %+v", marks, j)
			}
		})
	}
}

func TestALookThatIsNotFinishedComesAgainAndIsNoFailure(t *testing.T) {
	inWorld(t, func(w *world) {
		w.put("a", "k")
		w.runFor(time.Minute, w.looks(func(_ context.Context, l queue.Lease) (queue.Result, error) {
			set := queue.Step{Set: []queue.Row{{Key: "seen", Value: []byte(l.ID)}}}
			return queue.Result{Step: set, Again: time.Now().Add(40 * time.Second)}, nil
		}))
		w.calls("a@0", "a@40")
		if j := w.state("a", queue.Queued); j.Tries != 0 || len(j.Attempts) != 0 {
			t.Errorf("%+v", j)
		}
		w.observed("to/a again 0s", "to/a again 0s")
		if row, err := w.e.Get(w.Context(), "seen"); err != nil || string(row.Value) != "a" {
			t.Errorf("row %+v, error %v", row, err)
		}
	})
}

func TestALookWhoseRowsChangedIsDoneAnewAtOnce(t *testing.T) {
	inWorld(t, func(w *world) {
		w.put("a", "k")
		n := 0
		w.runFor(10*time.Second, w.looks(func(ctx context.Context, _ queue.Lease) (queue.Result, error) {
			s := queue.Step{Guard: []queue.Row{{Key: "row", Rev: 99}}}
			if n++; n == 8 { // five at once, a pause, three at once
				s.Guard = nil
			}
			return queue.Result{Step: s}, nil
		}))
		w.calls("a@0", "a@0", "a@0", "a@0", "a@0", "a@1", "a@1", "a@1")
		w.state("a", queue.Sent)
	})
}

func TestASendWhoseStepDoesNotFitIsNotSentTwice(t *testing.T) {
	for name, s := range map[string]queue.Step{
		"changed": {Guard: []queue.Row{{Key: "row", Rev: 99}}},
		"invalid": {Set: []queue.Row{{Key: "", Value: []byte("x")}}},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				w.put("a", "k")
				w.runFor(time.Hour, w.sends(func(context.Context, queue.Lease) (queue.Result, error) {
					return queue.Result{Step: s}, nil
				}))
				w.calls("a@0")
				w.state("a", queue.Sent)
				w.observed("to/a sent 0s")
				if !strings.Contains(w.logged(), "without what it wanted to be remembered") {
					t.Errorf("the log does not tell: %s", w.logged())
				}
			})
		})
	}
}

func TestALookWithAnInvalidStepFailsLaterEachTime(t *testing.T) {
	inWorld(t, func(w *world) {
		w.put("a", "k")
		w.runFor(16*time.Second, w.looks(func(context.Context, queue.Lease) (queue.Result, error) {
			return queue.Result{Step: queue.Step{Put: []queue.Job{{}}}}, nil
		}))
		w.calls("a@0", "a@5", "a@15")
		if j := w.state("a", queue.Queued); j.Tries != 3 || !strings.Contains(j.Attempts[0].Error, "it has no id") {
			t.Errorf("%+v", j)
		}
	})
}

func TestAPanicIsAnErrorOfItsJob(t *testing.T) {
	inWorld(t, func(w *world) {
		w.put("a", "k")
		w.put("b", "l")
		w.runFor(6*time.Second, w.sends(func(_ context.Context, l queue.Lease) (queue.Result, error) {
			if l.ID == "a" && l.Tries == 0 {
				panic("index out of range")
			}
			return queue.Result{}, nil
		}))
		j := w.state("a", queue.Sent)
		w.state("b", queue.Sent)
		if j.Tries != 1 || j.Attempts[0].Error != "panic: index out of range" {
			t.Errorf("%+v", j)
		}
		if log := w.logged(); !strings.Contains(log, "pump_test.go") {
			t.Errorf("the log holds no stack: %s", log)
		}
	})
}

func TestAHandlerIsEndedWhenItsTimeIsUp(t *testing.T) {
	inWorld(t, func(w *world) {
		w.put("a", "k")
		lane := w.sends(func(ctx context.Context, l queue.Lease) (queue.Result, error) {
			if l.Tries == 0 {
				<-ctx.Done()
				return queue.Result{}, fmt.Errorf("send: %w", ctx.Err())
			}
			return queue.Result{}, nil
		})
		lane.Timeout = 30 * time.Second
		w.runFor(time.Minute, lane)
		w.calls("a@0", "a@31!")
		if a := w.state("a", queue.Sent).Attempts[0]; a.Took != 30*time.Second || !strings.Contains(a.Error, "deadline exceeded") {
			t.Errorf("%+v", a)
		}
	})
}

func TestALeaseLastsAsLongAsItsTurn(t *testing.T) {
	inWorld(t, func(w *world) {
		w.put("a", "k")
		lane := w.sends(func(context.Context, queue.Lease) (queue.Result, error) {
			time.Sleep(10 * queue.LeaseFor)
			return queue.Result{}, nil
		})
		w.runFor(time.Hour, lane)
		w.calls("a@0")
		w.state("a", queue.Sent)
	})
}

func TestWhoLosesHisLeaseStops(t *testing.T) {
	inWorld(t, func(w *world) {
		w.put("a", "k")
		w.e = &flaky{Engine: w.e, fail: map[string]int{"extend": 1}}
		w.runFor(5*time.Minute, w.sends(func(ctx context.Context, l queue.Lease) (queue.Result, error) {
			if l.Heard {
				return queue.Result{}, nil
			}
			<-ctx.Done()
			return queue.Result{}, context.Cause(ctx)
		}))
		w.calls("a@0", "a@60!") // ended when Extend found out, leased when the time was up
		if j := w.state("a", queue.Sent); len(j.Attempts) != 1 {
			t.Errorf("%+v: a turn that lost its lease has no say", j)
		}
		if !strings.Contains(w.logged(), queue.ErrLeaseLost.Error()) {
			t.Errorf("the log does not tell: %s", w.logged())
		}
	})
}

func TestAnAttemptKeepsAReadablePieceOfALongError(t *testing.T) {
	inWorld(t, func(w *world) {
		w.put("a", "k")
		w.runFor(time.Second, w.sends(func(context.Context, queue.Lease) (queue.Result, error) {
			return queue.Result{Status: "bad \xff byte"}, retry.Permanent(errors.New("x" + strings.Repeat("é", 5000)))
		}))
		a := w.state("a", queue.Dead).Attempts[0]
		if len(a.Error) > 1000 || len(a.Error) < 990 || !utf8.ValidString(a.Error) || !strings.HasSuffix(a.Error, "é…") {
			t.Errorf("%d bytes: %q", len(a.Error), a.Error)
		}
		if a.Status != "bad \uFFFD byte" {
			t.Errorf("status %q", a.Status)
		}
	})
}
