package pipeline

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"bellhop/internal/event"
	"bellhop/internal/record"
	"bellhop/internal/retry"
	"bellhop/router/queue"
)

// Died returns what else happens in the step in which a delivery of a sink is set
// aside: it is reported to the plan's job, which tells the fallback (R12). There are
// no chains: what a fallback could not be told is told to nobody else.
func (p *Pipeline) Died(sink string) func(queue.Job) queue.Step {
	return func(j queue.Job) queue.Step {
		p := p.live.Load()
		step, err := p.report(p.outlets[sink], j, event.Instead{Sink: sink, Reason: j.Reason})
		if err != nil {
			p.Log.Error("a fallback is not told", "sink", sink, "delivery", j.ID, "err", err)
			return queue.Step{}
		}
		return step
	}
}

// report is the step that reports a delivery to its plan's job; an empty one when
// nobody is to be told.
func (p *Pipeline) report(o Outlet, j queue.Job, instead event.Instead) (queue.Step, error) {
	d, err := record.ReadDelivery(j)
	if err != nil || o.Fallback == "" || d.Instead != nil {
		return queue.Step{}, err
	}
	row, err := record.ReportRow(d.Plan, record.Reported{
		Delivery: j.ID, Incident: d.Incident, Event: d.Event, As: d.As, Instead: instead, Fallback: o.Fallback,
	})
	if err != nil {
		return queue.Step{}, err
	}
	job, err := lookJob(d.Plan, p.Now())
	return queue.Step{Set: []queue.Row{row}, Put: []queue.Job{job}}, err
}

// latePage is how many deliveries one step of Late reports at most.
const latePage = 200

// Late reports every open that has waited for longer than its sink's FallbackAfter,
// once; the sink goes on trying. What is young enough costs nothing, and what was
// looked at is not looked at again.
func (p *Pipeline) Late(ctx context.Context) error {
	p = p.live.Load()
	for _, o := range p.Outlets {
		if o.Fallback == "" || o.FallbackAfter <= 0 {
			continue
		}
		lane := record.Lane(o.Name)
		for more := true; more; {
			var err error
			if more, err = p.latePage(ctx, o, lane); err != nil {
				return fmt.Errorf("look for late deliveries of %s: %w", o.Name, err)
			}
		}
	}
	return nil
}

// latePage goes a page on; more is true when it may have left some.
func (p *Pipeline) latePage(ctx context.Context, o Outlet, lane string) (more bool, err error) {
	seen, err := p.Engine.Get(ctx, record.LateKey(lane))
	if err != nil {
		return false, err
	}
	var after uint64
	if seen.Rev != 0 {
		if err := record.Decode(seen, &after); err != nil {
			p.Log.Error("a lane is looked through from its beginning", "lane", lane, "err", err)
		}
	}
	jobs, err := p.Engine.Jobs(ctx, queue.JobQuery{Lane: lane, State: queue.Queued, Oldest: true, After: after, Limit: latePage})
	if err != nil {
		return false, err
	}
	young := slices.IndexFunc(jobs, func(j queue.Job) bool { return p.Now().Sub(j.Put) < o.FallbackAfter })
	if young >= 0 {
		jobs = jobs[:young]
	}
	if len(jobs) == 0 {
		return false, nil
	}
	step := queue.Step{Guard: []queue.Row{{Key: seen.Key, Rev: seen.Rev}}}
	for _, j := range jobs {
		one, err := p.late(o, j)
		if err != nil {
			p.Log.Error("a fallback is not told of a late delivery", "delivery", j.ID, "err", err)
			continue
		}
		step.Set, step.Put = append(step.Set, one.Set...), append(step.Put, one.Put...)
	}
	row, err := record.Encode(seen.Key, jobs[len(jobs)-1].Seq)
	if err != nil {
		return false, err
	}
	step.Set = append(step.Set, row)
	return len(jobs) == latePage, p.Engine.Do(ctx, step)
}

