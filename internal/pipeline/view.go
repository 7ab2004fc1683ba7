package pipeline

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"bellhop/internal/event"
	"bellhop/internal/record"
	"bellhop/router"
	"bellhop/router/queue"
)

// maxSignals is how many waiting signals one look reads; the rest wait for the next.
const maxSignals = 500

// view is what is on record when a plan is looked at.
type view struct {
	ref      event.PlanRef
	plan     string      // the name of the plan's rows
	accepted time.Time   // when the first signal came that this look answers
	waiting  []queue.Row // the signals' rows
	signals  []event.Signal
	row      queue.Row // the plan's row, to be guarded
	known    record.Plan
	about    queue.Row               // the open incident's row, to be guarded
	incident event.Incident          // the open one, when known.Incident says so
	firing   map[string]event.Signal // with the signals taken in
	fresh    []event.Signal          // those of them that did not fire before
}

// planKey names the rows of a plan that may be known by name only, or not at all.
func planKey(ref event.PlanRef) string { return cmp.Or(ref.ID, ref.Name) }

// read gathers what is on record about the plan of an inbox job.
func (p *Pipeline) read(ctx context.Context, ref event.PlanRef, accepted time.Time) (view, error) {
	v := view{ref: ref, plan: planKey(ref), accepted: accepted}
	var err error
	if v.waiting, err = p.Engine.Scan(ctx, queue.RowQuery{Prefix: record.SignalPrefix(ref), Limit: maxSignals}); err != nil {
		return v, fmt.Errorf("read the signals of plan %q: %w", v.plan, err)
	}
	if v.row, err = p.Engine.Get(ctx, record.PlanKey(v.plan)); err != nil {
		return v, fmt.Errorf("read what is known of plan %q: %w", v.plan, err)
	}
	p.load(&v)
	if v.known.Incident == "" {
		return v, nil
	}
	row, err := p.Engine.Get(ctx, record.IncidentKey(v.known.Incident))
	if err != nil {
		return v, fmt.Errorf("read incident %s: %w", v.known.Incident, err)
	}
	v.about = row
	if err := record.Decode(row, &v.incident); err != nil {
		p.Log.Error("the open incident cannot be read and is opened anew", "plan", v.plan, "err", err)
		v.known.Incident, v.known.Told = "", router.Told{}
	}
	return v, nil
}

// known decodes a plan's row. One that cannot be read costs what it held and no
// more: the plan starts from nothing.
func (p *Pipeline) known(row queue.Row) record.Plan {
	var known record.Plan
	if row.Rev == 0 {
		return known
	}
	if err := record.Decode(row, &known); err != nil {
		p.Log.Error("what was known of a plan is lost", "err", err)
		return record.Plan{}
	}
	return known
}

// load decodes the rows. A signal that cannot be read is told of in the log, and
// its plan is looked at all the same.
func (p *Pipeline) load(v *view) {
	v.known = p.known(v.row)
	for _, row := range v.waiting {
		var s event.Signal
		if err := record.Decode(row, &s); err != nil {
			p.Log.Error("a waiting signal cannot be read; its plan is looked at all the same", "plan", v.plan, "err", err)
			continue
		}
		v.signals = append(v.signals, s)
		if s.Accepted.Before(v.accepted) { // it has waited under another name
			v.accepted = s.Accepted
		}
	}
	v.fold()
}

// past is what is on record of what was told.
func (v *view) past() router.Past {
	return router.Past{Open: v.known.Incident != "", Told: v.known.Told, Success: v.known.Success}
}

// swept is true when no signal caused this look.
func (v *view) swept() bool { return len(v.waiting) == 0 }
