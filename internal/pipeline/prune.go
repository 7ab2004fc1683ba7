package pipeline

import (
	"context"
	"fmt"
	"strings"
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
	// room: a day each, by default.
	pruneParts = 30
	// recent is what stays however little room there is: limits are counted from the
	// log of sends (R13), and a look may still be about to put what its event is for.
	recent = time.Hour
)

// Prune forgets ended deliveries, events and ended incidents older than Keep. When
// everything takes more than KeepBytes, the oldest part of what is younger goes, too;
// one part a call, because the engine gives room back only after a while. What waits,
// what is open, what was told last of that, and what plans know stays whatever its age.
func (p *Pipeline) Prune(ctx context.Context) error {
	p = p.live.Load()
	newest := p.Now().Add(-recent)
	before := sooner(p.Now().Add(-p.Keep), newest)
	gone, err := p.pruneBefore(ctx, before)
	for err == nil {
		var lacks bool
		if lacks, err = p.lacksRoom(ctx); err != nil || !lacks {
			p.crowded.Store(false)
			return err
		}
		if gone > 0 {
			return nil // what that has made of it shows by the next time
		}
		if !before.Before(newest) {
			return p.crowd(ctx)
		}
		before = sooner(before.Add(p.Keep/pruneParts), newest)
		gone, err = p.pruneBefore(ctx, before)
	}
	return err
}

