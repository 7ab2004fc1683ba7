package pipeline

import (
	"slices"

	"bellhop/internal/event"
	"bellhop/internal/record"
	"bellhop/router"
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
	in.Told = heard(in.Told, tell)
	p.Observer.Told(e.Outcome)
	p.Log.Info("incident "+string(e.Status), "plan", v.plan, "outcome", e.Outcome, "cause", e.Cause,
		"event", e.ID, "incident", in.ID, "deliveries", len(tell))
	return outcome{event: &e, incident: &in, tell: tell}
}

// resolve ends the incident; everybody who was told of it hears that (R10).
func (p *Pipeline) resolve(v view, known *record.Plan, e event.Event) outcome {
	in := v.incident
	in.State, in.Resolved, in.Last, in.EndedBy = event.StatusResolved, e.Time, e.ID, event.EndedBySuccess
	e.EndedBy = in.EndedBy
	e = belongs(e, in)
	was := in.Was
	e.Was = &was
	known.Incident, known.Success = "", e.Run.End
	p.Observer.Told(e.Outcome)
	p.Log.Info("incident resolved", "plan", v.plan, "ended_by", e.EndedBy, "event", e.ID, "incident", in.ID, "deliveries", len(in.Told))
	var tell []telling
	for _, a := range in.Told {
		tell = append(tell, telling{to: a, event: e.ID, as: e.Status, before: true, key: e.DedupKey})
	}
	return outcome{event: &e, incident: &in, closed: true, tell: tell}
}

// success tells those who like to hear it that a run went well after all, though
// an alert fires.
func (p *Pipeline) success(known *record.Plan, e event.Event) outcome {
	e.DedupKey = event.DedupKey(e.Cluster.UUID, planLabel(e.Plan))
	known.Success = e.Run.End
	p.Observer.Told(e.Outcome)
	return outcome{event: &e, tell: p.audience(nil, e)}
}

// repeat records a look that brought no news, and tells of the incident whoever
// the routes name by now and was not told yet (R10).
func (p *Pipeline) repeat(v view, e event.Event) outcome {
	if v.known.Incident == "" || v.swept() {
		return outcome{}
	}
	in := v.incident
	in.Seen, in.Repeats = e.Time, in.Repeats+1
	var late []telling
	if len(v.firing) > 0 {
		e.ID, e.Status = in.Last, event.StatusOpen
		e = belongs(e, in)
		for _, t := range p.audience(in.Told, e) {
			if !t.before {
				late = append(late, t)
			}
		}
	}
	in.Told = heard(in.Told, late)
	p.Log.Info("no news", "plan", v.plan, "incident", in.ID, "repeats", in.Repeats)
	return outcome{incident: &in, tell: late}
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
