package pipeline

import (
	"context"
	"fmt"
	"time"

	"bellhop/internal/event"
	"bellhop/internal/record"
	"bellhop/router/queue"
)

const (
	// prunePage is how many records one step of pruning forgets, so that nobody
	// waits for long.
	prunePage = 500
	// pruneParts is in how many parts what is kept is cut down when it takes too much
	// room.
	pruneParts = 10
)

// Prune forgets ended deliveries, events and ended incidents older than Keep, and,
// when everything takes more than KeepBytes, the oldest of what is younger, too. What
// waits, what is open and what plans know stays whatever its age.
func (p *Pipeline) Prune(ctx context.Context) error {
	p = p.live.Load()
	before := p.Now().Add(-p.Keep)
	for part := 1; ; part++ {
		if err := p.pruneBefore(ctx, before); err != nil {
			return err
		}
		usage, err := p.Engine.Usage(ctx)
		if err != nil {
			return fmt.Errorf("look how much room the queue takes: %w", err)
		}
		if p.KeepBytes <= 0 || usage.Used <= p.KeepBytes {
			return nil
		}
		if part > pruneParts {
			p.Log.Warn("the queue takes more room than keep_bytes, but all of it still waits or is open",
				"used", usage.Used, "keep_bytes", p.KeepBytes)
			return nil
		}
		before = before.Add(p.Keep / pruneParts)
	}
}

func (p *Pipeline) pruneBefore(ctx context.Context, before time.Time) error {
	for more := true; more; {
		n, err := p.Engine.Prune(ctx, before, prunePage)
		if err != nil {
			return fmt.Errorf("forget old deliveries: %w", err)
		}
		more = n == prunePage
	}
	needed, err := p.needed(ctx, before)
	if err != nil {
		return err
	}
	err = p.forget(ctx, record.Events, func(row queue.Row) (age, []queue.Row, error) { return p.oldEvent(row, needed) })
	if err != nil {
		return err
	}
	return p.forget(ctx, record.Incidents, func(row queue.Row) (age, []queue.Row, error) { return p.oldIncident(ctx, row, needed) })
}

// needed is the time before which nothing that waits or is open refers to any event:
// before itself, or the oldest of what does.
func (p *Pipeline) needed(ctx context.Context, before time.Time) (time.Time, error) {
	lanes, err := p.Engine.Lanes(ctx, record.Outbound)
	if err != nil {
		return before, fmt.Errorf("list the lanes: %w", err)
	}
	for _, lane := range lanes {
		jobs, err := p.Engine.Jobs(ctx, queue.JobQuery{Lane: lane.Lane, State: queue.Queued, Oldest: true, Limit: 1})
		if err != nil {
			return before, fmt.Errorf("find the oldest delivery that waits: %w", err)
		}
		if len(jobs) > 0 && jobs[0].Put.Before(before) {
			before = jobs[0].Put
		}
	}
	err = p.forget(ctx, record.Incidents, func(row queue.Row) (age, []queue.Row, error) {
		var in event.Incident
		if record.Decode(row, &in) != nil {
			return kept, nil, nil
		}
		if !in.Opened.Before(before) {
			return young, nil, nil
		}
		if in.State != event.StatusResolved {
			before = in.Opened
		}
		return kept, nil, nil
	})
	return before, err
}

// age is what pruning finds a row to be.
type age int

const (
	old age = iota
	kept
	young // and so is all that follows
)

// forget goes through the rows under prefix, removes those that are old, and what
// goes with them. Ids sort by time, so what is younger is not read.
func (p *Pipeline) forget(ctx context.Context, prefix string, look func(queue.Row) (age, []queue.Row, error)) error {
	after := ""
	for {
		rows, err := p.Engine.Scan(ctx, queue.RowQuery{Prefix: prefix, After: after, Limit: prunePage})
		if err != nil {
			return fmt.Errorf("list the rows %s…: %w", prefix, err)
		}
		var gone []queue.Row
		last := len(rows) < prunePage
		for _, row := range rows {
			found, with, err := look(row)
			if err != nil {
				return err
			}
			if found == young {
				last = true
				break
			}
			if found == old {
				gone = append(append(gone, row), with...)
			}
		}
		if len(gone) > 0 {
			if err := p.Engine.Do(ctx, queue.Step{Set: remove(gone)}); err != nil {
				return fmt.Errorf("forget %d rows: %w", len(gone), err)
			}
		}
		if last {
			return nil
		}
		after = rows[len(rows)-1].Key
	}
}

// oldEvent looks at an event. One that cannot be read tells nobody anything.
func (p *Pipeline) oldEvent(row queue.Row, before time.Time) (age, []queue.Row, error) {
	var e event.Event
	if record.Decode(row, &e) == nil && !e.Time.Before(before) {
		return young, nil, nil
	}
	return old, nil, nil
}

// oldIncident looks at an incident; what sinks remember of it goes with it.
func (p *Pipeline) oldIncident(ctx context.Context, row queue.Row, before time.Time) (age, []queue.Row, error) {
	var in event.Incident
	switch err := record.Decode(row, &in); {
	case err != nil:
		return old, nil, nil
	case !in.Opened.Before(before):
		return young, nil, nil
	case in.State != event.StatusResolved:
		return kept, nil, nil
	}
	memory, err := p.Engine.Scan(ctx, queue.RowQuery{Prefix: record.MemoryPrefix(in.ID)})
	if err != nil {
		return kept, nil, fmt.Errorf("list what sinks remember of incident %s: %w", in.ID, err)
	}
	return old, memory, nil
}
