package pipeline

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"bellhop/internal/event"
	"bellhop/internal/record"
	"bellhop/router"
	"bellhop/router/queue"
	"bellhop/sinks"
)

// trouble opens the plan's incident or takes it a step further (R5).
func (p *Pipeline) trouble(v view, known *record.Plan, seen router.Seen, e event.Event) outcome {
	in := v.incident
	if e.Status == event.StatusOpen {
		in = event.Incident{ID: p.NewID(), Key: event.DedupKey(e.Cluster.UUID, v.plan), Opened: e.Time}
	} else {
		in.Changed = e.Time
	}
	if v.known.Told.CountsAsRun(e) || in.FailedRuns == 0 {
		in.FailedRuns++
	}
	in.State, in.Plan, in.Outcome, in.Last = e.Status, e.Plan, e.Outcome, e.ID
	in.Seen = e.Time
	in.Was = event.Trouble{Outcome: e.Outcome, Cause: e.Cause, Modules: wrong(e.Modules), Since: in.Opened}
	e = belongs(e, in)
	known.Incident = in.ID
	seen.Event = e
	known.Told = known.Told.Tell(seen)
	tell := p.audience(in.Told, e)
	if !v.mayFire() && (e.Status == event.StatusOpen || !v.known.Told.CountsAsRun(e)) {
		tell = p.calmly(tell)
	}
	in.Told = heard(in.Told, tell)
	p.Observer.Told(e.Outcome)
	p.Log.Info("incident "+string(e.Status), "plan", v.plan, "outcome", e.Outcome, "cause", e.Cause,
		"modules", len(e.Modules), "not_ok", notOK(e.Modules), "event", e.ID, "incident", in.ID, "deliveries", len(tell))
	return outcome{event: &e, incident: &in, tell: tell}
}

// calmly leaves out those who wake people and were not told yet: nothing fires (R8). If
// something does again, they are told by R10.
func (p *Pipeline) calmly(all []telling) []telling {
	return slices.DeleteFunc(all, func(t telling) bool { return !t.before && !p.outlets[t.to.Sink].Kind.Calm })
}

// resolve ends the incident; everybody who was told of it hears that (R10).
func (p *Pipeline) resolve(v view, known *record.Plan, e event.Event, by event.EndedBy) outcome {
	in := v.incident
	in.State, in.Resolved, in.Last, in.EndedBy, in.Ending = event.StatusResolved, e.Time, e.ID, by, nil
	e.Status, e.EndedBy = in.State, by
	e = belongs(e, in)
	was := in.Was
	e.Was = &was
	known.Incident = ""
	if by == event.EndedBySuccess {
		known.Success, known.Well = e.Run.End, v.well(e.Time)
	}
	p.Observer.Told(e.Outcome)
	p.Log.Info("incident resolved", "about", subject(v.ref), "ended_by", e.EndedBy, "event", e.ID, "incident", in.ID, "deliveries", len(in.Told))
	var tell []telling
	for _, a := range in.Told {
		tell = append(tell, tells(a, e, e.Status, true))
	}
	return outcome{event: &e, incident: &in, closed: true, tell: tell}
}

// success tells those who like to hear it that a run went well after all, though an
// alert fires, or that it did where none is needed. When an alert does not fire any more,
// that is recorded and no more (R8).
func (p *Pipeline) success(v view, known *record.Plan, e event.Event) outcome {
	e.DedupKey = event.DedupKey(e.Cluster.UUID, v.plan)
	p.Log.Info("the run went well", "plan", v.plan, "modules", len(e.Modules), "event", e.ID)
	if !v.fires() && !v.reported {
		p.Observer.Told(e.Outcome)
		return outcome{event: &e}
	}
	known.Success, known.Well = e.Run.End, v.well(e.Time)
	p.Observer.Told(e.Outcome)
	return outcome{event: &e, tell: p.audience(nil, e)}
}

// repeat records a look that brought no news, once it has answered its signals,
// and tells of the incident whoever the routes name by now and was not told yet (R10).
func (p *Pipeline) repeat(ctx context.Context, v view, t turn) (outcome, error) {
	if v.known.Incident == "" {
		return outcome{}, nil
	}
	late, err := p.latecomers(ctx, v)
	if v.swept() && len(late) == 0 {
		return outcome{}, err
	}
	in := v.incident
	in.Told = heard(in.Told, late)
	in.Reminded = reminded(in.Reminded, late, p.Now())
	if t.again.IsZero() && !v.swept() {
		in.Repeats++
		again, unread := p.repeats(ctx, v, in.Repeats)
		late, err = append(late, again...), errors.Join(err, unread)
		in.Seen = p.Now()
		p.Log.Info("no news", "about", subject(v.ref), "incident", in.ID, "repeats", in.Repeats)
	}
	return outcome{incident: &in, tell: late}, err
}

// repeats tells those who were told of the incident that an alert fires again, one that
// came since it was last heard of: those who want to hear that, and those who could not be
// told what the sender of the alert waits for. If he only tries again, nobody else hears
// of it; and what he waits for already is not begun once more beside it, nor after it was
// cut off.
func (p *Pipeline) repeats(ctx context.Context, v view, n int) ([]telling, error) {
	fires, anew := v.again()
	if !fires {
		return nil, nil
	}
	var all []telling
	for _, a := range v.incident.Told {
		t := telling{to: a, event: v.incident.Last, as: event.StatusRepeat, before: true, key: v.incident.Key, repeat: n}
		job, err := p.lastAwaited(ctx, v.incident, a)
		r, ok := p.outlets[a.Sink].Sink.(sinks.Repeater)
		switch {
		case err != nil:
			return nil, err
		case job.State == queue.Queued, p.cutOff(a.Sink, job):
			continue
		case job.State == queue.Dead:
			t.failed = job.ID
		case !anew || !ok || !r.Repeats():
			continue
		}
		t.alerts = v.alerts()
		all = append(all, t)
	}
	return all, nil
}

// again tells whether an alert fires that came since the incident was last heard of, and
// whether one of them is more than another try of what its sender was told had failed.
func (v *view) again() (fires, anew bool) {
	for _, s := range v.signals {
		if s.Alert.Status == event.Firing && s.Accepted.After(v.incident.Seen) {
			fires, anew = true, anew || !s.Retry
		}
	}
	return fires, anew
}

// latecomers are told what was told last, and so it is that which the routes see,
// with the alerts that fire now.
func (p *Pipeline) latecomers(ctx context.Context, v view) ([]telling, error) {
	if !v.mayFire() {
		return nil, nil
	}
	row, err := p.Engine.Get(ctx, record.EventKey(v.incident.Last))
	if err != nil {
		return nil, fmt.Errorf("read what was told last of incident %s: %w", v.incident.ID, err)
	}
	var e event.Event
	if err := record.Decode(row, &e); err != nil {
		p.Log.Error("nobody else is told of an incident whose last event cannot be read", "incident", v.incident.ID, "err", err)
		return nil, nil
	}
	e.Status, e.Alerts = event.StatusOpen, v.alerts()
	return slices.DeleteFunc(p.audience(v.incident.Told, e), func(t telling) bool { return t.before }), nil
}

// wrong are the modules that will be said to have been wrong: one that was still
// to report was not.
func wrong(ms []event.Module) []event.Module {
	return slices.DeleteFunc(event.NotOK(ms), func(m event.Module) bool { return m.State == event.StatePending })
}

// belongs writes the incident into the event.
func belongs(e event.Event, in event.Incident) event.Event {
	e.Incident, e.DedupKey, e.Opened, e.FailedRuns = in.ID, in.Key, in.Opened, in.FailedRuns
	return e
}
