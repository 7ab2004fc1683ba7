package router

import (
	"time"

	"bellhop/internal/event"
)

// Told is what was last said of a plan's trouble. It outlives the incident, so
// that a stale repeat says nothing twice (R6).
type Told struct {
	Kind    event.Kind                   `json:"kind,omitempty"` // empty: nothing was told yet
	Run     event.Run                    `json:"run"`
	Outcome event.Outcome                `json:"outcome,omitempty"`
	Cause   event.Cause                  `json:"cause,omitempty"`
	Modules map[string]event.ModuleState `json:"modules,omitempty"` // those that were not ok
	// Newest is the end of the newest status that was there when it was told; for
	// trouble that left no status it is what a later run has to pass.
	Newest time.Time `json:"newest,omitzero"`
}

// Past is what is on record about a plan before a look.
type Past struct {
	Open    bool      // an incident is open
	Told    Told      // what was told last of its trouble
	Success time.Time // end of the last run whose success was told
}

// Seen is what a look found.
type Seen struct {
	Event event.Event // what happened, without status and incident
	// Fresh is true when an alert fires that did not fire before: a sign of news
	// where no status tells the runs apart.
	Fresh bool
	// Firing is true while any alert of the plan fires, or did until now, or none is needed.
	Firing bool
	// Newest is the end of the newest status of the plan, of whatever run.
	Newest time.Time
}

// News decides by R6, R7 and R9 what a look at a plan has to say: the status of
// the event to send, or "" when there is nothing to say.
func News(p Past, s Seen) event.Status {
	switch {
	case s.Event.Outcome == event.Success:
		return p.success(s)
	case p.Open && p.worse(s.Event):
		return event.StatusChanged
	case !p.Open && p.trouble(s):
		return event.StatusOpen
	}
	return ""
}

// success ends an open incident when its run is newer than the trouble that was
// told, or is the end of what was told half done, and is said once a run where an
// alert claims the contrary.
func (p Past) success(s Seen) event.Status {
	end := s.Event.Run.End
	switch {
	case p.Open && (end.After(p.Told.end()) || p.Told.halfDone() && end.Equal(p.Told.end())):
		return event.StatusResolved
	case !p.Open && s.Firing && end.After(p.Success) && end.After(p.Told.end()):
		return event.StatusSuccess
	}
	return ""
}

// trouble tells whether a plan without an open incident gets one.
func (p Past) trouble(s Seen) bool {
	if p.Told.Kind == "" {
		return true
	}
	if s.Event.Run.End.IsZero() {
		return s.Fresh
	}
	return p.Told.before(s.Event.Run) || p.gotWorse(s.Event)
}

// worse tells whether trouble in an open incident is news.
func (p Past) worse(e event.Event) bool {
	switch {
	case e.Cause == event.CauseRedisUnavailable:
		return false
	case p.Told.Cause == event.CauseRedisUnavailable:
		return true // now it can be said what happened
	case e.Kind == event.KindMissed:
		return p.Told.Kind != event.KindMissed
	case e.Run.End.IsZero(), p.Told.followed(e.Run):
		return false
	case !e.Run.Settled:
		return p.failedAnew(e)
	}
	return p.Told.before(e.Run) || p.gotWorse(e)
}

// end is the end of what was told: a run beyond it is another one.
func (t Told) end() time.Time {
	if t.Newest.After(t.Run.End) {
		return t.Newest
	}
	return t.Run.End
}

// before tells whether run began after what was told had ended.
func (t Told) before(run event.Run) bool { return run.Start.After(t.end()) }

// followed tells whether run was over already when trouble was told that left no
// status, such as a missed run: whatever it came to, it came before.
func (t Told) followed(run event.Run) bool {
	return t.Run.End.IsZero() && !run.End.After(t.Newest)
}

// halfDone tells whether a run was told before it had settled, without a failure in it.
func (t Told) halfDone() bool {
	for _, state := range t.Modules {
		if state == event.StateFailed {
			return false
		}
	}
	return !t.Run.End.IsZero() && !t.Run.Settled
}

// gotWorse compares with what was told of the same run: a module more that is
// not ok, or a worse outcome. A module that is still pending is no news, nor is one
// that became missing: had the run been to reach it, it was told as pending.
func (p Past) gotWorse(e event.Event) bool {
	if e.Outcome.Worse(p.Told.Outcome) {
		return true
	}
	for _, m := range event.NotOK(e.Modules) {
		if _, told := p.Told.Modules[m.ID]; !told && m.State != event.StatePending && m.State != event.StateMissing {
			return true
		}
	}
	return p.failedAnew(e)
}

// failedAnew tells whether a module failed that was not told as failed.
func (p Past) failedAnew(e event.Event) bool {
	for _, m := range e.Modules {
		if m.State == event.StateFailed && p.Told.Modules[m.ID] != event.StateFailed {
			return true
		}
	}
	return false
}

// Tell returns what is told of the trouble once s was said.
func (t Told) Tell(s Seen) Told {
	e := s.Event
	modules := make(map[string]event.ModuleState)
	if t.Kind != "" && !t.before(e.Run) {
		for id, state := range t.Modules { // a set that only shrinks stays told
			modules[id] = state
		}
	}
	for _, m := range event.NotOK(e.Modules) {
		modules[m.ID] = m.State
	}
	return Told{Kind: e.Kind, Run: e.Run, Outcome: e.Outcome, Cause: e.Cause, Modules: modules, Newest: s.Newest}
}

// CountsAsRun tells whether e speaks of another failed run than what was told,
// and not only of what became known later about the same one.
func (t Told) CountsAsRun(e event.Event) bool {
	switch {
	case t.Kind == "":
		return true
	case t.Cause == event.CauseRedisUnavailable:
		return false
	case e.Run.End.IsZero():
		return true
	}
	return t.before(e.Run)
}
