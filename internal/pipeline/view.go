package pipeline

import (
	"cmp"
	"context"
	"fmt"
	"slices"
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
	open     bool                    // an incident is on record as open, also one that cannot be read
	about    queue.Row               // the open incident's row, to be guarded
	incident event.Incident          // the open one, when known.Incident says so
	firing   map[string]event.Signal // with the signals taken in
	fresh    []event.Signal          // those of them that did not fire before
	cut      bool                    // a message had alerts left out of it that may be of this plan
	// reported is true when bellhop looks by itself, and shall tell what it finds as if an
	// alert had claimed it (correlator.trigger).
	reported bool
	forEnd   bool // the look is for an end that nobody tells
}

// topicMark begins the names of the rows of what is about no plan; no plan's id or name
// holds it.
const topicMark = "\x00"

// planKey names the rows of a plan that may be known by name only, or not at all, or of
// another topic.
func planKey(ref event.PlanRef) string {
	if ref.Topic != "" {
		return topicMark + ref.Topic
	}
	return cmp.Or(ref.ID, ref.Name)
}

// read gathers what is on record about the plan of an inbox job.
func (p *Pipeline) read(ctx context.Context, ref event.PlanRef, accepted time.Time) (view, error) {
	return p.readSome(ctx, ref, accepted, maxSignals)
}

// readSome reads at most so many of the signals that wait.
func (p *Pipeline) readSome(ctx context.Context, ref event.PlanRef, accepted time.Time, most int) (view, error) {
	v := view{ref: ref, plan: planKey(ref), accepted: accepted}
	var err error
	if v.waiting, err = p.Engine.Scan(ctx, queue.RowQuery{Prefix: record.SignalPrefix(ref), Limit: most}); err != nil {
		return v, fmt.Errorf("read the signals of plan %q: %w", v.plan, err)
	}
	if v.row, err = p.Engine.Get(ctx, record.PlanKey(v.plan)); err != nil {
		return v, fmt.Errorf("read what is known of plan %q: %w", v.plan, err)
	}
	p.load(&v)
	v.reported = p.Timing.Trigger && v.swept() && ref.ID != ""
	v.open = v.known.Incident != ""
	if !v.open {
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

// unasked is true when no signal claims a failure: bellhop looks by itself (R9), or an
// end may only mean "running again" (R7).
func (v *view) unasked() bool { return v.swept() || v.known.Incident != "" && !v.mayFire() }

// early is when to look instead of now, because a resolve has brought forward the look
// at alerts whose run may not have left its statuses yet; zero: now.
func (v *view) early(now time.Time, wait time.Duration) (at time.Time) {
	for _, s := range v.signals {
		if !v.isNew(s) {
			continue
		}
		if age := now.Sub(s.Accepted); age < 0 || age >= wait { // a clock that was set back makes nobody wait
			return time.Time{}
		}
		if due := s.Accepted.Add(wait); at.IsZero() || due.Before(at) {
			at = due
		}
	}
	return at
}

// onlyCut is true when nothing but a message that had alerts left out causes the look.
func (v *view) onlyCut() bool {
	return v.cut && !slices.ContainsFunc(v.signals, func(s event.Signal) bool { return !s.Cut })
}

// ended is when the first of the alerts ended whose end waits to be answered; zero: none.
func (v *view) ended(now time.Time) (at time.Time) {
	for _, s := range v.signals {
		if s.Alert.Status == event.Resolved && (at.IsZero() || s.Accepted.Before(at)) {
			at = s.Accepted
		}
	}
	if at.After(now) {
		return now
	}
	return at
}
