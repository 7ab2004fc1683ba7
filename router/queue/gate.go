package queue

import (
	"context"
	"sync"
	"time"

	"bellhop/internal/retry"
)

// gate keeps a lane shut while its far end is down or its settings are wrong
// (R12). While it is shut nothing is leased, so that what waits may still be joined
// or superseded; when its time has come one job goes through as a trial, and what
// becomes of it opens the gate or keeps it shut for longer.
type gate struct {
	lane   string
	clock  *Clock
	random func() float64

	mu       sync.Mutex
	shut     bool
	mend     bool      // shut until somebody mends the settings
	until    time.Time // of the next trial, by the clock's own time
	trying   bool      // a trial is under way
	closings int       // in a row
	reason   string
	served   time.Time     // when the far end last took a message, or refused one for what it is, by the wall clock
	moved    chan struct{} // closed when the state changes
}

func newGate(lane string, clock *Clock, random func() float64) *gate {
	return &gate{lane: lane, clock: clock, random: random, moved: make(chan struct{})}
}

// pass waits until a job may be leased. Trial is true when it is the one that goes
// through a gate that is shut; then settle or abandon has to follow.
func (g *gate) pass(ctx context.Context) (trial bool, err error) {
	for {
		wait, trial, moved := g.ask()
		if wait == 0 {
			return trial, nil
		}
		if err := sleepOr(ctx, wait, moved); err != nil {
			return false, err
		}
	}
}

// ask is how long to wait; 0: a job may go.
func (g *gate) ask() (wait time.Duration, trial bool, moved <-chan struct{}) {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch wait = g.until.Sub(g.clock.Own()); {
	case !g.shut:
		return 0, false, nil
	case g.trying:
		return forever, false, g.moved
	case wait > 0:
		return wait, false, g.moved
	}
	g.trying = true
	return 0, true, nil
}

// forever is a wait that something else ends.
const forever = time.Duration(1<<63 - 1)

// abandon ends a trial for which there was no job.
func (g *gate) abandon() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.trying = false
	g.move()
}

// settle lets the gate know what became of a turn. It is true when a trial failed.
func (g *gate) settle(trial bool, j retry.Judgement, err error) (failed bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	defer g.move()
	if trial {
		g.trying = false
	}
	down := err != nil && (j.Verdict == retry.Away || j.Verdict == retry.Misconfigured)
	if !down {
		g.served, _ = g.clock.Read()
		if trial || !g.shut { // one that was in the air does not open what shut meanwhile
			g.shut, g.mend, g.closings, g.reason = false, false, 0, ""
		}
		return false
	}
	g.close(trial, j)
	g.reason = bounded(err.Error())
	return trial
}

// close shuts the gate, or keeps it shut for longer. Turns that were in the air
// together count as one, but a longer pause that one of them was asked for is kept.
func (g *gate) close(trial bool, j retry.Judgement) {
	fresh := trial || !g.shut
	g.shut, g.mend = true, j.Verdict == retry.Misconfigured
	wait := j.Wait
	switch {
	case g.mend:
		wait = retry.MendEvery
	case fresh:
		g.closings++
		if wait == 0 {
			wait = retry.Gate().Delay(g.closings, g.random())
		}
	}
	until := g.clock.Own().Add(wait)
	if fresh || until.After(g.until) {
		g.until = until
	}
}

// suspects tells whether a message that failed is to blame by itself: the far end
// has served others since it was last tried.
func (g *gate) suspects(j Job) bool {
	if len(j.Attempts) == 0 {
		return false
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.served.After(j.Attempts[len(j.Attempts)-1].At)
}

// state is what is to be seen from outside.
func (g *gate) state() Gate {
	g.mu.Lock()
	defer g.mu.Unlock()
	s := Gate{Lane: g.lane}
	if !g.shut {
		return s
	}
	wall, own := g.clock.Read()
	s.OpensAt = wall.Add(max(g.until.Sub(own), 0))
	s.Misconfigured, s.Reason = g.mend, g.reason
	return s
}

func (g *gate) move() {
	close(g.moved)
	g.moved = make(chan struct{})
}

// sleepOr sleeps until d has passed or moved is closed.
func sleepOr(ctx context.Context, d time.Duration, moved <-chan struct{}) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-moved:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
