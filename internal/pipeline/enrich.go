package pipeline

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"bellhop/correlate"
	"bellhop/internal/event"
	"bellhop/internal/record"
	"bellhop/router"
	"bellhop/router/queue"
)

// Looks returns the handler of the inbox lane.
func (p *Pipeline) Looks() queue.Handler { return looks{p} }

type looks struct{ p *Pipeline }

// Handle looks at a plan once: reads what is on record and what the cluster
// says, and ends in the step that makes of it whatever it is.
func (l looks) Handle(ctx context.Context, lease queue.Lease) (queue.Result, error) {
	l.p = l.p.live.Load()
	var look record.Look
	if err := json.Unmarshal(lease.Payload, &look); err != nil {
		// Not permanent: a plan whose look was set aside would never be looked at again.
		return queue.Result{}, fmt.Errorf("read look %q of the queue: %w", lease.ID, err)
	}
	if look.Reports {
		return l.p.tellFallbacks(ctx, look.Ref)
	}
	if look.Ref.Topic != "" {
		return l.p.forward(ctx, look)
	}
	v, err := l.p.read(ctx, look.Ref, lease.Put)
	if err != nil {
		return queue.Result{}, err
	}
	if v.swept() && !v.open && !v.reported || look.Ending && (!v.swept() || v.incident.Ending == nil) {
		return queue.Result{}, nil // nothing is to be found out, or another look does
	}
	if at := v.early(l.p.Now(), l.p.Timing.Wait); !at.IsZero() {
		return queue.Result{Again: at}, nil
	}
	found, err := l.p.correlate(ctx, v)
	if err != nil && ctx.Err() != nil {
		return queue.Result{}, fmt.Errorf("look at plan %q: %w", v.plan, err)
	}
	if err != nil || v.ref.ID != "" {
		return l.p.conclude(ctx, v, found, err)
	}
	return l.p.place(ctx, v, found)
}

// errAway is the cluster's state that cannot be read.
var errAway = errors.New("the cluster's plans cannot be read")

// place hands the signals of a look that names no plan by its id to the plan that has
// the name, or to those that they may speak of (R4), and concludes what is left.
func (p *Pipeline) place(ctx context.Context, v view, found correlate.Finding) (queue.Result, error) {
	var handed queue.Step
	var done bool
	var err error
	if found.Known && found.Plan.ID != "" {
		handed, done, err = p.move(ctx, v, found.Plan.ID)
	} else {
		handed, done, err = p.spread(ctx, &v)
	}
	switch {
	case err != nil && ctx.Err() != nil:
		return queue.Result{}, fmt.Errorf("look at plan %q: %w", v.plan, err)
	case errors.Is(err, errAway):
		p.Log.Warn("it cannot be told which plan alerts speak of", "plan", v.plan, "err", err)
		return p.conclude(ctx, v, correlate.Unavailable(v.query(), err), err)
	case done || err != nil:
		return queue.Result{Step: handed}, err
	}
	if len(handed.Put) > 0 && !v.swept() { // what is left may claim something else
		if found, err = p.correlate(ctx, v); err != nil && ctx.Err() != nil {
			return queue.Result{}, fmt.Errorf("look at plan %q: %w", v.plan, err)
		}
	}
	res, err := p.conclude(ctx, v, found, err)
	res.Step.Guard = append(res.Step.Guard, handed.Guard...)
	res.Step.Set = append(res.Step.Set, handed.Set...)
	res.Step.Put = append(res.Step.Put, handed.Put...)
	return res, err
}

// query is what the correlator is asked.
func (v *view) query() correlate.Query {
	q := correlate.Query{
		Ref:      v.ref,
		Accepted: v.accepted,
		Settled:  v.known.Settled,
		Missed:   v.missed(),
		Quiet:    len(v.fresh) == 0 || v.known.Incident != "",
	}
	if v.blind() {
		q.Quiet = false // what the alert meant is still to be found out
		if v.incident.Opened.Before(q.Accepted) {
			q.Accepted = v.incident.Opened
		}
	}
	return q
}

