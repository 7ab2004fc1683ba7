package queue

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"bellhop/internal/retry"
)

// errStopping is the cause by which turns end that outlast the pump's grace.
var errStopping = errors.New("bellhop is stopping")

// trouble is the pace at which an engine that fails is asked again.
func trouble() retry.Backoff {
	return retry.Backoff{Min: 100 * time.Millisecond, Max: 10 * time.Second}
}

// lane leases what is due in one lane and gives each job a turn of its own.
type lane struct {
	Lane
	e     Engine
	o     PumpOptions
	log   *slog.Logger
	clock *Clock
	gate  *gate         // always open where the lane does not mark
	slots chan struct{} // one in it for each turn that runs
	turns sync.WaitGroup
}

func newLane(e Engine, l Lane, o PumpOptions) *lane {
	if l.Backoff == (retry.Backoff{}) {
		l.Backoff = retry.Key()
	}
	clock := NewClock(o.Now)
	return &lane{
		Lane:  l,
		e:     e,
		o:     o,
		log:   o.Log.With("lane", l.Name),
		clock: clock,
		gate:  newGate(l.Name, clock, o.Random),
		slots: make(chan struct{}, max(l.Workers, 1)),
	}
}

// lease leases until ctx ends; the turns that it began end with air.
func (l *lane) lease(ctx, air context.Context) error {
	var pace *Limiter
	err := l.insist(ctx, "read the log of sends", func() (err error) {
		pace, err = l.refill(ctx)
		return err
	})
	if err == nil {
		err = l.prove(ctx, pace)
	}
	for err == nil {
		err = l.next(ctx, air, pace)
	}
	if errors.Is(err, ErrClosed) && ctx.Err() == nil {
		return err
	}
	return nil // ctx ended, and insist gives up for nothing else
}

// prove has the lane's settings proved where somebody can. The error is ctx's.
func (l *lane) prove(ctx context.Context, pace *Limiter) error {
	if l.Prove == nil {
		return nil
	}
	if err := l.hold(ctx, pace); err != nil {
		return err
	}
	pace.Take(l.clock.Own())
	err := l.within(ctx, l.Prove)
	if err != nil && ctx.Err() == nil {
		l.gate.settle(false, retry.Of(err), err)
		l.log.Error("queue: the lane's settings were found wrong", "err", err)
	}
	return ctx.Err()
}

// within calls f within the lane's time.
func (l *lane) within(ctx context.Context, f func(context.Context) error) error {
	if l.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, l.Timeout)
		defer cancel()
	}
	return f(ctx)
}

// next waits for a free worker, for a job, for the gate and for the limit, in this
// order, so that a job stays open to joining and dropping until its turn has come.
func (l *lane) next(ctx, air context.Context, pace *Limiter) error {
	select {
	case l.slots <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	n, err := l.take(ctx, air, pace)
	if n == 0 {
		<-l.slots
	}
	return err
}

// take begins turns for what may go out now; the first has its slot already.
func (l *lane) take(ctx, air context.Context, pace *Limiter) (n int, err error) {
	err = l.insist(ctx, "wait for a job", func() error { return l.e.Wait(ctx, l.Name) })
	if err != nil {
		return 0, err
	}
	trial, err := l.gate.pass(ctx)
	if err != nil {
		return 0, err
	}
	defer func() {
		if trial && n == 0 {
			l.gate.abandon()
		}
	}()
	if err := l.hold(ctx, pace); err != nil {
		return 0, err
	}
	free := 1
	if !pace.Limited() && !trial {
		free += l.grab()
	}
	var leases []Lease
	err = l.insist(ctx, "lease a job", func() (err error) {
		leases, err = l.e.Lease(ctx, l.Name, free)
		return err
	})
	for range free - max(len(leases), 1) {
		<-l.slots
	}
	for _, job := range leases {
		pace.Take(l.clock.Own())
		l.turns.Go(func() {
			defer func() { <-l.slots }()
			l.turn(air, job, trial)
		})
	}
	return len(leases), err
}

// grab takes what other slots are free.
func (l *lane) grab() (n int) {
	for {
		select {
		case l.slots <- struct{}{}:
			n++
		default:
			return n
		}
	}
}

// hold waits until the limit lets one more pass.
func (l *lane) hold(ctx context.Context, pace *Limiter) error {
	began := l.clock.Own()
	for d := pace.Delay(began); d > 0; d = pace.Delay(l.clock.Own()) {
		if err := sleep(ctx, d); err != nil {
			return err
		}
	}
	if waited := l.clock.Own().Sub(began); waited > 0 && pace.Limited() {
		l.o.Observer.Waited(l.Name, waited)
	}
	return nil
}

// insist calls f until it succeeds, later each time, so that a fault of the disk
// stops a lane no longer than it lasts. It gives up when ctx ends or the engine
// was closed.
func (l *lane) insist(ctx context.Context, what string, f func() error) error {
	for try := 1; ; try++ {
		err := f()
		if err == nil || errors.Is(err, ErrClosed) {
			return err
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		l.log.Error("queue: could not "+what+"; trying again", "err", err)
		if err := sleep(ctx, trouble().Delay(try, l.o.Random())); err != nil {
			return err
		}
	}
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
