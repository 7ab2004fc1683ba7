package app

import (
	"context"
	"time"

	"bellhop/internal/notify"
)

// report tells the service manager that bellhop serves, that it is alive, and that
// it stops. Alive means that the queue's writer answered, whatever it said: a full
// disk is no reason to be ended, a writer that hangs is one.
type report struct {
	tell    func(words ...string)
	status  string
	every   time.Duration // 0: nobody wants to hear that it is alive
	answers func(context.Context) error
}

func (a *App) report() report {
	return report{
		tell:    a.Tell,
		status:  "serves at " + a.Addr().String(),
		every:   a.o.Manager.Watchdog / 3, // two may be late before it is ended
		answers: a.answers,
	}
}

// run reports from now, when the listener is open, until ctx ends.
func (r report) run(ctx context.Context) {
	r.tell(notify.Ready, notify.Status(r.status))
	if r.every > 0 {
		r.live(ctx)
	}
	<-ctx.Done()
	r.tell(notify.Stopping)
}

// live tells again and again that bellhop is alive.
func (r report) live(ctx context.Context) {
	ticker := time.NewTicker(r.every)
	defer ticker.Stop()
	for {
		_ = r.answers(ctx) // any answer is one; whoever wants to write tells of trouble
		if ctx.Err() != nil {
			return
		}
		r.tell(notify.Alive)
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
	}
}

// Tell hands words to the service manager. One that cannot be reached is told of in
// the log alone: it does not hinder bellhop.
func (a *App) Tell(words ...string) {
	if err := a.o.Manager.Tell(words...); err != nil {
		a.o.Log.Warn("the service manager does not know how bellhop stands", "word", words[0], "err", err)
	}
}
