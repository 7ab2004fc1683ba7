package pipeline

import (
	"context"
	"fmt"
	"maps"

	"bellhop/internal/event"
	"bellhop/internal/record"
	"bellhop/router/queue"
)

// move is the step that hands what is on record under a plan's name to the plan's
// own id: the signals, and an incident that was opened while nobody could tell the
// id. Where both have one open, nothing is moved: each goes on and ends by itself,
// because somebody was told of either.
func (p *Pipeline) move(ctx context.Context, v view, id string) (step queue.Step, moved bool, err error) {
	ref := event.PlanRef{ID: id}
	step.Guard = []queue.Row{{Key: v.row.Key, Rev: v.row.Rev}}
	if v.known.Incident != "" {
		moved, err := p.moveIncident(ctx, v, ref, &step)
		if !moved || err != nil {
			return step, false, err
		}
	}
	for _, s := range v.signals {
		s.Plan = ref
		row, err := record.SignalRow(s)
		if err != nil {
			return step, false, err
		}
		step.Set = append(step.Set, row)
	}
	step.Set = append(step.Set, remove(v.waiting)...)
	job, err := lookJob(ref, p.Now())
	step.Put = []queue.Job{job}
	return step, true, err
}

// moveIncident adds to the step what makes the open incident that of the plan ref.
func (p *Pipeline) moveIncident(ctx context.Context, v view, ref event.PlanRef, step *queue.Step) (moved bool, err error) {
	own := v.row
	if key := record.PlanKey(ref.ID); key != own.Key {
		if own, err = p.Engine.Get(ctx, key); err != nil {
			return false, fmt.Errorf("read what is known of plan %q: %w", ref.ID, err)
		}
	}
	known := p.known(own)
	if own.Key != v.row.Key {
		if known.Incident != "" {
			return false, nil
		}
		step.Guard = append(step.Guard, queue.Row{Key: own.Key, Rev: own.Rev})
		step.Set = append(step.Set, queue.Row{Key: v.row.Key}, queue.Row{Key: record.OpenKey(v.plan)})
	}
	row, err := record.Encode(own.Key, inherit(known, v.known))
	if err != nil {
		return false, err
	}
	open, err := record.Encode(record.OpenKey(ref.ID), record.Look{Ref: ref})
	step.Set = append(step.Set, row, open)
	return true, err
}

// inherit is what is known of a plan once it has taken over the incident that was
// open under its name.
func inherit(own, named record.Plan) record.Plan {
	own.Incident, own.Told = named.Incident, named.Told
	firing := maps.Clone(named.Firing)
	if firing == nil {
		firing = make(map[string]event.Signal)
	}
	maps.Copy(firing, own.Firing)
	own.Firing = firing
	return own
}
