package pipeline

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"bellhop/internal/event"
	"bellhop/internal/record"
	"bellhop/router/queue"
)

// unheardFor is how long an alert that is forwarded may be silent until it counts as over
// (R9). Alertmanager repeats what fires every few hours.
const unheardFor = 24 * time.Hour

// subject is what a look is about, for the log.
func subject(ref event.PlanRef) string { return cmp.Or(ref.ID, ref.Name, ref.Topic) }

// forward looks at what is about no plan: an alert that is forwarded, or an event that is
// passed on (R18). There is nothing to be found out about it.
func (p *Pipeline) forward(ctx context.Context, look record.Look) (queue.Result, error) {
	if strings.HasPrefix(look.Ref.Topic, event.TopicAlert) {
		return p.forwardAlert(ctx, look)
	}
	return p.passOn(ctx, look)
}

// forwardAlert tells of an alert when it begins to fire and when it ends.
func (p *Pipeline) forwardAlert(ctx context.Context, look record.Look) (queue.Result, error) {
	v, err := p.read(ctx, look.Ref, p.Now())
	if err != nil {
		return queue.Result{}, err
	}
	v.forEnd = look.Ending
	open := v.known.Incident != ""
	switch {
	case look.Ending && (!v.swept() || !open):
		return queue.Result{}, nil // another look does
	case v.swept() && open:
		return p.unheard(ctx, v)
	case v.fires() && !open && !v.quiet():
		e := p.alertEvent(ctx, v, event.StatusOpen)
		e.DedupKey = event.AlertKey(e.Cluster.UUID, strings.TrimPrefix(look.Ref.Topic, event.TopicAlert))
		return p.turnOut(ctx, v, p.begin(v, e), unheardFor)
	case open && v.fires() && v.quiet():
		in := v.incident
		in.Seen = p.Now()
		return p.turnOut(ctx, v, outcome{incident: &in}, unheardFor)
	case open && len(v.fresh) > 0:
		return p.firesAnew(ctx, v)
	case open && v.fires():
		told, err := p.repeat(ctx, v, turn{})
		if err != nil {
			return queue.Result{}, err
		}
		return p.turnOut(ctx, v, told, unheardFor)
	case open:
		return p.turnOut(ctx, v, p.finishAlert(ctx, v, event.EndedBySuccess), 0)
	}
	return p.turnOut(ctx, v, outcome{}, 0)
}

// firesAnew opens another incident: an alert that began to fire later than the one that is
// known is another one, and the end of that one was lost. Nobody is told of that end,
// because it is not over.
func (p *Pipeline) firesAnew(ctx context.Context, v view) (queue.Result, error) {
	before := v.incident
	before.State, before.Resolved, before.EndedBy = event.StatusResolved, p.Now(), event.EndedByUnreported
	row, err := record.Encode(v.about.Key, before)
	if err != nil {
		return queue.Result{}, err
	}
	e := p.alertEvent(ctx, v, event.StatusOpen)
	e.DedupKey = before.Key
	res, err := p.turnOut(ctx, v, p.begin(v, e), unheardFor)
	res.Step.Set = append(res.Step.Set, row)
	return res, err
}

// unheard ends an incident of whose alert nobody has said anything for a day.
func (p *Pipeline) unheard(ctx context.Context, v view) (queue.Result, error) {
	if left := unheardFor - p.Now().Sub(v.incident.Seen); left > 0 {
		return queue.Result{Again: p.Now().Add(left)}, nil
	}
	return p.turnOut(ctx, v, p.finishAlert(ctx, v, event.EndedByUnreported), 0)
}

func (p *Pipeline) finishAlert(ctx context.Context, v view, by event.EndedBy) outcome {
	e := p.alertEvent(ctx, v, event.StatusResolved)
	if by == event.EndedBySuccess {
		e.Severity = event.SeverityInfo
	}
	return p.resolve(v, &v.known, e, by)
}

