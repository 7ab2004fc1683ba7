package pipeline

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"bellhop/internal/event"
	"bellhop/internal/record"
	"bellhop/router/queue"
)

// Retry sends what a dead letter was to tell once more, as things stand now (R22):
// the newest event of its incident, or its own where each is passed on, to the same
// target. It returns the id of the new delivery. Errors wrap record.ErrUnknown or record.ErrRefused and say why.
func (p *Pipeline) Retry(ctx context.Context, id string) (string, error) {
	p = p.live.Load()
	job, err := p.deadLetter(ctx, id)
	if err != nil {
		return "", err
	}
	d, err := record.ReadDelivery(job)
	if err != nil {
		return "", fmt.Errorf("%w: %w", record.ErrRefused, err)
	}
	if _, known := p.outlets[d.Sink]; !known {
		return "", fmt.Errorf("%w: the sink %q is no longer configured", record.ErrRefused, d.Sink)
	}
	var step queue.Step
	if d, err = p.present(ctx, d, &step); err != nil {
		return "", err
	}
	dedup := strings.TrimSuffix(job.Key, orderKey("", d.Target))
	if d, err = p.reach(ctx, d, dedup, &step); err != nil {
		return "", err
	}
	again, err := p.anew(ctx, d, dedup, d.Target)
	if err != nil {
		return "", err
	}
	step.Drop = []queue.Drop{{ID: id, To: queue.Dropped, Reason: "sent once more by hand, as " + again.ID}}
	step.Put = []queue.Job{again}
	if err := p.awaitInstead(ctx, d, id, again.ID, &step); err != nil {
		return "", err
	}
	return again.ID, p.act(ctx, step)
}

// Drop lets a dead letter go. Errors are as those of Retry.
func (p *Pipeline) Drop(ctx context.Context, id string) error {
	p = p.live.Load()
	if _, err := p.deadLetter(ctx, id); err != nil {
		return err
	}
	return p.act(ctx, queue.Step{Drop: []queue.Drop{{ID: id, To: queue.Dropped, Reason: "dropped by hand"}}})
}

// act does what somebody asked for, unless it was done meanwhile.
func (p *Pipeline) act(ctx context.Context, s queue.Step) error {
	err := p.Engine.Do(ctx, s)
	if errors.Is(err, queue.ErrChanged) {
		return fmt.Errorf("%w: it has just changed; look at it again", record.ErrRefused)
	}
	return err
}

// deadLetter finds the newest delivery of that id, if it is dead.
func (p *Pipeline) deadLetter(ctx context.Context, id string) (queue.Job, error) {
	jobs, err := p.Engine.Jobs(ctx, queue.JobQuery{ID: id, Prefix: record.Outbound, Limit: 1})
	if err != nil {
		return queue.Job{}, fmt.Errorf("read delivery %q: %w", id, err)
	}
	if len(jobs) == 0 {
		return queue.Job{}, fmt.Errorf("delivery %q: %w", id, record.ErrUnknown)
	}
	if jobs[0].State != queue.Dead {
		return queue.Job{}, fmt.Errorf("%w: delivery %q is %s, not dead", record.ErrRefused, id, jobs[0].State)
	}
	return jobs[0], nil
}

// present is the delivery as it is to be said now. What it was decided upon is
// guarded, because an open that is sent when the end is already under way would
// never end.
func (p *Pipeline) present(ctx context.Context, d record.Delivery, step *queue.Step) (record.Delivery, error) {
	d.Earlier, d.Again, d.Reminder = nil, true, time.Time{}
	if d.Incident == "" {
		return p.tellOf(ctx, d, d.Event)
	}
	in, row, err := p.incident(ctx, d.Incident)
	if err != nil {
		return d, err
	}
	if row.Rev == 0 { // forgotten: there is nothing newer to say
		return p.tellOf(ctx, d, d.Event)
	}
	step.Guard = append(step.Guard, queue.Row{Key: row.Key, Rev: row.Rev})
	if in.State == event.StatusResolved {
		if d.As != event.StatusResolved {
			return d, fmt.Errorf("%w: the incident has ended (%s, %s), so there is nothing to warn of any more; drop it",
				record.ErrRefused, in.EndedBy, in.Resolved.Format("2006-01-02 15:04 -07:00"))
		}
		if err := p.alone(ctx, in, d.Plan, step); err != nil {
			return d, err
		}
	}
	if p.outlets[d.Sink].passesOn(d) && d.Instead == nil { // it stands for no other event
		return p.tellOf(ctx, d, d.Event)
	}
	return p.tellOf(ctx, d, in.Last)
}

