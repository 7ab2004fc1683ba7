package pipeline

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"bellhop/correlate"
	"bellhop/internal/event"
	"bellhop/internal/record"
	"bellhop/router/queue"
)

// maxSpread is about how many rows one step of spreading writes; the signals that are left
// wait for the next look.
const maxSpread = 2000

// spreading is the step that hands signals which name no single plan to those plans that
// they may speak of (R4), while it grows. One that names none goes to every plan with a
// status inside recent_window, one that names several to those of them, one that stands
// for alerts left out to every plan whose newest run did not succeed. A missed run has
// left no status by which to find its plan: that alert is an incident of its own, as is
// any of which no plan is found.
type spreading struct {
	p      *Pipeline
	plans  []correlate.Latest
	row    queue.Row // of handed
	handed record.Handed
	own    map[string]event.Signal // what the incident of no plan speaks of
	step   queue.Step
	to     []string // the plans that were handed something, those that failed first
	more   bool     // others wait
}

// spread takes out of v the signals that it hands to plans by the step. Done is true when
// they took what there was of an incident with them, and the look has nothing left.
func (p *Pipeline) spread(ctx context.Context, v *view) (step queue.Step, done bool, err error) {
	if !slices.ContainsFunc(v.signals, func(s event.Signal) bool { return !s.Missed }) {
		return step, false, nil
	}
	s := spreading{p: p, handed: make(record.Handed), own: v.known.Firing, more: len(v.waiting) == maxSignals}
	if s.plans, err = p.Correlator.Survey(ctx, v.ref.Name); err != nil {
		return step, false, fmt.Errorf("%w: %w", errAway, err)
	}
	if err := s.read(ctx, v.ref); err != nil {
		return step, false, err
	}
	if err := s.takeAll(v); err != nil || len(s.step.Set) == 0 {
		return step, false, err
	}
	if err := s.finish(v.ref); err != nil {
		return step, false, err
	}
	p.Log.Info("alerts that name no single plan were handed on", "plan", v.plan, "plans", s.to)
	if v.blind() && !v.fires() { // all that it spoke of is the plans'
		done, err = s.handOver(ctx, v)
	}
	return s.step, done || v.swept() && !v.open, err
}

func (s *spreading) read(ctx context.Context, ref event.PlanRef) (err error) {
	if s.row, err = s.p.Engine.Get(ctx, record.HandedKey(ref)); err != nil {
		return fmt.Errorf("read which alerts were handed to which plans: %w", err)
	}
	if s.row.Rev == 0 {
		return nil
	}
	if err := record.Decode(s.row, &s.handed); err != nil {
		s.p.Log.Error("to which plans alerts were handed is lost", "err", err)
	}
	return nil
}

// takeAll hands on what can be handed on, and leaves in v what is for the look itself.
func (s *spreading) takeAll(v *view) error {
	var stay []event.Signal
	rows := make(map[string]queue.Row, len(v.waiting))
	for _, row := range v.waiting {
		rows[row.Key] = row
	}
	for _, signal := range v.signals {
		row, err := record.SignalRow(signal)
		if err != nil {
			return err
		}
		if len(s.step.Set) >= maxSpread {
			s.more = true
			delete(rows, row.Key)
			continue
		}
		gone, err := s.take(signal)
		if err != nil {
			return err
		}
		if !gone {
			stay = append(stay, signal)
			continue
		}
		s.step.Set = append(s.step.Set, remove([]queue.Row{rows[row.Key]})...)
		delete(rows, row.Key)
	}
	v.waiting = slices.DeleteFunc(slices.Clone(v.waiting), func(row queue.Row) bool { return rows[row.Key].Key == "" })
	v.signals = stay
	v.fold()
	return nil
}