// alertEvent is the event of an alert that is forwarded.
func (p *Pipeline) alertEvent(ctx context.Context, v view, status event.Status) event.Event {
	e := p.blank(event.KindAlert, status)
	e.Cluster = p.cluster(ctx, v)
	e.Alerts = list(v.alerts())
	if len(e.Alerts) == 0 { // nobody has said how it ended: as it was heard of last
		for _, s := range v.known.Firing {
			e.Alerts = append(e.Alerts, s.Alert)
		}
	}
	e.Severity = event.SeverityError
	for _, a := range e.Alerts {
		e.Severity = event.ReadSeverity(a.Labels["severity"])
	}
	return e
}

// blank is an event of which no run is known.
func (p *Pipeline) blank(kind event.Kind, status event.Status) event.Event {
	return event.Event{
		Version: event.Version, ID: p.NewID(), Time: p.Now(), Kind: kind, Status: status,
		Modules: []event.Module{}, Alerts: []event.Alert{}, Notes: []string{},
	}
}

// begin opens the incident of a topic.
func (p *Pipeline) begin(v view, e event.Event) outcome {
	in := event.Incident{
		ID: p.NewID(), Key: e.DedupKey, State: event.StatusOpen, Opened: e.Time, Seen: e.Time, Last: e.ID,
		Was: event.Trouble{Modules: []event.Module{}, Since: e.Time},
	}
	e = belongs(e, in)
	tell := p.audience(nil, e)
	in.Told = heard(nil, tell)
	p.Observer.Told(e.Outcome)
	p.Log.Info("incident open", "about", subject(v.ref), "event", e.ID, "incident", in.ID, "deliveries", len(tell))
	return outcome{event: &e, incident: &in, tell: tell}
}

// turnOut ends a look at a topic: what is known of it stays only while its incident is
// open. It is looked at again after quiet, when nothing was heard of it by then; 0: not.
func (p *Pipeline) turnOut(ctx context.Context, v view, o outcome, quiet time.Duration) (queue.Result, error) {
	known := v.known
	switch {
	case o.closed:
		known.Incident = ""
	case o.incident != nil:
		known.Incident = o.incident.ID
	}
	known.Cluster = event.Cluster{} // it is not what was seen of the cluster, but what was known of it
	step, err := p.step(ctx, v, known, o, true)
	if err != nil {
		return queue.Result{}, err
	}
	if known.Incident == "" {
		err := p.tidyAway(ctx, v, &step)
		return queue.Result{Step: step}, err
	}
	if quiet == 0 {
		return queue.Result{Step: step}, nil
	}
	job, err := lookForEnd(v.ref, p.Now().Add(quiet))
	if err != nil {
		return queue.Result{}, fmt.Errorf("look at %s again: %w", subject(v.ref), err)
	}
	step.Put = append(step.Put, job)
	return queue.Result{Step: step}, nil
}

// tidyAway adds to the step that nothing of a topic stays that has no open incident.
func (p *Pipeline) tidyAway(ctx context.Context, v view, step *queue.Step) error {
	step.Set = slices.DeleteFunc(step.Set, func(row queue.Row) bool { return row.Key == v.row.Key })
	step.Set = append(step.Set, queue.Row{Key: v.row.Key})
	if v.open {
		step.Set = append(step.Set, queue.Row{Key: record.OpenKey(v.plan)})
	}
	if v.forEnd {
		return nil // this look is the job
	}
	id := record.EndingID(v.ref)
	jobs, err := p.Engine.Jobs(ctx, queue.JobQuery{ID: id, State: queue.Queued, Limit: 1})
	if err != nil {
		return fmt.Errorf("see whether %s is to be looked at again: %w", subject(v.ref), err)
	}
	if len(jobs) > 0 {
		step.Drop = append(step.Drop, queue.Drop{ID: id, To: queue.Superseded, Reason: "it is over"})
	}
	return nil
}

// quiet is true when all that was heard is that the alert fires on, silenced.
func (v *view) quiet() bool {
	return !slices.ContainsFunc(v.signals, func(s event.Signal) bool { return !s.Quiet })
}
