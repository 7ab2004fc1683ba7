package queue_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"bellhop/internal/retry"
	"bellhop/router/queue"
)

var start = time.Date(2026, 3, 1, 2, 0, 0, 0, time.UTC)

var paces = []retry.Limit{
	{N: 1, Per: time.Second},
	{N: 10, Per: time.Second, Burst: 10},
	{N: 30, Per: time.Minute},
	{N: 120, Per: time.Minute, Burst: 10},
	{N: 7, Per: 3 * time.Second, Burst: 3},
	{N: 3, Per: 7 * time.Second, Burst: 99},
}

func paceName(l retry.Limit) string { return fmt.Sprintf("%d per %s burst %d", l.N, l.Per, l.Burst) }

// drive sends whatever arrives as soon as the limiter allows it.
func drive(l *queue.Limiter, arrivals []time.Time) (sent []time.Time) {
	now := start
	for _, at := range arrivals {
		if at.After(now) {
			now = at
		}
		for d := l.Delay(now); d > 0; d = l.Delay(now) {
			now = now.Add(d)
		}
		l.Take(now)
		sent = append(sent, now)
	}
	return sent
}

// checkWindows fails when a window of Per, wherever it begins, holds more than N.
func checkWindows(t *testing.T, l retry.Limit, sent []time.Time) {
	t.Helper()
	for i := l.N; i < len(sent); i++ {
		if d := sent[i].Sub(sent[i-l.N]); d < l.Per {
			t.Fatalf("%d sends within %s, the last at %s", l.N+1, d, sent[i].Sub(start))
		}
	}
}

// randomly makes arrivals that come in lulls and rushes.
func randomly(r *rand.Rand, l retry.Limit) []time.Time {
	at := start
	var out []time.Time
	for range 40 {
		at = at.Add(time.Duration(r.Int64N(2 * int64(l.Per))))
		rush := r.IntN(3*l.N + 1)
		for range rush {
			at = at.Add(time.Duration(r.ExpFloat64() * float64(l.Per) / float64(l.N) * r.Float64()))
			out = append(out, at)
		}
	}
	return out
}

func TestR13NeverMoreThanNInAnyWindow(t *testing.T) {
	for _, l := range paces {
		t.Run(paceName(l), func(t *testing.T) {
			for seed := range uint64(50) {
				r := rand.New(rand.NewPCG(seed, 13))
				checkWindows(t, l, drive(queue.NewLimiter(l, nil), randomly(r, l)))
			}
		})
	}
}

func TestR13ABusyLaneUsesWhatIsAllowed(t *testing.T) {
	const windows = 200
	for _, l := range paces {
		t.Run(paceName(l), func(t *testing.T) {
			r := rand.New(rand.NewPCG(1, 13))
			lim := queue.NewLimiter(l, nil)
			before := drive(lim, randomly(r, l)) // an unruly past
			begin := before[len(before)-1]
			sent := drive(lim, repeat(begin, windows*l.N+len(before)))
			used := 0
			for _, at := range sent {
				if at.After(begin) && at.Before(begin.Add(windows*l.Per)) {
					used++
				}
			}
			if want := windows * l.N * 99 / 100; used < want {
				t.Errorf("%d sends in %d windows of %d, want at least %d", used, windows, l.N, want)
			}
		})
	}
}

func TestR13SpacingLetsOnlyABurstGoAtOnce(t *testing.T) {
	l := retry.Limit{N: 60, Per: time.Minute, Burst: 5}
	sent := drive(queue.NewLimiter(l, nil), make([]time.Time, 8))
	for i, want := range []time.Duration{0, 0, 0, 0, 0, time.Second, 2 * time.Second, 3 * time.Second} {
		if got := sent[i].Sub(start).Round(time.Millisecond); got != want {
			t.Errorf("send %d went after %s, want %s", i, got, want)
		}
	}
}

func TestR13ALimiterRefilledFromTheLogGoesOnWhereItStood(t *testing.T) {
	for _, l := range paces {
		t.Run(paceName(l), func(t *testing.T) {
			r := rand.New(rand.NewPCG(7, 13))
			before := drive(queue.NewLimiter(l, nil), make([]time.Time, 3*l.N/2))
			log := append([]time.Time(nil), before...)
			r.Shuffle(len(log), func(i, j int) { log[i], log[j] = log[j], log[i] })
			restarted := before[len(before)-1].Add(time.Millisecond)
			sent := drive(queue.NewLimiter(l, log), repeat(restarted, 3*l.N))
			checkWindows(t, l, append(before, sent...))
		})
	}
}

func repeat(at time.Time, n int) []time.Time {
	out := make([]time.Time, n)
	for i := range out {
		out[i] = at
	}
	return out
}

func TestR13NoLimitNeverWaits(t *testing.T) {
	for _, l := range []retry.Limit{{}, {N: 5}, {Per: time.Second}} {
		lim := queue.NewLimiter(l, repeat(start, 100))
		for range 1000 {
			lim.Take(start)
		}
		if d := lim.Delay(start); d != 0 {
			t.Errorf("limit %+v waits %s", l, d)
		}
	}
}
