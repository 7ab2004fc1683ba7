package queue

import (
	"context"
	"sync"
)

// slot is where lanes of one name run, one after the other as they are described
// anew.
type slot struct {
	mu     sync.Mutex
	want   Lane
	wanted bool
	fresh  bool               // want was not begun yet
	stop   context.CancelFunc // ends the leasing of the lane that runs
	lane   *lane              // that runs
	busy   bool               // run is at work
}

// set describes the lane anew; it stops leasing as it was.
func (s *slot) set(l Lane, wanted bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.want, s.wanted, s.fresh = l, wanted, true
	if s.stop != nil {
		s.stop()
	}
}

// begin is true when run has to be called.
func (s *slot) begin() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.busy || !s.wanted || !s.fresh {
		return false
	}
	s.busy = true
	return true
}

func (s *slot) running() *lane {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.lane
}

// run runs the lane as it is described at the time, until ctx ends or it is no
// longer wanted.
func (s *slot) run(ctx, air context.Context, e Engine, o PumpOptions) error {
	var old sync.WaitGroup // lanes whose turns are still in the air
	defer old.Wait()
	for {
		l, leasing := s.next(ctx, e, o)
		if l == nil {
			return nil
		}
		if l.Marks && !l.Overlaps {
			old.Wait()
		}
		err := l.lease(leasing, air)
		old.Go(l.turns.Wait)
		if err != nil {
			return err
		}
	}
}

// next makes the lane that is wanted now; nil: none is, or ctx has ended.
func (s *slot) next(ctx context.Context, e Engine, o PumpOptions) (*lane, context.Context) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stop != nil {
		s.stop()
	}
	s.stop, s.lane = nil, nil
	if ctx.Err() != nil || !s.wanted || !s.fresh {
		s.busy = false
		return nil, nil
	}
	leasing, stop := context.WithCancel(ctx)
	s.stop, s.fresh = stop, false
	s.lane = newLane(e, s.want, o)
	return s.lane, leasing
}
