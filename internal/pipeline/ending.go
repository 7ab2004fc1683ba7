package pipeline

import (
	"cmp"
	"encoding/json"
	"fmt"
	"time"

	"bellhop/correlate"
	"bellhop/internal/event"
	"bellhop/internal/record"
	"bellhop/router"
	"bellhop/router/queue"
)

// afterNews is when it is looked again for the end of an incident of which something was
// just told though no alert of it fires: at the pace of sweeps.
const afterNews = 5 * time.Minute

// gone tells whether the cluster does not run the plan, or not any more. A state that
// does not even name the cluster, where one did before, tells of no plan that it is gone.
func gone(known record.Plan, found correlate.Finding) bool {
	if found.Known {
		return !found.Enabled
	}
	return found.Cluster.UUID != "" || known.Cluster.UUID == ""
}

// goneBy says what it means that the cluster does not have the plan. Of alerts that name
// none, there was never a plan to go.
func (v *view) goneBy() event.EndedBy {
	if v.ref.ID == "" {
		return event.EndedByUnreported
	}
	return event.EndedByPlanGone
}

// linger decides by R7 and R9 whether the incident ends though no newer run has ended
// it. Next is when to look for that again, at the latest; zero: sweeps are enough.
func (p *Pipeline) linger(v view, known *record.Plan, seen router.Seen, t turn, told outcome) (_ outcome, next time.Time) {
	news := told.event != nil
	switch {
	case known.Incident == "":
		return told, next
	case !news && v.swept() && t.gone && (known.Had || !v.fires()):
		return p.end(v, known, seen.Event, v.goneBy()), next
	}
	in := v.incident
	if told.incident != nil {
		in = *told.incident
	}
	before, now := in.Ending, p.Now()
	in.Ending = v.ending(in, now, t, news)
	switch {
	case in.Ending == nil && before == nil:
		return told, next
	case in.Ending == nil:
		p.Log.Info("an alert fires again", "plan", v.plan, "incident", in.ID)
	case news:
		next = now.Add(afterNews)
	default:
		var by event.EndedBy
		*in.Ending, by, next = router.Ends(*in.Ending, router.Glance{
			Now: now, Readable: t.readable, Newest: seen.Newest, Gone: t.gone, GoneBy: v.goneBy(),
		})
		if by != "" {
			return p.end(v, known, seen.Event, by), time.Time{}
		}
	}
	told.incident = &in
	return told, next
}

// ending is what is known of in, the incident as it is after this look, since none of
// its alerts fires; nil while one does, or none is known to have ended.
func (v *view) ending(in event.Incident, now time.Time, t turn, news bool) *event.Ending {
	asked := v.ended(now)
	switch {
	case v.fires(), in.Ending == nil && asked.IsZero():
		return nil
	case news: // of a newer run, or of one that was not told before: the wait begins anew
		return &event.Ending{Since: now, Read: t.readable}
	case in.Ending == nil:
		return &event.Ending{Since: asked}
	}
	e := *in.Ending
	return &e
}

// end ends the incident without a newer run: what was told of it last is what stays.
func (p *Pipeline) end(v view, known *record.Plan, e event.Event, by event.EndedBy) outcome {
	e.Kind = cmp.Or(known.Told.Kind, e.Kind)
	e.Outcome, e.Cause = v.incident.Was.Outcome, v.incident.Was.Cause
	e.Severity = e.Outcome.Severity()
	if by == event.EndedByPlanGone {
		known.Had = false
	}
	return p.resolve(v, known, e, by)
}

// firesAgain is the step that takes an incident back to open while the look at the alert
// that fires again waits for its run to settle.
func (p *Pipeline) firesAgain(v view) (queue.Step, error) {
	if v.known.Incident == "" || v.incident.Ending == nil || !v.fires() {
		return queue.Step{}, nil
	}
	in := v.incident
	in.Ending = nil
	row, err := record.Encode(v.about.Key, in)
	return queue.Step{Guard: []queue.Row{{Key: v.about.Key, Rev: v.about.Rev}}, Set: []queue.Row{row}}, err
}

// lookForEnd is the job that looks at a plan then, whether its incident is over.
func lookForEnd(ref event.PlanRef, then time.Time) (queue.Job, error) {
	payload, err := json.Marshal(record.Look{Ref: ref, Ending: true})
	if err != nil {
		return queue.Job{}, fmt.Errorf("encode look for the end of plan %q: %w", ref.ID, err)
	}
	id := record.EndingID(ref)
	return queue.Job{ID: id, Lane: record.Inbox, Key: id, Due: then, Payload: payload}, nil
}
