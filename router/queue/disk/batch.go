package disk

import (
	"maps"
	"time"

	"bellhop/router/queue"
)

// batch is a transaction with what memory has to follow once it is on disk.
type batch struct {
	store
	e      *Engine
	own    time.Time
	blind  []blindStep         // what was only written down
	leases map[uint64]lease    // as they are after this batch; only those it changes
	lanes  map[string]struct{} // whose waiters must look again
	broken bool                // something changed by halves
}

func newBatch(e *Engine) *batch {
	b := &batch{e: e, leases: map[uint64]lease{}, lanes: map[string]struct{}{}}
	var wall time.Time
	wall, b.own = e.clock.Read()
	b.store = store{tx: e.tx, wall: wall, redo: &redo{}}
	return b
}

// remember lets memory follow what was committed.
func (b *batch) remember() {
	for _, step := range b.blind {
		b.e.pending.add(step)
	}
	for seq, l := range b.leases {
		if l.over {
			delete(b.e.leases, seq)
		} else {
			b.e.leases[seq] = l
		}
	}
	for lane := range maps.Keys(b.lanes) {
		b.e.notify(lane)
	}
}

// lease is the present lease of a job, this batch's changes included.
func (b *batch) lease(seq uint64) (l lease, held bool) {
	l, held = b.leases[seq]
	if !held {
		l, held = b.e.leases[seq]
	}
	return l, held && !l.over
}

// holds returns the lease that l names, or ErrLeaseLost.
func (b *batch) holds(l queue.Lease) (lease, error) {
	held, ok := b.lease(l.Seq)
	if !ok || held.token != l.Token {
		return lease{}, queue.ErrLeaseLost
	}
	return held, nil
}

// apply runs a change; one that stumbles spoils the transaction.
func (b *batch) apply(change func() error) error {
	err := change()
	b.broken = b.broken || err != nil
	return err
}

func (b *batch) touch(lane string) { b.lanes[lane] = struct{}{} }