// late is the step that reports one late delivery.
func (p *Pipeline) late(o Outlet, j queue.Job) (queue.Step, error) {
	d, err := record.ReadDelivery(j)
	if err != nil || d.As != event.StatusOpen {
		return queue.Step{}, err
	}
	instead := event.Instead{Sink: o.Name, Late: true, Reason: fmt.Sprintf("nothing was delivered for %s", o.FallbackAfter.Round(time.Second))}
	if n := len(j.Attempts); n > 0 {
		instead.Reason = j.Attempts[n-1].Error
	}
	return p.report(o, j, instead)
}

// tellFallbacks tells of what was reported of the plan's deliveries, before the look
// goes on: each is told to every target of its fallback.
func (p *Pipeline) tellFallbacks(ctx context.Context, v view) error {
	step := queue.Step{Guard: []queue.Row{{Key: v.row.Key, Rev: v.row.Rev}}}
	in := v.incident
	for _, row := range v.reports {
		step.Set = append(step.Set, queue.Row{Key: row.Key, Rev: row.Rev})
		var r record.Reported
		err := record.Decode(row, &r)
		if err == nil {
			err = p.tellFallback(ctx, v, &step, &in, r)
		}
		if retry.Of(err).Verdict == retry.Dead || errors.As(err, new(*json.SyntaxError)) {
			p.Log.Error("a fallback is not told", "plan", v.plan, "report", row.Key, "err", err)
			err = nil
		}
		if err != nil {
			return err
		}
	}
	if v.known.Incident != "" && len(in.Told) > len(v.incident.Told) {
		row, err := record.Encode(record.IncidentKey(in.ID), in)
		if err != nil {
			return err
		}
		step.Set = append(step.Set, row)
	}
	return p.Engine.Do(ctx, step)
}

// tellFallback tells one of them. An incident that was over before it was told late
// needs no telling any more; what was given up is told as it stands now. Who is told
// of the open incident, open, belongs to its audience (R10).
func (p *Pipeline) tellFallback(ctx context.Context, v view, step *queue.Step, open *event.Incident, r record.Reported) error {
	o, known := p.outlets[r.Fallback]
	if !known {
		return retry.Permanent(fmt.Errorf("tell %s in place of %s: it is no longer configured", r.Fallback, r.Instead.Sink))
	}
	in, err := p.reported(ctx, open, r.Incident)
	if err != nil {
		return err
	}
	id := r.Event
	if in.Last != "" {
		id = in.Last
	}
	if r.Instead.Late && in.State == event.StatusResolved {
		return nil
	}
	e, err := p.event(ctx, id)
	if err != nil {
		return err
	}
	for _, target := range o.Sink.Targets() {
		to := event.Audience{Sink: r.Fallback, Target: target}
		as, new := e.Status, !slices.Contains(in.Told, to)
		if !new && r.As != event.StatusOpen {
			continue // that target hears the same of its own
		}
		if as == event.StatusChanged && new {
			as = event.StatusOpen
		}
		t := tells(to, e, as, !new)
		t.instead = &r.Instead
		d := record.Delivery{
			Event: e.ID, Incident: r.Incident, Sink: r.Fallback, Target: target, As: as, Brief: t.brief, Plan: v.ref,
			Again: !new, Instead: t.instead,
		}
		if err := p.deliver(ctx, step, t, d); err != nil {
			return err
		}
		if new && in == open {
			open.Told = append(slices.Clip(open.Told), to)
		}
	}
	p.Log.Warn("a fallback is told", "fallback", r.Fallback, "sink", r.Instead.Sink, "event", e.ID, "late", r.Instead.Late, "reason", r.Instead.Reason)
	return nil
}

// reported is the incident that a report is of: the open one, or one that is over; an
// empty one when it is of none, or of one that is forgotten.
func (p *Pipeline) reported(ctx context.Context, open *event.Incident, id string) (*event.Incident, error) {
	if id != "" && open.ID == id {
		return open, nil
	}
	in := new(event.Incident)
	if id == "" {
		return in, nil
	}
	row, err := p.Engine.Get(ctx, record.IncidentKey(id))
	if err != nil {
		return nil, fmt.Errorf("read incident %s: %w", id, err)
	}
	if row.Rev == 0 {
		return in, nil
	}
	return in, record.Decode(row, in)
}
