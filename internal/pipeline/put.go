package pipeline

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"bellhop/internal/event"
	"bellhop/internal/pdcef"
	"bellhop/internal/record"
	"bellhop/router/queue"
	"bellhop/sinks"
)

// put adds to the step the jobs that carry an outcome, one a target, and what they
// supersede. A job that is just being worked on cannot be told from one that waits:
// then the step is turned down and the look done anew, and by then it shows that it
// has begun.
func (p *Pipeline) put(ctx context.Context, step *queue.Step, ref event.PlanRef, o outcome) error {
	for _, t := range o.tell {
		d := record.Delivery{
			Event: t.event, Sink: t.to.Sink, Target: t.to.Target, As: t.as, Brief: t.brief, Plan: ref,
			Again: t.before, Instead: t.instead, Reminder: t.reminder, Alerts: t.alerts, Same: sameness(t.cef),
		}
		if o.incident != nil {
			d.Incident = o.incident.ID
		}
		if t.failed != "" {
			step.Drop = append(step.Drop, queue.Drop{ID: t.failed, To: queue.Dropped, Reason: "the alert fires again, and it is tried once more, as " + deliveryID(t)})
		}
		if err := p.deliver(ctx, step, t, d); err != nil {
			return err
		}
	}
	return nil
}

// job is where a delivery waits. Those of one incident and target share a key, and so
// keep their order; the key is the dedup key, because a new incident must not overtake
// the end of the one before. Where an end is to reach what is under way, each has a key of
// its own.
func (p *Pipeline) job(ctx context.Context, t telling) (queue.Job, error) {
	job := queue.Job{ID: deliveryID(t), Key: orderKey(t.key, t.to.Target), Due: p.Now(), Keep: true}
	var err error
	job.Lane, err = p.lane(ctx, t.to, job.Key)
	return job, err
}

// deliver adds one delivery.
func (p *Pipeline) deliver(ctx context.Context, step *queue.Step, t telling, d record.Delivery) error {
	job, err := p.job(ctx, t)
	if err != nil {
		return err
	}
	how := p.outlets[d.Sink].Kind.Supersede
	if p.outlets[d.Sink].passesOn(d) {
		how = sinks.KeepDistinct
	}
	before, err := p.before(ctx, how, job, d)
	if err != nil {
		return err
	}
	if how == sinks.KeepBegun {
		job.Key += "\x00" + job.ID
	}
	if slices.ContainsFunc(before, func(w waiting) bool { return w.id == job.ID }) {
		return nil // the very same waits already, or is just being sent
	}
	c := supersede(how, before, d)
	for _, id := range c.drop {
		step.Drop = append(step.Drop, queue.Drop{ID: id, To: queue.Superseded, Reason: c.reason})
	}
	if n := len(c.drop); n > 0 {
		p.Observer.Superseded(d.Sink, n)
		p.Log.Debug("deliveries superseded", "sink", d.Sink, "target", d.Target, "event", d.Event, "superseded", n, "sent", c.put)
	}
	if !c.put {
		return nil
	}
	if job.Payload, err = json.Marshal(c.next); err != nil {
		return fmt.Errorf("encode delivery of event %s to %s: %w", d.Event, d.Sink, err)
	}
	step.Put = append(step.Put, job)
	return nil
}

// passesOn is true when the delivery is of an event that the far end gets as it came (R18).
func (o Outlet) passesOn(d record.Delivery) bool {
	topic := d.Plan.Topic
	return o.Kind.Passes && (strings.HasPrefix(topic, event.TopicEvent) || strings.HasPrefix(topic, event.TopicChange))
}

// sameness is equal for triggers that say the same, and empty for all else.
func sameness(cef *event.CEF) string {
	if cef == nil || cef.Action != pdcef.Trigger {
		return ""
	}
	sum := sha256.Sum256(cef.Body)
	return hex.EncodeToString(sum[:8])
}

// orderKey is the key of the deliveries for one target under a dedup key.
func orderKey(dedup, target string) string { return dedup + "\x00" + target }

// before lists the deliveries of the incident of d that wait for the same target, the
// oldest first, where something may become of them.
func (p *Pipeline) before(ctx context.Context, how sinks.Superseding, job queue.Job, d record.Delivery) ([]waiting, error) {
	switch {
	case d.Incident == "" || how == sinks.KeepAll:
		return nil, nil
	case how == sinks.KeepBegun && d.As != event.StatusResolved:
		return nil, nil
	case how == sinks.KeepBegun: // each has a key of its own, that begins so
		return p.among(ctx, queue.JobQuery{Lane: job.Lane}, job.Key, d.Incident)
	}
	return p.waiting(ctx, job, d.Incident)
}

// waiting lists the deliveries of the incident that wait for the same target as job, the
// oldest first.
func (p *Pipeline) waiting(ctx context.Context, job queue.Job, incident string) ([]waiting, error) {
	return p.among(ctx, queue.JobQuery{Lane: job.Lane, Key: job.Key}, job.Key, incident)
}

// among lists those of the incident among the jobs that wait and whose keys begin so. One
// that cannot be read goes its own way.
func (p *Pipeline) among(ctx context.Context, q queue.JobQuery, key, incident string) ([]waiting, error) {
	q.State, q.Oldest = queue.Queued, true
	jobs, err := p.Engine.Jobs(ctx, q)
	if err != nil {
		return nil, fmt.Errorf("list what waits in lane %s: %w", q.Lane, err)
	}
	var all []waiting
	for _, j := range jobs {
		if !strings.HasPrefix(j.Key, key) {
			continue
		}
		d, err := record.ReadDelivery(j)
		if err == nil && d.Incident == incident {
			all = append(all, waiting{id: j.ID, heard: j.Heard, Delivery: d})
		}
	}
	return all, nil
}
