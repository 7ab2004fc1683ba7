package disk

import (
	"context"
	"time"

	"bellhop/router/queue"
)

// Do implements queue.Engine. Within a step, ends come first, then drops, rows
// and puts; guards and drops look at the state before it.
func (e *Engine) Do(ctx context.Context, s queue.Step) error {
	if err := valid(s); err != nil {
		return err
	}
	return e.write(ctx, work{step: s, blind: blind(s), do: func(b *batch) error { return b.step(s) }})
}

// step is checked as a whole before anything changes, so that one that is turned
// down leaves no trace in a transaction that it shares.
func (b *batch) step(s queue.Step) error {
	ends, err := b.checkEnds(s.Ends)
	if err != nil {
		return err
	}
	if err := b.checkGuards(s.Guard); err != nil {
		return err
	}
	drops, err := b.checkDrops(s.Drop)
	if err != nil {
		return err
	}
	for i, r := range ends {
		if err := b.apply(func() error { return b.conclude(r, s.Ends[i]) }); err != nil {
			return err
		}
	}
	for seq, d := range drops {
		if err := b.apply(func() error { return b.drop(seq, d) }); err != nil {
			return err
		}
	}
	for _, row := range s.Set {
		if err := b.apply(func() error { return b.set(row) }); err != nil {
			return err
		}
	}
	for _, j := range s.Put {
		if err := b.put(j); err != nil {
			return err
		}
	}
	return nil
}

// checkEnds returns the jobs whose leases end. The same lease twice is lost the
// second time.
func (b *batch) checkEnds(ends []queue.End) ([]uint64, error) {
	seqs := make([]uint64, 0, len(ends))
	seen := map[uint64]bool{}
	for _, end := range ends {
		seq := end.Lease.Seq
		if _, err := b.holds(end.Lease); err != nil || seen[seq] {
			return nil, queue.ErrLeaseLost
		}
		r, err := b.load(seq)
		if err != nil {
			return nil, err
		}
		if r == nil {
			return nil, queue.ErrLeaseLost
		}
		seen[seq] = true
		seqs = append(seqs, seq)
	}
	return seqs, nil
}

func (b *batch) checkGuards(rows []queue.Row) error {
	for _, row := range rows {
		now, err := b.row(row.Key)
		if err != nil {
			return err
		}
		if now.Rev != row.Rev {
			return queue.ErrChanged
		}
	}
	return nil
}

// checkDrops returns what is to be dropped, by number; an id that is named twice
// counts once.
func (b *batch) checkDrops(drops []queue.Drop) (map[uint64]queue.Drop, error) {
	seqs := make(map[uint64]queue.Drop, len(drops))
	for _, d := range drops {
		r, err := b.find(d.ID)
		if err != nil {
			return nil, err
		}
		if r == nil || !b.droppable(r, d.To) {
			return nil, queue.ErrChanged
		}
		seqs[r.Seq] = d
	}
	return seqs, nil
}

// droppable tells whether a job may end so without a turn.
func (b *batch) droppable(r *record, to queue.State) bool {
	_, held := b.lease(r.Seq)
	switch to {
	case queue.Superseded:
		return r.State == queue.Queued && !held && !r.heard()
	case queue.Dead:
		return r.State == queue.Queued && !held
	}
	return r.State == queue.Dead
}

// conclude ends a lease.
func (b *batch) conclude(seq uint64, end queue.End) error {
	r, err := b.load(seq)
	if err != nil {
		return err
	}
	held, _ := b.lease(seq)
	if end.Attempt != nil {
		r.note(*end.Attempt)
	}
	if held.begun {
		r.Heard = r.Heard || !end.Refused
		r.Begun = time.Time{}
	}
	b.leases[seq] = lease{over: true}
	b.touch(r.Lane)
	if r.Next != nil {
		b.touch(r.Next.Lane)
	}
	switch end.Verb {
	case queue.Ack:
		return b.end(r, queue.Sent, r.Keep, b.own)
	case queue.Bury:
		if end.Attempt != nil {
			r.Reason = end.Attempt.Error
		}
		return b.end(r, queue.Dead, true, b.own)
	case queue.Pass:
		if end.Attempt != nil {
			r.Reason = end.Attempt.Status
		}
		return b.end(r, queue.Skipped, r.Keep, b.own)
	}
	return b.change(r, func() { b.again(r, end) })
}

// again puts a job off. What was put meanwhile joins it.
func (b *batch) again(r *record, end queue.End) {
	if end.Failed {
		r.Tries++
	}
	r.wait(end.Due, b.wall, b.own)
	if r.Next != nil {
		r.hasten(r.Next)
		r.Next = nil
	}
}

// drop ends a job that nobody works on.
func (b *batch) drop(seq uint64, d queue.Drop) error {
	r, err := b.load(seq)
	if err != nil {
		return err
	}
	r.Reason = d.Reason
	if d.To == queue.Dropped {
		return b.release(r)
	}
	b.touch(r.Lane)
	return b.end(r, d.To, d.To == queue.Dead || r.Keep, b.own)
}
