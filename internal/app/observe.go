package app

import (
	"context"
	"slices"
	"strings"
	"time"

	"bellhop/internal/event"
	"bellhop/internal/metrics"
	"bellhop/internal/pipeline"
	"bellhop/internal/record"
	"bellhop/router/queue"
)

// observer hands to the metrics what the rooms tell.
type observer struct{ set *metrics.Set }

var (
	_ pipeline.Observer = observer{}
	_ queue.Observer    = observer{}
)

func (o observer) Looked(took time.Duration)           { o.set.Correlated(took) }
func (o observer) Told(outcome event.Outcome)          { o.set.Event(string(outcome)) }
func (o observer) Succeeded(plan string, at time.Time) { o.set.Succeeded(plan, at) }
func (o observer) Expired(lane string, n int) {
	sink, _ := record.SinkOf(lane)
	o.SetAside(sink, n)
}
func (o observer) SetAside(sink string, n int) {
	for range n {
		o.set.Delivery(sink, metrics.Dead)
	}
}
func (o observer) Superseded(sink string, n int) {
	for range n {
		o.set.Delivery(sink, metrics.Superseded)
	}
}
func (o observer) Waited(lane string, d time.Duration) {
	if sink, ok := record.SinkOf(lane); ok {
		o.set.Waited(sink, d)
	}
}

func (o observer) Ended(lane string, outcome queue.Outcome, took time.Duration) {
	sink, ok := record.SinkOf(lane)
	if !ok || outcome == queue.PutOff {
		return
	}
	o.set.Delivery(sink, string(outcome))
	o.set.Attempted(sink, took)
}

// scrapeTimeout bounds what one scrape reads of the queue.
const scrapeTimeout = 5 * time.Second

// watch has the gauges read at each scrape.
func (a *App) watch() {
	a.metrics.Lanes(func() ([]metrics.Lane, error) {
		ctx, cancel := context.WithTimeout(context.Background(), scrapeTimeout)
		defer cancel()
		return a.lanes(ctx)
	})
	a.metrics.Incidents(func() (int, error) {
		ctx, cancel := context.WithTimeout(context.Background(), scrapeTimeout)
		defer cancel()
		rows, err := a.engine.Scan(ctx, queue.RowQuery{Prefix: record.OpenPlans})
		return len(rows), err
	})
	a.metrics.Free(func() (int64, error) {
		ctx, cancel := context.WithTimeout(context.Background(), scrapeTimeout)
		defer cancel()
		usage, err := a.engine.Usage(ctx)
		return usage.Free, err
	})
}

// lanes tells of the lanes of every sink that is configured, and of those that
// still hold something.
func (a *App) lanes(ctx context.Context) ([]metrics.Lane, error) {
	waiting, err := a.engine.Lanes(ctx, record.Outbound)
	if err != nil {
		return nil, err
	}
	shut := make(map[string]bool)
	for _, g := range a.pump.Gates() {
		shut[g.Lane] = !g.OpensAt.IsZero()
		if !slices.ContainsFunc(waiting, func(s queue.Stats) bool { return s.Lane == g.Lane }) {
			waiting = append(waiting, queue.Stats{Lane: g.Lane})
		}
	}
	var all []metrics.Lane
	for _, s := range waiting {
		sink, _ := record.SinkOf(s.Lane)
		lane := metrics.Lane{Sink: sink, Lane: strings.TrimPrefix(s.Lane, record.Outbound), Depth: s.Depth, Shut: shut[s.Lane]}
		if !s.Oldest.IsZero() {
			lane.Oldest = a.o.Now().Sub(s.Oldest)
		}
		all = append(all, lane)
	}
	return all, nil
}
