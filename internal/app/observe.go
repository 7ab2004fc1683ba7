package app

import (
	"context"
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

// watch has the gauges read from the queue at each scrape.
func (a *App) watch(outlets []pipeline.Outlet) {
	names := outletNames(outlets)
	a.metrics.Sinks(names...)
	a.metrics.Lanes(func() ([]metrics.Lane, error) {
		ctx, cancel := context.WithTimeout(context.Background(), scrapeTimeout)
		defer cancel()
		return a.lanes(ctx, names)
	})
	a.metrics.Incidents(func() (int, error) {
		ctx, cancel := context.WithTimeout(context.Background(), scrapeTimeout)
		defer cancel()
		rows, err := a.engine.Scan(ctx, queue.RowQuery{Prefix: record.OpenPlans})
		return len(rows), err
	})
}

func (a *App) lanes(ctx context.Context, sinks []string) ([]metrics.Lane, error) {
	var all []metrics.Lane
	waiting, err := a.engine.Lanes(ctx, record.Outbound)
	if err != nil {
		return nil, err
	}
	for _, name := range sinks {
		stats := of(waiting, record.Lane(name))
		lane := metrics.Lane{Sink: name, Lane: name, Depth: stats.Depth}
		if !stats.Oldest.IsZero() {
			lane.Oldest = a.o.Now().Sub(stats.Oldest)
		}
		all = append(all, lane)
	}
	return all, nil
}

// of finds a lane's figures; those of one that holds nothing are zero.
func of(all []queue.Stats, lane string) queue.Stats {
	for _, s := range all {
		if s.Lane == lane {
			return s
		}
	}
	return queue.Stats{Lane: lane}
}
