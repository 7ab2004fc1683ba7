package pipeline

import (
	"context"
	"errors"
	"fmt"
	"time"

	"bellhop/correlate"
	"bellhop/internal/event"
	"bellhop/internal/record"
	"bellhop/router"
	"bellhop/router/queue"
)

// turn is how a look is to be taken.
type turn struct {
	readable bool      // the cluster's state could be read
	gone     bool      // the cluster does not run the plan, or not any more
	silent   bool      // the run is not to be told
	again    time.Time // the looks go on then; zero: this was the last one
}

// tell makes of a look what it is: news, an end, or a repeat that is only recorded.
func (p *Pipeline) tell(ctx context.Context, v view, found correlate.Finding, t turn) (queue.Result, error) {
	e := p.draft(ctx, v, found)
	known := learn(v.known, e, found, t)
	seen := router.Seen{Event: e, Fresh: len(v.fresh) > 0, Firing: v.fires() || v.reported || !v.ended(e.Time).IsZero(), Newest: found.Newest}
	if e.Outcome == event.Success {
		p.Observer.Succeeded(v.plan, e.Run.End)
	}
	if !t.silent {
		seen.Event.Status = router.News(v.past(), seen)
	}
	switch {
	case seen.Event.Status == event.StatusResolved && len(v.fresh) > 0:
		t.again = e.Time // that incident is over, but what the fresh alerts claim is another matter
	case seen.Event.Status == event.StatusOpen && !v.mayFire():
		t.again = time.Time{} // from here on it is R7 that waits
	}
	told, err := p.say(ctx, v, &known, seen, t)
	if err != nil {
		return queue.Result{}, err
	}
	told, next := p.linger(v, &known, seen, t, told)
	step, err := p.step(ctx, v, known, told, t.again.IsZero())
	if err != nil || next.IsZero() {
		return queue.Result{Step: step, Again: t.again}, err
	}
	job, err := lookForEnd(v.ref, next)
	step.Put = append(step.Put, job)
	return queue.Result{Step: step, Again: t.again}, err
}

// say does what the event's status asks for.
func (p *Pipeline) say(ctx context.Context, v view, known *record.Plan, seen router.Seen, t turn) (outcome, error) {
	switch e := seen.Event; e.Status {
	case event.StatusOpen, event.StatusChanged:
		e = p.investigate(ctx, e, known.Probed)
		if errors.Is(ctx.Err(), context.Canceled) {
			return outcome{}, fmt.Errorf("ask the repository of plan %q: %w", v.plan, ctx.Err()) // the next start asks anew
		}
		known.Probed = probes(e)
		return p.trouble(v, known, seen, e), nil
	case event.StatusResolved:
		return p.resolve(v, known, e, event.EndedBySuccess), nil
	case event.StatusSuccess:
		return p.success(v, known, e), nil
	}
	return p.repeat(ctx, v, t)
}

// learn takes over what every look tells, news or not.
func learn(known record.Plan, e event.Event, found correlate.Finding, t turn) record.Plan {
	known.Cluster, known.Plan, known.Destination = e.Cluster, e.Plan, e.Destination
	known.Had = known.Had || t.readable && found.Known
	if r := found.Run; r.Settled && r.End.After(known.Settled.End) {
		known.Settled = r
	}
	return known
}

// draft is the event of a look, before anybody decided what it means.
func (p *Pipeline) draft(ctx context.Context, v view, found correlate.Finding) event.Event {
	e := event.Event{
		Version:     event.Version,
		ID:          p.NewID(),
		Time:        p.Now(),
		Kind:        found.Kind,
		Outcome:     found.Outcome,
		Cause:       found.Cause,
		Severity:    found.Outcome.Severity(),
		Cluster:     found.Cluster,
		Plan:        found.Plan,
		Destination: found.Destination,
		Run:         found.Run,
		Modules:     list(found.Modules),
		Alerts:      list(v.alerts()),
		Notes:       []string{},
	}
	for _, n := range found.Notes {
		e.AddNote(n)
	}
	if e.Cause == event.CauseRedisUnavailable { // what was known before is better than nothing
		e.Plan, e.Destination = better(v.known.Plan, e.Plan), v.known.Destination
	}
	if found.Cause == event.CauseNoStatus || found.Kind == event.KindMissed {
		e.Run = event.Run{Settled: true} // whatever statuses there are belong to no run of this alert
	}
	if e.Cluster.UUID == "" {
		e.Cluster = p.cluster(ctx, v)
	}
	return e
}

// list is never nil, so that it reads [] and not null in JSON.
func list[T any](l []T) []T { return append([]T{}, l...) }

func better(known, found event.Plan) event.Plan {
	if known.ID == "" {
		return found
	}
	return known
}

// cluster is the one that was seen last: there is only one.
func (p *Pipeline) cluster(ctx context.Context, v view) event.Cluster {
	if v.known.Cluster.UUID != "" {
		return v.known.Cluster
	}
	row, err := p.Engine.Get(ctx, record.ClusterKey)
	var c event.Cluster
	if err == nil && row.Rev != 0 {
		err = record.Decode(row, &c)
	}
	if err != nil {
		p.Log.Warn("which cluster this is cannot be read", "err", err)
	}
	return c
}

// outcome is what a look changes besides the plan's row.
type outcome struct {
	event    *event.Event // to be stored; nil: nothing new was said
	incident *event.Incident
	closed   bool // the incident is no longer open
	tell     []telling
}

// step is everything a look changes, at once.
func (p *Pipeline) step(ctx context.Context, v view, known record.Plan, o outcome, last bool) (queue.Step, error) {
	step, err := p.remember(v, known)
	if last {
		step, err = p.finish(v, known)
	}
	if err != nil {
		return step, err
	}
	if o.incident != nil {
		o.incident.Awaited = p.noteAwaited(o.incident.Awaited, o.tell)
	}
	rows, err := p.rows(v, known, o)
	if err != nil {
		return step, err
	}
	step.Set = append(step.Set, rows...)
	return step, p.put(ctx, &step, v.ref, o)
}

// rows are the event and the incident, and the mark that one is open.
func (p *Pipeline) rows(v view, known record.Plan, o outcome) ([]queue.Row, error) {
	values := make(map[string]any)
	if o.event != nil {
		values[record.EventKey(o.event.ID)] = o.event
	}
	if o.incident != nil {
		values[record.IncidentKey(o.incident.ID)] = o.incident
	}
	if known.Incident != "" {
		values[record.OpenKey(v.plan)] = record.Look{Ref: v.ref}
	}
	if known.Cluster.UUID != "" {
		values[record.ClusterKey] = known.Cluster
	}
	var rows []queue.Row
	for key, value := range values {
		row, err := record.Encode(key, value)
		if err != nil {
			return nil, err
		}
		rows = append(rows, row)
	}
	if o.closed {
		rows = append(rows, queue.Row{Key: record.OpenKey(v.plan)})
	}
	return rows, nil
}