// alone refuses the end of an incident while the plan has a newer one: where a far end
// knows both by one key, it would end that one.
func (p *Pipeline) alone(ctx context.Context, in event.Incident, ref event.PlanRef, step *queue.Step) error {
	row, err := p.owner(ctx, in, ref)
	if err != nil {
		return err
	}
	if open := p.known(row).Incident; open != "" && open != in.ID {
		return fmt.Errorf("%w: the plan has a newer incident, which the end of this one would end, too; drop it", record.ErrRefused)
	}
	step.Guard = append(step.Guard, queue.Row{Key: row.Key, Rev: row.Rev})
	return nil
}

// reach finds another way for a delivery whose key is lost (R15): the incident is told
// there as one that is new. An end is refused, because it ends nothing there.
func (p *Pipeline) reach(ctx context.Context, d record.Delivery, dedup string, step *queue.Step) (record.Delivery, error) {
	o := p.outlets[d.Sink]
	lost := o.lost(record.Lane(d.Sink), d.Target)
	if lost == nil {
		return d, nil
	}
	if d.As == event.StatusResolved {
		return d, fmt.Errorf("%w: %w; end it by hand at the far end, and drop this", record.ErrRefused, lost)
	}
	in, row, err := p.incident(ctx, d.Incident) // none for a delivery that belongs to none
	if err != nil {
		return d, err
	}
	in.Told = slices.DeleteFunc(in.Told, func(a event.Audience) bool { return a == audienceOf(d) })
	d.Target = o.targets(in.Told, dedup, "")[0]
	if d.As == event.StatusChanged {
		d.As, d.Brief.Status = event.StatusOpen, event.StatusOpen
	}
	if row.Rev == 0 {
		return d, nil
	}
	if to := audienceOf(d); !slices.Contains(in.Told, to) {
		in.Told = append(in.Told, to)
		if o.passesOn(d) && d.Same == "" { // an acknowledge of what was not opened there says nothing
			if d, err = p.tellOf(ctx, d, in.Last); err != nil {
				return d, err
			}
		}
	}
	return d, replace(step, row, in)
}

// tellOf is the delivery with that event to tell. One whose event is forgotten is refused.
func (p *Pipeline) tellOf(ctx context.Context, d record.Delivery, id string) (record.Delivery, error) {
	row, err := p.Engine.Get(ctx, record.EventKey(id))
	if err != nil {
		return d, fmt.Errorf("read event %s: %w", id, err)
	}
	if row.Rev == 0 {
		return d, fmt.Errorf("%w: event %s of this delivery is forgotten; drop it", record.ErrRefused, id)
	}
	var e event.Event
	if err := record.Decode(row, &e); err != nil {
		return d, fmt.Errorf("%w: %w; drop it", record.ErrRefused, err)
	}
	d.Event, d.Same, d.Brief = id, sameness(e.CEF), e.Brief()
	d.Brief.Status = d.As
	return d, nil
}

// incident reads an incident; the row's revision is 0 when there is none.
func (p *Pipeline) incident(ctx context.Context, id string) (event.Incident, queue.Row, error) {
	var in event.Incident
	row, err := p.incidentRow(ctx, id)
	if err == nil && row.Rev != 0 {
		err = record.Decode(row, &in)
	}
	return in, row, err
}

// legible reads an incident for what serves others, too, and must go on: one that cannot
// be read counts as none, and the log has it.
func (p *Pipeline) legible(ctx context.Context, id string) (event.Incident, queue.Row, error) {
	row, err := p.incidentRow(ctx, id)
	var in event.Incident
	if err != nil || row.Rev == 0 {
		return in, row, err
	}
	if err := record.Decode(row, &in); err != nil {
		p.Log.Error("an incident cannot be read and counts as none", "err", err)
		return event.Incident{}, queue.Row{Key: row.Key}, nil
	}
	return in, row, nil
}

func (p *Pipeline) incidentRow(ctx context.Context, id string) (queue.Row, error) {
	row, err := p.Engine.Get(ctx, record.IncidentKey(id))
	if err != nil {
		return row, fmt.Errorf("read incident %s: %w", id, err)
	}
	return row, nil
}

// owner reads the row of the plan whose incident this is. One that was opened under
// the plan's name may have moved to its id since.
func (p *Pipeline) owner(ctx context.Context, in event.Incident, ref event.PlanRef) (queue.Row, error) {
	plan := planKey(ref)
	row, err := p.Engine.Get(ctx, record.PlanKey(plan))
	if id := in.Plan.ID; err == nil && row.Rev == 0 && id != "" {
		plan = id
		row, err = p.Engine.Get(ctx, record.PlanKey(plan))
	}
	if err != nil {
		return row, fmt.Errorf("read what is known of plan %q: %w", plan, err)
	}
	return row, nil
}
