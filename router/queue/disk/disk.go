// Package disk is the engine that keeps a queue in one folder of this machine: a
// store, bellhop.db, which is a bbolt database that `bbolt` and `strings` can read,
// and in front of it a journal, bellhop.journal.
//
// The promise is that of package queue. What is answered is in the journal, synced
// once for all the steps that waited; a lone step waits for no company. The store
// follows at checkpoints: after some megabytes of changes, after a second of quiet,
// and when the engine closes. After a kill the journal is done again from the last
// checkpoint on, which takes the same time whatever the queue holds. Steps that ask
// nothing are filed later; see blind.go. What a lane costs does not grow with what
// waits in it, and neither does opening.
//
// When the disk fails, every step of the batch gets the error, the store goes back
// to what the journal has, and the next batch is tried as if nothing had been. The
// journal takes its room ahead, so a full disk is noticed before anything happened.
// What is damaged is told of in the log and costs what it held: rows, jobs and
// journal records bear checksums, and a store whose tree is broken is built anew
// from what can be read. Leases live in memory alone: the folder belongs to one
// process at a time, so the leases of one that died are void.
package disk

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"runtime"
	"sync"
	"time"

	"go.etcd.io/bbolt"

	"bellhop/router/queue"
)

var _ queue.Engine = (*Engine)(nil)

// Options of an engine.
type Options struct {
	Now func() time.Time // needed
	// LeaseFor is how long a lease runs; 0: queue.LeaseFor.
	LeaseFor time.Duration
	Log      *slog.Logger // nil: nothing is logged
}

// Engine keeps jobs and rows in a file.
type Engine struct {
	folder   string
	log      *slog.Logger
	leaseFor time.Duration
	backlog  int64 // see usualBacklog

	works   chan work     // what waits to be written
	closing chan struct{} // closed by Close
	written chan struct{} // closed when the writer has ended
	close   sync.Once

	// gate guards what follows. The writer holds it for a whole batch, so that
	// nobody leases what is just being dropped or ended. It is a channel so that
	// whoever waits for it can give up with his context.
	gate    chan struct{}
	db      *bbolt.DB
	tx      *bbolt.Tx // holds all changes since the last checkpoint; nil: to be restored
	journal *journal
	broken  error     // the tree cannot be walked: nothing is done any more
	later   time.Time // not to be followed before, by the engine's own clock
	since   int       // bytes of changes since the last checkpoint
	reads   int       // how often the store was asked since its pages were let go
	pending pending
	clock   *queue.Clock
	leases  map[uint64]lease         // by the job's Seq
	token   uint64                   // of the last lease
	changed map[string]chan struct{} // by lane: closed at the next change
}

// Open opens the queue in a folder, which is made (0700) when it is absent.
// Errors say what is wrong with the folder and what to do about it.
func Open(folder string, o Options) (*Engine, error) {
	if o.Now == nil {
		return nil, errors.New("open queue: no clock was given")
	}
	if o.LeaseFor <= 0 {
		o.LeaseFor = queue.LeaseFor
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	e := &Engine{
		folder:   folder,
		log:      o.Log,
		leaseFor: o.LeaseFor,
		backlog:  usualBacklog,
		works:    make(chan work),
		closing:  make(chan struct{}),
		written:  make(chan struct{}),
		gate:     make(chan struct{}, 1),
		clock:    queue.NewClock(o.Now),
		leases:   map[uint64]lease{},
		token:    rand.Uint64() >> 1, // no lease of an earlier process fits by chance
		changed:  map[string]chan struct{}{},
	}
	if err := e.openFiles(); err != nil {
		return nil, errors.Join(err, e.closeFiles())
	}
	go e.writer()
	return e, nil
}

// Close ends all waiting and gives the folder back. Steps that were taken are
// written first; closing twice is no fault.
func (e *Engine) Close() error {
	e.close.Do(func() { close(e.closing) })
	<-e.written
	e.gate <- struct{}{}
	defer e.leave()
	var err error
	if e.tx != nil && e.broken == nil {
		if err = e.fold(upToEnd); err == nil {
			err = e.checkpoint()
		}
	}
	return errors.Join(err, e.closeFiles())
}

// enter takes the gate; leave gives it back.
func (e *Engine) enter(ctx context.Context) error {
	if err := e.open(ctx); err != nil {
		return err
	}
	select {
	case e.gate <- struct{}{}:
		if err := e.open(ctx); err != nil { // it was closed meanwhile
			e.leave()
			return err
		}
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-e.closing:
		return queue.ErrClosed
	}
}

func (e *Engine) leave() { <-e.gate }

// open tells whether there is still somebody who asks and somebody to answer.
func (e *Engine) open(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case <-e.closing:
		return queue.ErrClosed
	default:
		return nil
	}
}

// view reads one consistent state of the store. What waits to be filed is filed
// first where it matters, in turns with others who want to write.
func (e *Engine) view(ctx context.Context, matters func(p *pending) bool, read func(s store) error) error {
	if err := e.enter(ctx); err != nil {
		return err
	}
	for upto := e.journal.end; e.pending.steps > 0 && e.pending.from < upto && matters(&e.pending); {
		if err := e.revived(e.foldSome); err != nil {
			e.leave()
			return err
		}
		if e.pending.from >= upto {
			break
		}
		e.leave()
		runtime.Gosched()
		if err := e.enter(ctx); err != nil {
			return err
		}
	}
	defer e.leave()
	return e.revived(func() error {
		e.breathe()
		return e.guarded(func() error { return read(store{tx: e.tx}) })
	})
}
