package pipeline

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"bellhop/internal/event"
	"bellhop/internal/record"
	"bellhop/router/queue"
)

// Died returns what else happens in the step in which a delivery of a sink is set
// aside: it is reported to a job of the plan, which tells the fallback (R12). There are
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
	if err != nil {
		return queue.Step{}, err
	}
	return p.reportOf(o, j.ID, d, instead)
}

// reportOf is report, of a delivery that was read.
func (p *Pipeline) reportOf(o Outlet, id string, d record.Delivery, instead event.Instead) (queue.Step, error) {
	merely := d.Plan.Topic != "" && d.Incident == "" // an event that is about nothing that is open
	if o.Fallback == "" || d.Instead != nil || merely {
		return queue.Step{}, nil
	}
	row, err := record.ReportRow(d.Plan, record.Reported{
		Delivery: id, Incident: d.Incident, Event: d.Event, As: d.As, Instead: instead, Fallback: o.Fallback,
	})
	if err != nil {
		return queue.Step{}, err
	}
	job, err := p.reportJob(d.Plan)
	return queue.Step{Set: []queue.Row{row}, Put: []queue.Job{job}}, err
}

// reportJob is the one job that tells the fallbacks of a plan. It is not the job that
// looks at the plan, because that one's time must not move (R1): a look before the run
// has left its statuses takes an alert for a repeat.
func (p *Pipeline) reportJob(ref event.PlanRef) (queue.Job, error) {
	payload, err := json.Marshal(record.Look{Ref: ref, Reports: true})
	if err != nil {
		return queue.Job{}, fmt.Errorf("encode look at the reports of plan %q: %w", ref.ID, err)
	}
	id := record.ReportID(ref)
	return queue.Job{ID: id, Lane: record.Inbox, Key: id, Due: p.Now(), Payload: payload}, nil
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
		for _, lane := range o.lanes() {
			if err := p.lateIn(ctx, o, lane); err != nil {
				return fmt.Errorf("look for late deliveries of %s: %w", o.Name, err)
			}
		}
	}
	return nil
}

func (p *Pipeline) lateIn(ctx context.Context, o Outlet, lane string) error {
	for more := true; more; {
		var err error
		if more, err = p.latePage(ctx, o, lane); err != nil {
			return err
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
	underWay := o.Kind.Long && !j.Begun.IsZero() // which is not late
	if err != nil || d.As != event.StatusOpen || !d.Reminder.IsZero() || underWay {
		return queue.Step{}, err
	}
	instead := event.Instead{Sink: o.Name, Late: true, Reason: fmt.Sprintf("nothing was delivered for %s", o.FallbackAfter.Round(time.Second))}
	if n := len(j.Attempts); n > 0 {
		instead.Reason = j.Attempts[n-1].Error
	}
	return p.report(o, j, instead)
}
