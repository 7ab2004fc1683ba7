package disk

import (
	"context"
	"fmt"
	"runtime"

	"go.etcd.io/bbolt"

	"bellhop/router/queue"
)

const (
	// batchMax is how many steps share a sync at most, so that the first of them
	// does not wait for ever more.
	batchMax = 256
	// confirmTries is how often a commit whose last sync failed is synced again.
	confirmTries = 3
)

// work is something to be written. Do returns why it changed nothing, or nil.
type work struct {
	do     func(b *batch) error
	answer chan error
}

// write hands w to the writer. Before it is taken ctx counts; from then on the
// answer is the truth about what is on disk.
func (e *Engine) write(ctx context.Context, do func(b *batch) error) error {
	if err := e.open(ctx); err != nil {
		return err
	}
	w := &work{do: do, answer: make(chan error, 1)}
	select {
	case e.works <- w:
		return <-w.answer
	case <-ctx.Done():
		return ctx.Err()
	case <-e.closing:
		return queue.ErrClosed
	}
}

// writer is the one goroutine that changes the file.
func (e *Engine) writer() {
	defer close(e.written)
	for {
		select {
		case w := <-e.works:
			e.carry(e.gather(w))
		case <-e.closing:
			return
		}
	}
}

// gather adds to w what waits already. It lets those run first who were just
// answered, but waits for nobody.
func (e *Engine) gather(w *work) []*work {
	runtime.Gosched()
	works := []*work{w}
	for len(works) < batchMax {
		select {
		case w := <-e.works:
			works = append(works, w)
		default:
			return works
		}
	}
	return works
}

// carry writes works with one sync and answers them all.
func (e *Engine) carry(works []*work) {
	e.gate <- struct{}{}
	answers, broken := e.commit(works)
	e.leave()
	if broken && len(works) > 1 {
		// One of them stumbled midway: each for itself, so that it falls alone.
		for _, w := range works {
			e.carry([]*work{w})
		}
		return
	}
	for i, w := range works {
		w.answer <- answers[i]
	}
}

// commit writes works in one transaction and lets memory follow. It is broken
// when one of them stumbled after it had begun to change things; then nothing
// has happened.
func (e *Engine) commit(works []*work) (answers []error, broken bool) {
	answers = make([]error, len(works))
	tx, err := e.db.Begin(true)
	if err != nil {
		return e.refuse(answers, err), false
	}
	b := newBatch(e, tx)
	for i, w := range works {
		answers[i] = w.do(b)
		if b.broken {
			return answers, e.drop(tx)
		}
	}
	if !b.dirty {
		e.drop(tx)
		return answers, false
	}
	id := tx.ID() // Commit forgets it
	err = tx.Commit()
	if err != nil && !e.visible(id) {
		return e.refuse(answers, err), false
	}
	b.remember()
	if err != nil && e.confirm() != nil {
		return e.refuse(answers, err), false
	}
	return answers, false
}

func (e *Engine) drop(tx *bbolt.Tx) bool {
	if err := tx.Rollback(); err != nil {
		e.log.Error("queue: rolling a batch back", "folder", e.folder, "err", err)
	}
	return true
}

// refuse answers with err whatever each would have heard otherwise: it may have
// been told so because of another one that did not happen either.
func (e *Engine) refuse(answers []error, err error) []error {
	for i := range answers {
		answers[i] = fmt.Errorf("write queue in %s: %w", e.folder, advise(err))
	}
	return answers
}

// confirm is called when only the very last sync of a commit failed. Its pages are
// on disk and readers see it already, so no later commit will be without it: it is
// made sure of by the next sync. While that fails too, the answer stays an error,
// though the steps may be seen later; whoever tries again meets his own rows.
func (e *Engine) confirm() (err error) {
	for range confirmTries {
		if err = e.db.Update(func(*bbolt.Tx) error { return nil }); err == nil {
			return nil
		}
	}
	e.log.Error("queue: steps were written but the disk does not confirm it; a power failure could lose them",
		"folder", e.folder, "err", err)
	return err
}

// visible tells whether readers see the transaction of that number.
func (e *Engine) visible(id int) bool {
	tx, err := e.db.Begin(false)
	if err != nil {
		return false
	}
	defer func() { _ = tx.Rollback() }() // of a read: cannot fail once
	return tx.ID() >= id
}
