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
	return e.write(ctx, func(b *batch) error { return b.step(s) })
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
	for seq := range drops {
		if err := b.apply(func() error { return b.supersede(seq) }); err != nil {
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
		if rev, _ := b.row(row.Key); rev != row.Rev {
			return queue.ErrChanged
		}
	}
	return nil
}

// checkDrops returns the jobs to be dropped; an id that is named twice counts once.
func (b *batch) checkDrops(ids []string) (map[uint64]struct{}, error) {
	seqs := make(map[uint64]struct{}, len(ids))
	for _, id := range ids {
		r, err := b.find(id)
		if err != nil {
			return nil, err
		}
		if r == nil || r.State != queue.Queued || r.Ever {
			return nil, queue.ErrChanged
		}
		if _, held := b.lease(r.Seq); held {
			return nil, queue.ErrChanged
		}
		seqs[r.Seq] = struct{}{}
	}
	return seqs, nil
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
	b.leases[seq] = lease{over: true}
	b.touch(r.Lane)
	if r.Next != nil {
		b.touch(r.Next.Lane)
	}
	switch end.Verb {
	case queue.Ack:
		return b.end(r, queue.Sent, r.Keep, b.own)
	case queue.Bury:
		return b.end(r, queue.Dead, true, b.own)
	}
	return b.change(r, func() { b.again(r, held, end) })
}

// again puts a job off. What was put meanwhile joins it.
func (b *batch) again(r *record, held lease, end queue.End) {
	if end.Failed {
		r.Tries++
	}
	if held.begun {
		r.Begun = time.Time{}
	}
	r.wait(end.Due, b.wall, b.own)
	if r.Next != nil {
		r.hasten(r.Next)
		r.Next = nil
	}
}

func (b *batch) supersede(seq uint64) error {
	r, err := b.load(seq)
	if err != nil {
		return err
	}
	b.touch(r.Lane)
	return b.end(r, queue.Superseded, r.Keep, b.own)
}
