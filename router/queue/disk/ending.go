package disk

import (
	"bytes"
	"fmt"
	"time"

	"bellhop/router/queue"
)

// end takes a job out of its lane, keeps its record or not, puts what was to be
// done once more, and lets the next of its key come forward.
func (s store) end(r *record, state queue.State, keep bool, own time.Time) error {
	if err := s.retire(r); err != nil {
		return err
	}
	next := r.Next
	if !r.Begun.IsZero() {
		r.Heard = true
	}
	r.State, r.Next, r.Begun, r.Ended = state, nil, time.Time{}, s.wall
	if err := s.settle(r, keep); err != nil {
		return err
	}
	if next != nil {
		if err := s.follow(r, next, keep, own); err != nil {
			return err
		}
	}
	return s.promote(r.Lane, r.Key, own)
}

// retire takes a waiting job out of all that knows it as waiting.
func (s store) retire(r *record) error {
	if err := s.unfile(r); err != nil {
		return err
	}
	if err := s.remove(inOrder, orderKey(r.Lane, r.Key, r.Seq)); err != nil {
		return err
	}
	if err := s.unlist(r); err != nil {
		return err
	}
	return s.count(r.Lane, -1, 0)
}

// settle keeps the record of a job that ended, or removes it.
func (s store) settle(r *record, keep bool) error {
	if !keep {
		return s.forget(r)
	}
	if err := s.list(r); err != nil {
		return err
	}
	if r.State == queue.Dead {
		if err := s.count(r.Lane, 0, 1); err != nil {
			return err
		}
	}
	return s.save(r)
}

// release lets a dead job go; its record stays.
func (s store) release(r *record) error {
	if err := s.unlist(r); err != nil {
		return err
	}
	if err := s.count(r.Lane, 0, -1); err != nil {
		return err
	}
	r.State = queue.Dropped
	if err := s.list(r); err != nil {
		return err
	}
	return s.save(r)
}

// forget removes a record; an older one of the same id, if kept, speaks for it again.
func (s store) forget(r *record) error {
	if err := s.remove(inJobs, number(r.Seq)); err != nil {
		return err
	}
	if newest := s.in(inIDs).Get([]byte(r.ID)); !bytes.Equal(newest, number(r.Seq)) {
		return nil
	}
	if r.Former != 0 {
		return s.write(inIDs, []byte(r.ID), number(r.Former))
	}
	return s.remove(inIDs, []byte(r.ID))
}

// follow adds what was put while r was leased. It keeps its place in the order
// of r's key; under another key it comes last, behind what may be leased there.
func (s store) follow(r, next *record, kept bool, own time.Time) error {
	next.Former = r.Former
	if kept {
		next.Former = r.Seq
	}
	if next.Lane != r.Lane || next.Key != r.Key {
		seq, err := s.nextNumber(inJobs)
		if err != nil {
			return err
		}
		next.Seq = seq
	}
	return s.add(next, own)
}

// promote files the first job of a key, which nothing blocks any more.
func (s store) promote(lane, key string, own time.Time) error {
	seq, ok := s.first(lane, key)
	if !ok {
		return nil
	}
	r, err := s.load(seq)
	if err != nil {
		return err
	}
	if r == nil {
		return fmt.Errorf("job %d stands in the order of key %.40q but is not there", seq, key)
	}
	if r.cap(own) {
		if err := s.save(r); err != nil {
			return err
		}
	}
	return s.file(r)
}
