package disk

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"bellhop/router/queue"
)

// lease is who works on a job, and how long he may stay silent.
type lease struct {
	token uint64
	until time.Time // by the engine's own clock
	begun bool      // Begin was called
	over  bool      // in a batch only: it ended
}

// Lease implements queue.Engine.
func (e *Engine) Lease(ctx context.Context, lane string, n int) ([]queue.Lease, error) {
	out, err := e.lease(ctx, lane, n)
	if errors.Is(err, errDamaged) && e.mend() == nil {
		return e.lease(ctx, lane, n)
	}
	return out, err
}

func (e *Engine) lease(ctx context.Context, lane string, n int) (out []queue.Lease, err error) {
	err = e.view(ctx, func(p *pending) bool { return e.awake(p, lane) }, func(s store) error {
		_, own := e.clock.Read()
		for _, seq := range e.ready(s, lane, own, n) {
			l, err := e.grant(s, seq, own)
			if err != nil {
				return err
			}
			out = append(out, l)
		}
		return nil
	})
	return out, err
}

// awake tells whether a job of the lane that is not filed yet may be due.
func (e *Engine) awake(p *pending, lane string) bool {
	at, ok := p.wake(lane)
	_, own := e.clock.Read()
	return ok && !at.After(own)
}

// ready lists the jobs of a lane that may be leased, at most n.
func (e *Engine) ready(s store, lane string, own time.Time, n int) []uint64 {
	var seqs []uint64
	s.heads(lane, time.Time{}, func(h head) bool {
		if len(seqs) >= n || h.wake.After(own) {
			return false
		}
		if !e.taken(h.seq, own) {
			seqs = append(seqs, h.seq)
		}
		return true
	})
	return seqs
}

// taken is true while somebody's lease of the job runs.
func (e *Engine) taken(seq uint64, own time.Time) bool {
	l, held := e.leases[seq]
	return held && own.Before(l.until)
}

func (e *Engine) grant(s store, seq uint64, own time.Time) (queue.Lease, error) {
	r, err := s.load(seq)
	if err != nil {
		return queue.Lease{}, err
	}
	if r == nil {
		return queue.Lease{}, fmt.Errorf("job %d is due but not there", seq)
	}
	e.token++
	e.leases[seq] = lease{token: e.token, until: own.Add(e.leaseFor)}
	return queue.Lease{Job: r.job(), Token: e.token}, nil
}

// Extend implements queue.Engine.
func (e *Engine) Extend(ctx context.Context, l queue.Lease) error {
	if err := e.enter(ctx); err != nil {
		return err
	}
	defer e.leave()
	held, ok := e.leases[l.Seq]
	if !ok || held.token != l.Token {
		return queue.ErrLeaseLost
	}
	_, own := e.clock.Read()
	held.until = own.Add(e.leaseFor)
	e.leases[l.Seq] = held
	return nil
}

// Begin implements queue.Engine.
func (e *Engine) Begin(ctx context.Context, l queue.Lease) error {
	step := queue.Step{Ends: []queue.End{{Lease: l}}}
	return e.write(ctx, work{step: step, do: func(b *batch) error { return b.begin(l) }})
}

func (b *batch) begin(l queue.Lease) error {
	held, err := b.holds(l)
	if err != nil {
		return err
	}
	r, err := b.load(l.Seq)
	if err != nil {
		return err
	}
	if r == nil {
		return queue.ErrLeaseLost
	}
	// An earlier attempt that never ended may have been heard.
	r.Heard = r.Heard || !held.begun && !r.Begun.IsZero()
	r.Begun = b.wall
	held.begun, held.until = true, b.own.Add(b.e.leaseFor)
	b.leases[l.Seq] = held
	return b.apply(func() error { return errors.Join(b.save(r), b.noteBegun(r)) })
}

// noteBegun notes when an attempt began, and forgets some of those of long ago.
func (s store) noteBegun(r *record) error {
	if err := s.write(inBegun, begunKey(r.Lane, r.Begun, r.Seq), nil); err != nil {
		return err
	}
	prefix := duePrefix(r.Lane)
	for range 2 { // more than come in
		k, _ := s.in(inBegun).Cursor().Seek(prefix)
		if !bytes.HasPrefix(k, prefix) || !dueOf(k).Before(s.wall.Add(-begunFor)) {
			return nil
		}
		if err := s.remove(inBegun, bytes.Clone(k)); err != nil {
			return err
		}
	}
	return nil
}

// Wait implements queue.Engine. One timer and one channel; no polling.
func (e *Engine) Wait(ctx context.Context, lane string) error {
	for {
		ready, wait, changed, err := e.look(ctx, lane)
		if err != nil || ready {
			return err
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-changed:
		case <-ctx.Done():
			err = ctx.Err()
		case <-e.closing:
			err = queue.ErrClosed
		}
		timer.Stop()
		if err != nil {
			return err
		}
	}
}

// never is a wait that something else will end.
const never = time.Duration(1<<63 - 1)

// look tells whether a job of the lane may be leased now, and if not, when to
// look again and what to watch until then.
func (e *Engine) look(ctx context.Context, lane string) (ready bool, wait time.Duration, changed <-chan struct{}, err error) {
	err = e.view(ctx, func(p *pending) bool { return e.awake(p, lane) }, func(s store) error {
		changed = e.watch(lane)
		_, own := e.clock.Read()
		wait = never
		if at, ok := e.pending.wake(lane); ok {
			wait = max(at.Sub(own), 0)
		}
		s.heads(lane, time.Time{}, func(h head) bool {
			at := h.wake
			if l, held := e.leases[h.seq]; held && l.until.After(at) {
				at = l.until
			}
			ready = !at.After(own)
			wait = min(wait, at.Sub(own))
			return !ready && !h.wake.After(own)
		})
		return nil
	})
	return ready, wait, changed, err
}

// watch returns a channel that is closed when the lane changes.
func (e *Engine) watch(lane string) <-chan struct{} {
	c, ok := e.changed[lane]
	if !ok {
		c = make(chan struct{})
		e.changed[lane] = c
	}
	return c
}

func (e *Engine) notify(lane string) {
	if c, ok := e.changed[lane]; ok {
		close(c)
		delete(e.changed, lane)
	}
}
