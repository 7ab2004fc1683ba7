package app

import (
	"context"

	"bellhop/internal/event"
	"bellhop/internal/intake"
	"bellhop/internal/record"
	"bellhop/router/queue"
)

// poller asks the Alertmanager of the configuration in force, if it names one.
func (a *App) poller() *intake.Poller {
	return intake.NewPoller(intake.PollDeps{
		Config: func() intake.Config { return a.live().Receiver },
		Client: newClient(), Accept: a.pipe.Accept, Observer: a.metrics, Notebook: notebook{a.engine},
		Heard: func(ss []event.Signal) { a.intake.Load().Heard(ss) },
		Now:   a.o.Now, Log: a.o.Log,
	})
}

// notebook keeps a poller's notes in the queue.
type notebook struct{ engine queue.Engine }

func (n notebook) Load(ctx context.Context) ([]byte, error) {
	row, err := n.engine.Get(ctx, record.PollKey)
	return row.Value, err
}

func (n notebook) Save(ctx context.Context, notes []byte) error {
	return n.engine.Do(ctx, queue.Step{Set: []queue.Row{{Key: record.PollKey, Value: notes}}})
}
