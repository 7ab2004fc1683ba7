package pipeline

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"bellhop/internal/event"
	"bellhop/internal/record"
	"bellhop/router/queue"
)

// rehomePage is how many deliveries are looked at at a time.
const rehomePage = 200

// Rehome sees to what waits for a key that is lost (R15): one that the settings name
// no longer, or that the far end calls invalid. An incident that nobody heard of
// through it is told through another key. What was heard can be changed and ended
// through no other key, so it is set aside with the reason, and the fallback is told.
// What is just being worked on is left for the next time.
func (p *Pipeline) Rehome(ctx context.Context) error {
	p = p.live.Load()
	lanes, err := p.Engine.Lanes(ctx, record.Outbound)
	if err != nil {
		return fmt.Errorf("list the lanes: %w", err)
	}
	for _, l := range lanes {
		sink, _ := record.SinkOf(l.Lane)
		o, configured := p.outlets[sink]
		if !configured || l.Depth == 0 || o.serves(l.Lane) {
			continue
		}
		if err := p.rehomeLane(ctx, o, l.Lane); err != nil {
			return fmt.Errorf("see to what waits in lane %s: %w", l.Lane, err)
		}
	}
	return nil
}

// serves is true when nothing in the lane can be for a target that is lost.
func (o Outlet) serves(lane string) bool {
	k, ok := o.keyed()
	if !ok {
		return lane == record.Lane(o.Name)
	}
	return slices.ContainsFunc(k.Targets(), func(target string) bool {
		return record.KeyLane(o.Name, target) == lane && k.Lost(target) == nil
	})
}

// rehomeLane goes through one lane. What is behind something that is just being worked
// on under the same key does not overtake it.
func (p *Pipeline) rehomeLane(ctx context.Context, o Outlet, lane string) error {
	busy := make(map[string]bool) // by key
	q := queue.JobQuery{Lane: lane, State: queue.Queued, Oldest: true, Limit: rehomePage}
	for {
		jobs, err := p.Engine.Jobs(ctx, q)
		if err != nil {
			return err
		}
		for _, j := range jobs {
			if busy[j.Key] {
				continue
			}
			done, err := p.rehomeJob(ctx, o, j)
			if err != nil {
				return err
			}
			if !done {
				busy[j.Key] = true
			}
		}
		if len(jobs) < rehomePage {
			return nil
		}
		q.After = jobs[len(jobs)-1].Seq
	}
}

// rehomeJob sees to all that waits of a job's incident for its target, when that is lost.
// It is not done while some of that is just being worked on.
func (p *Pipeline) rehomeJob(ctx context.Context, o Outlet, j queue.Job) (done bool, err error) {
	d, err := record.ReadDelivery(j)
	if err != nil {
		return p.bury(ctx, o, j, err)
	}
	lost := o.lost(j.Lane, d.Target)
	if lost == nil {
		return true, nil
	}
	s := stray{o: o, lost: lost, dedup: strings.TrimSuffix(j.Key, orderKey("", d.Target)), all: []waiting{{j.ID, j.Heard, d}}}
	if d.Incident != "" {
		if s.all, err = p.waiting(ctx, j, d.Incident); err != nil || len(s.all) == 0 {
			return err == nil, err // none: an earlier job of the page has taken this one along
		}
	}
	return p.rehome(ctx, s)
}

// bury sets aside what cannot be read.
func (p *Pipeline) bury(ctx context.Context, o Outlet, j queue.Job, cause error) (done bool, err error) {
	done, err = p.unlessBusy(ctx, queue.Step{Drop: []queue.Drop{{ID: j.ID, To: queue.Dead, Reason: cause.Error()}}})
	if done {
		p.Observer.SetAside(o.Name, 1)
		p.Log.Error("a delivery of a lost key was set aside", "sink", o.Name, "delivery", j.ID, "err", cause)
	}
	return done, err
}

func (p *Pipeline) rehome(ctx context.Context, s stray) (done bool, err error) {
	heard, err := p.wasHeard(ctx, s)
	if err != nil {
		return false, err
	}
	var step queue.Step
	if heard {
		step, err = p.abandon(s)
	} else {
		step, err = p.pass(ctx, s)
	}
	if err != nil {
		return false, err
	}
	if done, err = p.unlessBusy(ctx, step); done {
		p.tellRehomed(s, heard)
	}
	return done, err
}

// unlessBusy carries out a step unless what it is about has just changed: the next
// time looks at it again.
func (p *Pipeline) unlessBusy(ctx context.Context, s queue.Step) (done bool, err error) {
	err = p.Engine.Do(ctx, s)
	if errors.Is(err, queue.ErrChanged) {
		return false, nil
	}
	return err == nil, err
}

// stray is what waits of one incident for a target that is lost.
type stray struct {
	o     Outlet
	lost  error
	dedup string
	all   []waiting // the oldest first, and never none
}

// newest is what is to be said by now.
func (s stray) newest() record.Delivery { return s.all[len(s.all)-1].Delivery }

// drops ends everything that waits.
func (s stray) drops(to queue.State, reason string) []queue.Drop {
	var drops []queue.Drop
	for _, w := range s.all {
		drops = append(drops, queue.Drop{ID: w.id, To: to, Reason: reason})
	}
	return drops
}

