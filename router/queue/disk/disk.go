// Package disk is the engine that keeps a queue in one file of this machine,
// bellhop.db, a bbolt database that `bbolt` and `strings` can read.
//
// The promise is that of package queue. In particular: all steps that wait are
// written with one sync, a lone step waits for no company; nothing in memory is
// needed to go on after a kill, and nothing in memory runs ahead of the file.
// What a lane costs does not grow with what waits in it, and neither does opening.
//
// When the disk fails, every step of the batch gets the error and the next batch
// is tried as if nothing had been. Leases live in memory alone: the folder belongs
// to one process at a time, so the leases of one that died are void.
package disk

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"

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
	db       *bbolt.DB
	log      *slog.Logger
	leaseFor time.Duration

	works   chan *work    // what waits to be written
	closing chan struct{} // closed by Close
	written chan struct{} // closed when the writer has ended
	close   sync.Once

	// gate guards what follows. The writer holds it for a whole batch, so that
	// nobody leases what is just being dropped or ended. It is a channel so that
	// whoever waits for it can give up with his context.
	gate    chan struct{}
	clock   clock
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
	db, err := openFile(folder)
	if err != nil {
		return nil, err
	}
	e := &Engine{
		folder:   folder,
		db:       db,
		log:      o.Log,
		leaseFor: o.LeaseFor,
		works:    make(chan *work),
		closing:  make(chan struct{}),
		written:  make(chan struct{}),
		gate:     make(chan struct{}, 1),
		clock:    newClock(o.Now),
		leases:   map[uint64]lease{},
		token:    rand.Uint64() >> 1, // no lease of an earlier process fits by chance
		changed:  map[string]chan struct{}{},
	}
	if err := e.prepare(); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	go e.writer()
	return e, nil
}

// Close ends all waiting and gives the folder back. Steps that were taken are
// written first; closing twice is no fault.
func (e *Engine) Close() error {
	e.close.Do(func() { close(e.closing) })
	<-e.written
	if err := e.db.Close(); err != nil {
		return fmt.Errorf("close queue in %s: %w", e.folder, err)
	}
	return nil
}

// enter takes the gate; leave gives it back.
func (e *Engine) enter(ctx context.Context) error {
	if err := e.open(ctx); err != nil {
		return err
	}
	select {
	case e.gate <- struct{}{}:
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

// view reads one consistent state of the file.
func (e *Engine) view(read func(s store) error) error {
	err := e.db.View(func(tx *bbolt.Tx) error { return read(store{tx: tx}) })
	if errors.Is(err, bolterrors.ErrDatabaseNotOpen) {
		return queue.ErrClosed
	}
	if err != nil {
		return fmt.Errorf("read queue in %s: %w", e.folder, err)
	}
	return nil
}
