package pipeline

import (
	"context"
	"fmt"
	"slices"

	"bellhop/internal/event"
	"bellhop/internal/record"
	"bellhop/router/queue"
)

// tellFallbacks tells of what was reported of a plan's deliveries, and changes nothing
// else of the plan. A report that cannot be told is so for good, and the log has it.
func (p *Pipeline) tellFallbacks(ctx context.Context, ref event.PlanRef) (queue.Result, error) {
	rows, err := p.Engine.Scan(ctx, queue.RowQuery{Prefix: record.ReportPrefix(ref), Limit: maxSignals})
	if err != nil {
		return queue.Result{}, fmt.Errorf("read the reports of plan %q: %w", planKey(ref), err)
	}
	i := insteads{p: p, ref: ref, incidents: make(map[string]*standing)}
	for _, row := range rows {
		if err := i.take(ctx, row); err != nil {
			return queue.Result{}, fmt.Errorf("tell the fallbacks of plan %q: %w", planKey(ref), err)
		}
	}
	i.step.Set = append(i.step.Set, remove(rows)...)
	var res queue.Result
	if len(rows) == maxSignals { // more of them wait
		res.Again = p.Now()
	}
	res.Step, err = i.end()
	return res, err
}

// insteads is the step that tells fallbacks, while it grows.
type insteads struct {
	p         *Pipeline
	ref       event.PlanRef
	step      queue.Step
	incidents map[string]*standing // nil: there is none
}

// standing is an incident as it stands at this moment.
type standing struct {
	row queue.Row
	event.Incident
}

// take adds what becomes of one report.
func (i *insteads) take(ctx context.Context, row queue.Row) error {
	var r record.Reported
	if err := record.Decode(row, &r); err != nil {
		i.p.Log.Error("a report cannot be read and no fallback is told", "err", err)
		return nil
	}
	about, err := i.about(ctx, r)
	if err != nil {
		return err
	}
	if r.Instead.Late && about != nil && about.State == event.StatusResolved {
		return nil // over before it was told late: it needs no telling any more
	}
	e, err := i.newest(ctx, r, about)
	if err != nil {
		return err
	}
	o, known := i.p.outlets[r.Fallback]
	if !known || e.ID == "" {
		i.p.Log.Error("a fallback is not told: it is no longer configured, or its event is forgotten", "fallback", r.Fallback,
			"sink", r.Instead.Sink, "event", r.Event, "reason", r.Instead.Reason)
		return nil
	}
	return i.tell(ctx, o, e, about, r)
}

// about is the incident that the report is of as far as anybody is concerned now: its
// own, or, when that is over and the delivery dead, the one that its plan has open.
// The end of the old one would end that one, too, where both go by one key. Nil: it is
// of none, or of one that is forgotten.
func (i *insteads) about(ctx context.Context, r record.Reported) (*standing, error) {
	s, err := i.standing(ctx, r.Incident)
	if err != nil || s == nil || s.State != event.StatusResolved || r.Instead.Late {
		return s, err
	}
	row, err := i.p.owner(ctx, s.Incident, i.ref)
	if err != nil {
		return s, err
	}
	i.step.Guard = append(i.step.Guard, queue.Row{Key: row.Key, Rev: row.Rev})
	if open := i.p.known(row).Incident; open != "" {
		return i.standing(ctx, open)
	}
	return s, nil
}

// standing reads an incident, once. Of one that cannot be read it is told what the
// delivery was to tell.
func (i *insteads) standing(ctx context.Context, id string) (*standing, error) {
	if s, done := i.incidents[id]; done || id == "" {
		return s, nil
	}
	in, row, err := i.p.legible(ctx, id)
	if err != nil {
		return nil, err
	}
	i.incidents[id] = nil
	if row.Rev != 0 {
		i.incidents[id] = &standing{row, in}
	}
	return i.incidents[id], nil
}

// newest is the event to be told: the incident's last, else the delivery's own, as it
// was to be told. Its id is empty when there is none any more.
func (i *insteads) newest(ctx context.Context, r record.Reported, about *standing) (event.Event, error) {
	id := r.Event
	if about != nil {
		id = about.Last
	}
	var e event.Event
	row, err := i.p.Engine.Get(ctx, record.EventKey(id))
	if err != nil || row.Rev == 0 {
		return e, err
	}
	if err := record.Decode(row, &e); err != nil {
		i.p.Log.Error("the event of a report cannot be read", "err", err)
		return event.Event{}, nil
	}
	if about == nil {
		e.Status = r.As
	}
	return e, nil
}

// tell adds a delivery for every target of the fallback, which belongs to the
// incident's audience from then on (R10).
func (i *insteads) tell(ctx context.Context, o Outlet, e event.Event, about *standing, r record.Reported) error {
	if e.Status == event.StatusSuccess && !o.Kind.Calm {
		return nil
	}
	out := outcome{}
	var told []event.Audience
	if about != nil {
		out.incident, told = &about.Incident, about.Told
	}
	for _, target := range o.targets(told, e.DedupKey, named(e)) {
		to := event.Audience{Sink: o.Name, Target: target}
		as, before := e.Status, slices.Contains(told, to)
		if before && r.As != event.StatusOpen {
			continue // that target hears the same of its own
		}
		if as == event.StatusChanged && !before {
			as = event.StatusOpen
		}
		t := tells(to, e, as, before)
		t.instead = &r.Instead
		out.tell = append(out.tell, t)
	}
	if about != nil {
		about.Told = heard(told, out.tell)
	}
	i.p.Log.Warn("a fallback is told", "fallback", o.Name, "sink", r.Instead.Sink, "event", e.ID, "late", r.Instead.Late, "reason", r.Instead.Reason)
	return i.p.put(ctx, &i.step, i.ref, out)
}

// end is the step, with the incidents in it that were read.
func (i *insteads) end() (queue.Step, error) {
	for _, s := range i.incidents {
		if s == nil {
			continue
		}
		i.step.Guard = append(i.step.Guard, queue.Row{Key: s.row.Key, Rev: s.row.Rev})
		row, err := record.Encode(s.row.Key, s.Incident)
		if err != nil {
			return i.step, err
		}
		i.step.Set = append(i.step.Set, row)
	}
	return i.step, nil
}
