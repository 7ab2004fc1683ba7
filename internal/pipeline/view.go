package pipeline

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"bellhop/internal/event"
	"bellhop/internal/record"
	"bellhop/router"
	"bellhop/router/queue"
)

const (
	// maxSignals is how many waiting signals one look reads; the rest wait for the next.
	maxSignals = 500
	// maxFiring is how many firing alerts of one plan are remembered, and so how
	// many an event lists. A cluster has one a node; more are a stranger's.
	maxFiring = 100
)

// view is what is on record when a plan is looked at.
type view struct {
	ref      event.PlanRef
	plan     string      // the name of the plan's rows
	accepted time.Time   // when the first signal came that this look answers
	waiting  []queue.Row // the signals' rows
	signals  []event.Signal
	row      queue.Row // the plan's row, to be guarded
	known    record.Plan
	incident event.Incident          // the open one, when known.Incident says so
	firing   map[string]event.Signal // with the signals taken in
	fresh    []event.Signal          // those of them that did not fire before
}

// planKey names the rows of a plan that may be known by name only, or not at all.
func planKey(ref event.PlanRef) string {
	if ref.ID != "" {
		return ref.ID
	}
	return ref.Name
}

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

// fold takes the waiting signals into the set of alerts that fire. An alert that
// began to fire later than the one on record is another one: the end of that one
// was never sent, or was lost.
func (v *view) fold() {
	v.firing = maps.Clone(v.known.Firing)
	if v.firing == nil {
		v.firing = make(map[string]event.Signal)
	}
	for _, s := range v.signals {
		id := s.Alert.Fingerprint
		if s.Alert.Status == event.Resolved {
			delete(v.firing, id)
			continue
		}
		if old, before := v.firing[id]; !before || s.Alert.StartsAt.After(old.Alert.StartsAt) {
			v.fresh = append(v.fresh, s)
		}
		v.firing[id] = s
	}
	for _, id := range byAge(v.firing)[min(maxFiring, len(v.firing)):] {
		delete(v.firing, id)
	}
}

// byAge lists fingerprints, the one heard of last first.
func byAge(firing map[string]event.Signal) []string {
	return slices.SortedFunc(maps.Keys(firing), func(a, b string) int {
		if c := firing[b].Accepted.Compare(firing[a].Accepted); c != 0 {
			return c
		}
		if a < b {
			return -1
		}
		return 1
	})
}

// alerts lists what the event shows: the firing ones, then those that ended.
func (v *view) alerts() []event.Alert {
	var all []event.Alert
	for _, id := range byAge(v.firing) {
		all = append(all, v.firing[id].Alert)
	}
	for _, s := range v.signals {
		if s.Alert.Status == event.Resolved && len(all) < maxFiring {
			all = append(all, s.Alert)
		}
	}
	return all
}

// missed is true when the alerts that are fresh say that the plan did not run. Of
// those that fire on, nothing new is believed: a run that came after would never be
// seen. Only while nobody could look what they meant is it still to be found out.
func (v *view) missed() bool {
	claims := v.fresh
	if len(claims) == 0 && v.blind() {
		claims = slices.Collect(maps.Values(v.firing))
	}
	return len(claims) > 0 && !slices.ContainsFunc(claims, func(s event.Signal) bool { return !s.Missed })
}

// blind is true when all that was told of the open incident is that nobody could look.
func (v *view) blind() bool {
	return v.known.Incident != "" && v.known.Told.Cause == event.CauseRedisUnavailable
}

// past is what is on record of what was told.
func (v *view) past() router.Past {
	return router.Past{Open: v.known.Incident != "", Told: v.known.Told, Success: v.known.Success}
}

// swept is true when no signal caused this look.
func (v *view) swept() bool { return len(v.waiting) == 0 }