// correlate asks what happened; an error means that nobody could tell.
func (p *Pipeline) correlate(ctx context.Context, v view) (correlate.Finding, error) {
	q := v.query()
	began := p.Now()
	found, err := p.Correlator.Look(ctx, q)
	p.Observer.Looked(p.Now().Sub(began))
	if err != nil {
		p.Log.Warn("the cluster's state cannot be read", "plan", v.plan, "err", err)
		found = correlate.Unavailable(q, err)
	}
	return found, err
}

// conclude decides by R1, R7 and R9 whether this look tells, waits or is done.
func (p *Pipeline) conclude(ctx context.Context, v view, found correlate.Finding, away error) (queue.Result, error) {
	settled := away == nil && found.Run.Settled
	// Where no alert is to claim it, a module that failed does: its run is waited for.
	claimed := v.reported && away == nil && !settled && failed(found)
	if v.reported && !v.open && away != nil {
		return queue.Result{Again: v.later(p.Now())}, nil
	}
	if v.unasked() && !claimed {
		// Nothing is said of a run that has not settled: the incident stays open, and
		// sweeps go on asking. Of no plan, or of none that ran, there is nothing to tell.
		silent := !settled || v.ref.ID == "" && !found.Known || v.reported && !v.open && found.Run.End.IsZero()
		return p.tell(ctx, v, found, turn{readable: away == nil, gone: away == nil && gone(v.known, found), silent: silent})
	}
	w := router.Wait{Accepted: v.accepted, First: p.Timing.Wait, Max: p.Timing.MaxWait}
	next := w.Next(p.Now(), settled, away == nil)
	if away != nil && v.onlyCut() { // it claims nothing of any plan, so there is nothing to tell
		if next.Again.IsZero() {
			p.Log.Error("which alerts a message left out cannot be found out", "plan", v.plan, "err", away)
			step, err := p.finish(v, v.known)
			return queue.Result{Step: step}, err
		}
		next.Tell = false
	}
	if !next.Tell {
		p.Log.Info("the run has not settled", "plan", v.plan, "not_ok", notOK(found.Modules), "again", next.Again)
		step, err := p.firesAgain(v)
		return queue.Result{Again: next.Again, Step: step}, err
	}
	return p.tell(ctx, v, found, turn{readable: away == nil, again: next.Again})
}

// later is when a plan of which something was reported is looked at again that could not
// be looked at: nobody else may ever speak of it. Zero: after a day it is given up.
func (v *view) later(now time.Time) time.Time {
	age := now.Sub(v.accepted)
	if age >= unheardFor {
		return time.Time{}
	}
	return now.Add(min(max(age, 30*time.Second), 5*time.Minute))
}

// failed tells whether a module of a run that is known failed.
func failed(found correlate.Finding) bool {
	return found.Known && slices.ContainsFunc(found.Modules, func(m event.Module) bool { return m.State == event.StateFailed })
}

// remove takes rows away, but not what came in under their names since.
func remove(rows []queue.Row) []queue.Row {
	gone := make([]queue.Row, len(rows))
	for i, r := range rows {
		gone[i] = queue.Row{Key: r.Key, Rev: r.Rev}
	}
	return gone
}

// finish is the step of a look that has answered its signals. Only now are they
// taken in: until then the next look shall find them as fresh as this one did.
func (p *Pipeline) finish(v view, known record.Plan) (queue.Step, error) {
	known.Firing = v.firing
	step, err := p.remember(v, known)
	if err != nil {
		return step, err
	}
	step.Set = append(step.Set, remove(v.waiting)...)
	if len(v.waiting) == maxSignals { // more of them wait
		job, err := lookJob(v.ref, p.Now())
		if err != nil {
			return step, err
		}
		step.Put = append(step.Put, job)
	}
	return step, nil
}

// remember writes what is known of the plan, unless somebody else wrote meanwhile.
func (p *Pipeline) remember(v view, known record.Plan) (queue.Step, error) {
	row, err := record.Encode(record.PlanKey(v.plan), known)
	step := queue.Step{
		Guard: []queue.Row{{Key: v.row.Key, Rev: v.row.Rev}},
		Set:   []queue.Row{row},
	}
	if v.about.Key != "" { // a fallback may join the incident's audience meanwhile
		step.Guard = append(step.Guard, queue.Row{Key: v.about.Key, Rev: v.about.Rev})
	}
	return step, err
}