// wasHeard is true when the far end may know of the incident through this target: of
// what it took over, a sink with keys remembers something.
func (p *Pipeline) wasHeard(ctx context.Context, s stray) (bool, error) {
	if slices.ContainsFunc(s.all, func(w waiting) bool { return w.heard }) {
		return true, nil
	}
	d := s.newest()
	if d.Incident == "" {
		return false, nil
	}
	row, err := p.Engine.Get(ctx, record.MemoryKey(d.Incident, audienceOf(d)))
	if err != nil {
		return false, fmt.Errorf("read what %s remembers of incident %s: %w", d.Sink, d.Incident, err)
	}
	return row.Rev != 0, nil
}

// abandon is the step that sets aside what was heard through a key that is lost, and
// has the fallback told.
func (p *Pipeline) abandon(s stray) (queue.Step, error) {
	reason := s.lost.Error() + "; what was opened through it can only be ended by hand, at the far end"
	step := queue.Step{Drop: s.drops(queue.Dead, reason)}
	for _, w := range s.all {
		report, err := p.reportOf(s.o, w.id, w.Delivery, event.Instead{Sink: s.o.Name, Reason: reason})
		if err != nil {
			return step, err
		}
		step.Set, step.Put = append(step.Set, report.Set...), append(step.Put, report.Put...)
	}
	return step, nil
}

// pass is the step that tells another target what nobody heard through the one that
// is lost.
func (p *Pipeline) pass(ctx context.Context, s stray) (queue.Step, error) {
	d := s.newest()
	step := queue.Step{Drop: s.drops(queue.Superseded, s.lost.Error()+"; nobody had heard of it, so another one is told")}
	in, row, err := p.legible(ctx, d.Incident) // none for a delivery that belongs to none
	if err != nil {
		return step, err
	}
	told := slices.DeleteFunc(slices.Clone(in.Told), func(a event.Audience) bool { return a == audienceOf(d) })
	if say := s.untold(in); len(say) > 0 {
		for _, target := range s.o.targets(told, s.dedup, "") {
			if err := p.putAnew(ctx, &step, say, s.dedup, target); err != nil {
				return step, err
			}
			told = append(told, event.Audience{Sink: s.o.Name, Target: target})
		}
	}
	if row.Rev == 0 {
		return step, nil
	}
	in.Told = told
	return step, replace(&step, row, in)
}

// untold is what is to be said to somebody who has heard nothing of the incident yet:
// each event that is passed on (R14), else what is newest. Of what is over by now there
// is nothing to be told, but an end that is passed on is the sender's word.
func (s stray) untold(in event.Incident) []record.Delivery {
	d := s.newest()
	switch {
	case s.o.passesOn(d):
		return s.each()
	case d.As == event.StatusResolved, in.State == event.StatusResolved:
		return nil
	}
	for _, w := range s.all {
		d.Instead = cmp.Or(d.Instead, w.Instead)
	}
	return []record.Delivery{asFirst(d)}
}

// each is all that waits, in its order.
func (s stray) each() []record.Delivery {
	var all []record.Delivery
	for _, w := range s.all {
		all = append(all, w.Delivery)
	}
	all[0] = asFirst(all[0])
	return all
}

// asFirst is a delivery as somebody hears it who has heard nothing yet.
func asFirst(d record.Delivery) record.Delivery {
	if d.As == event.StatusChanged {
		d.As = event.StatusOpen
	}
	d.Again, d.Brief.Status = false, d.As
	return d
}

// putAnew adds to the step that a target is told all of say, in that order.
func (p *Pipeline) putAnew(ctx context.Context, step *queue.Step, say []record.Delivery, dedup, target string) error {
	for _, d := range say {
		job, err := p.anew(ctx, d, dedup, target)
		if err != nil {
			return err
		}
		step.Put = append(step.Put, job)
	}
	return nil
}

// replace adds to the step that an incident is rewritten, unless somebody else did.
func replace(step *queue.Step, row queue.Row, in event.Incident) error {
	now, err := record.Encode(row.Key, in)
	step.Guard, step.Set = append(step.Guard, queue.Row{Key: row.Key, Rev: row.Rev}), append(step.Set, now)
	return err
}

// anew is a delivery that is sent to a target once more, or in place of another, under
// an id that nothing had before.
func (p *Pipeline) anew(ctx context.Context, d record.Delivery, dedup, target string) (queue.Job, error) {
	d.Target = target
	job := queue.Job{ID: deliveryName(p.NewID(), d.Sink, target), Key: orderKey(dedup, target), Due: p.Now(), Keep: true}
	var err error
	if job.Lane, err = p.lane(ctx, audienceOf(d), job.Key); err != nil {
		return job, err
	}
	if job.Payload, err = json.Marshal(d); err != nil {
		return job, fmt.Errorf("encode delivery of event %s to %s: %w", d.Event, d.Sink, err)
	}
	return job, nil
}

// tellRehomed lets log and observer know what became of a stray.
func (p *Pipeline) tellRehomed(s stray, heard bool) {
	d, n := s.newest(), len(s.all)
	about := []any{"sink", d.Sink, "target", d.Target, "about", subject(d.Plan), "incident", d.Incident, "deliveries", n, "reason", s.lost}
	if heard {
		p.Observer.SetAside(d.Sink, n)
		p.Log.Error("deliveries were set aside: what the far end heard through a key can go on through no other", about...)
		return
	}
	p.Observer.Superseded(d.Sink, n)
	p.Log.Warn("deliveries of a key that is lost go another way", about...)
}
