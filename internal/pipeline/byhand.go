package pipeline

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"bellhop/internal/event"
	"bellhop/internal/record"
	"bellhop/router/queue"
)

// Retry sends what a dead letter was to tell once more, as things stand now (R22):
// the newest event of its incident, to the same target. It returns the id of the new
// delivery. Errors wrap record.ErrUnknown or record.ErrRefused and say why.
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
	if d, err = p.present(ctx, d); err != nil {
		return "", err
	}
	again := queue.Job{ID: deliveryName(p.NewID(), d.Sink, d.Target), Lane: job.Lane, Key: job.Key, Due: p.Now(), Keep: true}
	if again.Payload, err = json.Marshal(d); err != nil {
		return "", fmt.Errorf("encode delivery of event %s to %s: %w", d.Event, d.Sink, err)
	}
	return again.ID, p.act(ctx, queue.Step{
		Drop: []queue.Drop{{ID: id, To: queue.Dropped, Reason: "sent once more by hand, as " + again.ID}},
		Put:  []queue.Job{again},
	})
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
		return fmt.Errorf("%w: somebody else has just acted on it", record.ErrRefused)
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

// present is the delivery as it is to be said now.
func (p *Pipeline) present(ctx context.Context, d record.Delivery) (record.Delivery, error) {
	d.Earlier, d.Again = nil, true
	if d.Incident == "" {
		return d, nil
	}
	row, err := p.Engine.Get(ctx, record.IncidentKey(d.Incident))
	if err != nil {
		return d, fmt.Errorf("read incident %s: %w", d.Incident, err)
	}
	if row.Rev == 0 {
		return d, nil // it is forgotten: there is nothing newer to say
	}
	var in event.Incident
	if err := record.Decode(row, &in); err != nil {
		return d, err
	}
	if in.State == event.StatusResolved && d.As != event.StatusResolved {
		return d, fmt.Errorf("%w: the incident has ended (%s, %s), so there is nothing to warn of any more; drop it",
			record.ErrRefused, in.EndedBy, in.Resolved.Format("2006-01-02 15:04 -07:00"))
	}
	d.Event = in.Last
	return d, nil
}