// take hands one signal to the plans that it may speak of; gone is false when it is for
// the incident of no plan (also).
func (s *spreading) take(signal event.Signal) (gone bool, err error) {
	if signal.Missed {
		return false, nil
	}
	to := s.whom(signal)
	for _, plan := range to {
		signal.Plan = event.PlanRef{ID: plan}
		row, err := record.SignalRow(signal)
		if err != nil {
			return false, err
		}
		s.step.Set = append(s.step.Set, row)
		if !slices.Contains(s.to, plan) {
			s.to = append(s.to, plan)
		}
	}
	s.note(signal, to)
	_, own := s.own[signal.Alert.Fingerprint]
	return signal.Cut || len(to) > 0 && !own, nil
}

// whom lists the plans that the signal may speak of, those that failed first.
func (s *spreading) whom(signal event.Signal) []string {
	id := signal.Alert.Fingerprint
	before, known := s.handed[id]
	_, own := s.own[id]
	ended := signal.Alert.Status == event.Resolved
	if ended && (known || own) {
		return before.Plans
	}
	// A repeat, and an end whose beginning was not seen, claim nothing against a run that
	// went well.
	claims := !ended && !own && (!known || signal.Alert.StartsAt.After(before.StartsAt))
	since := signal.Accepted.Add(-s.p.Timing.RecentWindow)
	var failed, well []string
	for _, l := range s.plans {
		switch bad := l.Outcome != event.Success; {
		case l.Newest.IsZero(), signal.Cut && !(bad && l.Enabled), !signal.Cut && l.Newest.Before(since):
		case bad:
			failed = append(failed, l.Plan)
		case claims:
			well = append(well, l.Plan)
		}
	}
	all := append(failed, well...)
	for _, plan := range before.Plans {
		if !slices.Contains(all, plan) {
			all = append(all, plan)
		}
	}
	return all
}

// note remembers to which plans an alert was handed, so that they hear of its end.
func (s *spreading) note(signal event.Signal, to []string) {
	id := signal.Alert.Fingerprint
	switch {
	case signal.Cut:
	case signal.Alert.Status == event.Resolved:
		delete(s.handed, id)
	case len(to) > 0:
		s.handed[id] = record.Hand{Plans: to, StartsAt: signal.Alert.StartsAt, Accepted: signal.Accepted}
	}
	if len(s.handed) > maxFiring {
		delete(s.handed, slices.MinFunc(slices.Collect(maps.Keys(s.handed)), func(a, b string) int {
			return s.handed[a].Accepted.Compare(s.handed[b].Accepted)
		}))
	}
}

// finish adds to the step what was noted, and a look at each plan.
func (s *spreading) finish(ref event.PlanRef) error {
	row, err := record.Encode(s.row.Key, s.handed)
	if err != nil {
		return err
	}
	s.step.Guard = append(s.step.Guard, queue.Row{Key: s.row.Key, Rev: s.row.Rev})
	s.step.Set = append(s.step.Set, row)
	refs := make([]event.PlanRef, 0, len(s.to)+1)
	for _, plan := range s.to {
		refs = append(refs, event.PlanRef{ID: plan})
	}
	if s.more {
		refs = append(refs, ref)
	}
	for _, ref := range refs {
		job, err := lookJob(ref, s.p.Now())
		if err != nil {
			return err
		}
		s.step.Put = append(s.step.Put, job)
	}
	return nil
}

// handOver gives an incident that was opened while nobody could tell which plan it is
// about to one of those that its alerts were handed to. Where each has one of its own,
// there is nothing left for it to wait for.
func (s *spreading) handOver(ctx context.Context, v *view) (done bool, err error) {
	s.step.Guard = append(s.step.Guard, queue.Row{Key: v.row.Key, Rev: v.row.Rev})
	for _, plan := range s.to {
		moved, err := s.p.moveIncident(ctx, *v, event.PlanRef{ID: plan}, &s.step)
		if moved || err != nil {
			return moved, err
		}
	}
	v.incident.Ending = &event.Ending{Since: s.p.Now()}
	return false, nil
}
