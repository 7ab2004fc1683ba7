package pipeline

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"bellhop/internal/event"
	"bellhop/internal/record"
	"bellhop/router/queue"
)

// Remind says again what is open and has not changed for as long as a sink is to be
// reminded after, to everybody whom that sink told, once each time (R6). An incident that
// may be over is not called to mind (R7), nor is anybody reminded for whom something of
// the incident still waits.
func (p *Pipeline) Remind(ctx context.Context) error {
	p = p.live.Load()
	if !slices.ContainsFunc(p.Outlets, func(o Outlet) bool { return o.Remind > 0 }) {
		return nil
	}
	after := ""
	for {
		rows, err := p.Engine.Scan(ctx, queue.RowQuery{Prefix: record.OpenPlans, After: after, Limit: sweepPage})
		if err != nil {
			return fmt.Errorf("list the open incidents: %w", err)
		}
		if len(rows) == 0 {
			return nil
		}
		for _, row := range rows {
			if err := p.remind(ctx, row); err != nil {
				return err
			}
		}
		after = rows[len(rows)-1].Key
	}
}

// remind reminds of the incident of one plan.
func (p *Pipeline) remind(ctx context.Context, open queue.Row) error {
	var look record.Look
	if err := record.Decode(open, &look); err != nil {
		p.Log.Error("nobody is reminded of a plan's open incident", "err", err)
		return nil
	}
	row, err := p.Engine.Get(ctx, record.PlanKey(planKey(look.Ref)))
	if err != nil {
		return fmt.Errorf("read what is known of plan %q: %w", planKey(look.Ref), err)
	}
	in, about, err := p.legible(ctx, p.known(row).Incident)
	if err != nil || about.Rev == 0 || in.State == event.StatusResolved || in.Ending != nil {
		return err
	}
	step := queue.Step{Guard: []queue.Row{{Key: about.Key, Rev: about.Rev}}}
	if err := p.remindAll(ctx, &step, look.Ref, &in); err != nil || len(step.Put) == 0 {
		return err
	}
	if about, err = record.Encode(about.Key, in); err != nil {
		return err
	}
	step.Set = append(step.Set, about)
	err = p.Engine.Do(ctx, step)
	if errors.Is(err, queue.ErrChanged) {
		return nil // then there may be news
	}
	return err
}

// remindAll adds the deliveries to those whose time has come.
func (p *Pipeline) remindAll(ctx context.Context, step *queue.Step, ref event.PlanRef, in *event.Incident) error {
	now := p.Now()
	var due []event.Audience
	for _, a := range in.Told {
		if after := p.outlets[a.Sink].Remind; after > 0 && now.Sub(lastSaid(*in, a.Sink)) >= after {
			due = append(due, a)
		}
	}
	if len(due) == 0 {
		return nil
	}
	e, err := p.event(ctx, in.Last)
	if err != nil {
		p.Log.Error("nobody is reminded of an open incident", "incident", in.ID, "err", err)
		return nil
	}
	if in.Acked {
		return nil
	}
	var tell []telling
	for _, a := range due {
		if e.CEF != nil && p.outlets[a.Sink].Kind.Passes {
			continue // it would be triggered anew there
		}
		t := tells(a, e, in.State, true)
		t.reminder = now
		job, err := p.job(ctx, t)
		if err != nil {
			return err
		}
		waits, err := p.waiting(ctx, job, in.ID)
		if err != nil {
			return err
		}
		if len(waits) == 0 {
			tell = append(tell, t)
		}
	}
	in.Reminded = reminded(in.Reminded, tell, now)
	return p.put(ctx, step, ref, outcome{incident: in, tell: tell})
}

// lastSaid is when the sink last heard of the incident as far as anything of it is new.
func lastSaid(in event.Incident, sink string) time.Time {
	last := in.Opened
	for _, t := range []time.Time{in.Changed, in.Reminded[sink]} {
		if t.After(last) {
			last = t
		}
	}
	return last
}

// reminded notes that sinks hear of an incident now, though it has not changed.
func reminded(before map[string]time.Time, tell []telling, now time.Time) map[string]time.Time {
	if len(tell) == 0 {
		return before
	}
	all := maps.Clone(before)
	if all == nil {
		all = make(map[string]time.Time)
	}
	for _, t := range tell {
		all[t.to.Sink] = now
	}
	return all
}

// asReminder is the event as it is said once more at that time.
func asReminder(e event.Event, at time.Time) event.Event {
	e.Notes = list(e.Notes)
	e.AddNote(event.Note{
		Code: event.NoteReminder, Time: e.Time,
		Text: fmt.Sprintf("this is a reminder: nothing has changed since %s", e.Time.Format(time.RFC3339)),
	})
	e.Time, e.Reminder = at, true
	return e
}
