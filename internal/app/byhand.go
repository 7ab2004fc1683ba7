package app

import (
	"context"
	"errors"

	"bellhop/internal/admin"
	"bellhop/internal/pipeline"
	"bellhop/router/queue"
)

// errLater is said of what a person asks for before the pipeline can do it.
var errLater = errors.New("this bellhop cannot act on deliveries yet")

// byHand is what a person may do to deliveries: what the pipeline can do of it.
func byHand(p *pipeline.Pipeline) admin.Actions {
	if able, ok := any(p).(admin.Actions); ok {
		return able
	}
	return unable{}
}

type unable struct{}

func (unable) Retry(context.Context, string) (string, error) { return "", errLater }
func (unable) Drop(context.Context, string) error            { return errLater }

// gates tells which lanes do not send at this moment.
func (a *App) gates() []queue.Gate {
	if p, ok := any(a.pump).(interface{ Gates() []queue.Gate }); ok {
		return p.Gates()
	}
	return nil
}

// sinkTypes lists the sinks of the configuration.
func (a *App) sinkTypes() []admin.Sink {
	var all []admin.Sink
	for _, s := range a.o.Config.Sinks {
		all = append(all, admin.Sink{Name: s.Name, Type: s.Kind.Name})
	}
	return all
}