func sooner(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// lacksRoom is true when everything takes more room than it may.
func (p *Pipeline) lacksRoom(ctx context.Context) (bool, error) {
	usage, err := p.Engine.Usage(ctx)
	if err != nil {
		return false, fmt.Errorf("look how much room the queue takes: %w", err)
	}
	return p.KeepBytes > 0 && usage.Used > p.KeepBytes, nil
}

// crowd says once that nothing is left to make room with.
func (p *Pipeline) crowd(ctx context.Context) error {
	if !p.crowded.Swap(true) {
		p.Log.WarnContext(ctx, "the queue takes more room than keep_bytes, but all of it is needed: it waits, is open or recent",
			"keep_bytes", p.KeepBytes)
	}
	return nil
}

// pruneBefore forgets what is older than before, and returns of how much.
func (p *Pipeline) pruneBefore(ctx context.Context, before time.Time) (gone int, err error) {
	for more := true; more; {
		n, err := p.Engine.Prune(ctx, before, prunePage)
		if err != nil {
			return gone, fmt.Errorf("forget old deliveries: %w", err)
		}
		gone += n
		more = n == prunePage
	}
	if some, err := p.someOlder(ctx, before); err != nil || !some {
		return gone, err
	}
	needed, err := p.needed(ctx, before)
	if err != nil {
		return gone, err
	}
	events, err := p.forget(ctx, record.Events, func(row queue.Row) (age, []queue.Row, error) { return p.oldEvent(row, before, needed) })
	if err != nil {
		return gone, err
	}
	incidents, err := p.forget(ctx, record.Incidents, func(row queue.Row) (age, []queue.Row, error) {
		return p.oldIncident(ctx, row, before, needed)
	})
	return gone + events + incidents, err
}

// someOlder tells whether the oldest event or incident is older than before. Mostly
// none is, and then nobody need find out what refers to what.
func (p *Pipeline) someOlder(ctx context.Context, before time.Time) (bool, error) {
	for _, prefix := range []string{record.Events, record.Incidents} {
		rows, err := p.Engine.Scan(ctx, queue.RowQuery{Prefix: prefix, Limit: 1})
		if err != nil {
			return false, fmt.Errorf("look at the oldest row %s…: %w", prefix, err)
		}
		for _, row := range rows {
			var made struct{ Time, Opened time.Time } // one of them
			if record.Decode(row, &made) != nil || made.Time.Before(before) && made.Opened.Before(before) {
				return true, nil
			}
		}
	}
	return false, nil
}

// needs is what stays though it is old, by its id: what waits refers to it, or what is
// open does.
type needs struct {
	events    map[string]bool
	incidents map[string]bool // of what waits
}

// needed finds out what has to stay of what is older than before. What is open comes
// first: whatever is put after that tells of what was told last of it.
func (p *Pipeline) needed(ctx context.Context, before time.Time) (needs, error) {
	n := needs{events: make(map[string]bool), incidents: make(map[string]bool)}
	if err := p.opened(ctx, before, n); err != nil {
		return n, err
	}
	lanes, err := p.Engine.Lanes(ctx, record.Outbound)
	if err != nil {
		return n, fmt.Errorf("list the lanes: %w", err)
	}
	for _, lane := range lanes {
		if err := p.awaited(ctx, lane.Lane, n); err != nil {
			return n, err
		}
	}
	return n, nil
}

// awaited adds what the deliveries that wait in a lane refer to. They are all read,
// because one that is sent by hand or in place of another may tell of an old event.
func (p *Pipeline) awaited(ctx context.Context, lane string, n needs) error {
	q := queue.JobQuery{Lane: lane, State: queue.Queued, Oldest: true, Limit: prunePage}
	for {
		jobs, err := p.Engine.Jobs(ctx, q)
		if err != nil {
			return fmt.Errorf("list what waits in lane %s: %w", lane, err)
		}
		for _, j := range jobs {
			q.After = j.Seq
			d, err := record.ReadDelivery(j)
			if err != nil {
				continue // it refers to nothing
			}
			n.events[d.Event], n.incidents[d.Incident] = true, true
		}
		if len(jobs) < prunePage {
			return nil
		}
	}
}

// opened adds what was told last of each incident that was open before. What was told
// of it earlier is kept no longer than anything else: nobody asks for it any more.
func (p *Pipeline) opened(ctx context.Context, before time.Time, n needs) error {
	_, err := p.forget(ctx, record.Incidents, func(row queue.Row) (age, []queue.Row, error) {
		var in event.Incident
		if record.Decode(row, &in) != nil {
			return kept, nil, nil
		}
		if !in.Opened.Before(before) {
			return young, nil, nil
		}
		if in.State != event.StatusResolved {
			n.events[in.Last] = true
		}
		return kept, nil, nil
	})
	return err
}

// age is what pruning finds a row to be.
type age int

const (
	old age = iota
	kept
	young // and so is all that follows
)

// forget goes through the rows under prefix, removes those that are old, and what
// goes with them, and returns how many. Ids sort by time, so what is younger is not
// read.
func (p *Pipeline) forget(ctx context.Context, prefix string, look func(queue.Row) (age, []queue.Row, error)) (n int, err error) {
	after := ""
	for {
		rows, err := p.Engine.Scan(ctx, queue.RowQuery{Prefix: prefix, After: after, Limit: prunePage})
		if err != nil {
			return n, fmt.Errorf("list the rows %s…: %w", prefix, err)
		}
		var gone []queue.Row
		last := len(rows) < prunePage
		for _, row := range rows {
			found, with, err := look(row)
			if err != nil {
				return n, err
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
				return n, fmt.Errorf("forget %d rows: %w", len(gone), err)
			}
		}
		n += len(gone)
		if last {
			return n, nil
		}
		after = rows[len(rows)-1].Key
	}
}

// oldEvent looks at an event. One that cannot be read tells nobody anything.
func (p *Pipeline) oldEvent(row queue.Row, before time.Time, n needs) (age, []queue.Row, error) {
	if n.events[strings.TrimPrefix(row.Key, record.Events)] {
		return kept, nil, nil
	}
	var e event.Event
	if record.Decode(row, &e) == nil && !e.Time.Before(before) {
		return young, nil, nil
	}
	return old, nil, nil
}

// oldIncident looks at an incident, whose age counts from its end; what sinks remember
// of it goes with it.
func (p *Pipeline) oldIncident(ctx context.Context, row queue.Row, before time.Time, n needs) (age, []queue.Row, error) {
	var in event.Incident
	switch err := record.Decode(row, &in); {
	case err != nil:
		return old, nil, nil
	case !in.Opened.Before(before):
		return young, nil, nil
	case in.State != event.StatusResolved, !in.Resolved.Before(before), n.incidents[in.ID]:
		return kept, nil, nil
	}
	memory, err := p.Engine.Scan(ctx, queue.RowQuery{Prefix: record.MemoryPrefix(in.ID)})
	if err != nil {
		return kept, nil, fmt.Errorf("list what sinks remember of incident %s: %w", in.ID, err)
	}
	return old, memory, nil
}
