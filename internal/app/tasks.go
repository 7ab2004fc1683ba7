package app

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"bellhop/internal/record"
	"bellhop/router/queue"
)

// task is something that is done at the start and again and again.
type task struct {
	what  string // for the log: what was not done
	every time.Duration
	do    func(ctx context.Context) error
}

func (a *App) tasks() []task {
	return []task{
		{"the open incidents were not swept", 5 * time.Minute, a.pipe.Sweep}, // R9's pace
		{"late deliveries were not looked for", time.Minute, a.pipe.Late},
		{"what waits for keys that are lost was not seen to", 5 * time.Second, a.pipe.Rehome},
		{"nobody was reminded of open incidents", time.Minute, a.pipe.Remind},
		{"what is too old was not forgotten", time.Hour, a.pipe.Prune},
		{"what waits for sinks that are gone was not looked through", time.Minute, a.park},
	}
}

// run does the task until ctx ends. What fails is done the next time.
func (t task) run(ctx context.Context, log *slog.Logger) {
	ticker := time.NewTicker(t.every)
	defer ticker.Stop()
	for {
		if err := t.do(ctx); err != nil && ctx.Err() == nil {
			log.Error(t.what+", it is tried again", "after", t.every, "err", err)
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
	}
}

// park sets aside what has waited too long for a sink that is no longer configured
// (R20).
func (a *App) park(ctx context.Context) error {
	c := a.live()
	configured := make(map[string]bool)
	for _, s := range c.Sinks {
		configured[s.Name] = true
	}
	lanes, err := a.engine.Lanes(ctx, record.Outbound)
	if err != nil {
		return fmt.Errorf("list the lanes: %w", err)
	}
	for _, lane := range lanes {
		sink, _ := record.SinkOf(lane.Lane)
		if configured[sink] || lane.Depth == 0 {
			continue
		}
		reason := fmt.Sprintf("given up after %s: the sink %q is no longer configured", c.Queue.GiveUpAfter, sink)
		n, err := queue.Expire(ctx, a.engine, lane.Lane, a.o.Now().Add(-c.Queue.GiveUpAfter), reason, nil)
		if n > 0 {
			observer{a.metrics}.Expired(lane.Lane, n)
			a.o.Log.Error("deliveries of a sink that is gone were set aside", "sink", sink, "deliveries", n)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
