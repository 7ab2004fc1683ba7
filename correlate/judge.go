package correlate

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"bellhop/internal/event"
)

// patience is how long after a run's newest end a module may still report (R1, R3).
const patience = 24 * time.Hour

// judge says what the scene means. It reads nothing, so each rule is a table.
func judge(s *scene, q Query, c Config, now time.Time) Finding {
	j := verdict{scene: s, accounts: s.accounts(), now: now}
	j.run = lastRun(j.dated(), q.Settled)
	recent := !j.run.End.Before(q.Accepted.Add(-c.RecentWindow))
	switch {
	case q.Missed && !(s.known && recent):
		return j.missed()
	case !s.known:
		return j.unknown()
	case len(j.run.statuses) == 0, !recent && !j.run.failed() && !q.Quiet:
		return j.noStatus()
	}
	return j.told()
}

// verdict is a judgement under way.
type verdict struct {
	*scene
	accounts map[string]account
	run      run
	now      time.Time
}

// dated returns the newest status of each module whose times are known.
func (j *verdict) dated() []*status {
	var all []*status
	for _, a := range j.accounts {
		if a.dated != nil {
			all = append(all, a.dated)
		}
	}
	return all
}

func (j *verdict) finding() Finding {
	if j.known && !j.enabled {
		j.note(event.Note{Code: event.NotePlanDisabled, Text: "the plan is disabled"})
	}
	return Finding{
		Kind:        event.KindBackup,
		Cluster:     j.cluster,
		Plan:        j.plan,
		Destination: j.destination,
		Known:       j.known,
		Enabled:     j.enabled,
		Newest:      j.run.End,
		Outcome:     event.RepoFailure,
		Modules:     j.modules,
		Notes:       j.notes,
	}
}

// missed is the finding for a plan that did not run (R4).
func (j *verdict) missed() Finding {
	j.nobody(event.CauseNotRun)
	j.noteUnknown()
	j.noteLast()
	f := j.finding()
	f.Kind, f.Cause, f.Run.Settled = event.KindMissed, event.CauseNotRun, true
	return f
}

// unknown is the finding for a plan that the cluster does not have.
func (j *verdict) unknown() Finding {
	j.noteUnknown()
	f := j.finding()
	f.Cause, f.Run.Settled = event.CauseNoStatus, true
	return f
}

// noStatus is the finding for a run that left no status (R2).
func (j *verdict) noStatus() Finding {
	j.nobody(event.CauseNoStatus)
	j.noteDamage()
	j.noteLast()
	f := j.finding()
	f.Cause, f.Run.Settled = event.CauseNoStatus, true
	return f
}

// nobody gives every module the state of one that has not run.
func (j *verdict) nobody(why event.Cause) {
	for i := range j.modules {
		m := &j.modules[i]
		m.State, m.Cause = event.StateMissing, why
		if why == event.CauseNoStatus && j.accounts[m.ID].undated != nil {
			m.State, m.Cause = event.StateUnknown, ""
		}
	}
}

// told is the finding for a run that left statuses (R3).
func (j *verdict) told() Finding {
	for i := range j.modules {
		j.state(&j.modules[i])
	}
	outcome := OutcomeOf(j.modules)
	if own := j.run.of(""); own != nil {
		outcome = j.withOwn(outcome, own)
	}
	j.noteDamage()
	f := j.finding()
	f.Run = j.run.Run
	f.Run.Settled = !slices.ContainsFunc(j.modules, func(m event.Module) bool {
		return m.State == event.StatePending
	})
	f.Outcome, f.Cause = outcome, Shared(j.modules)
	return f
}

// state says what the run came to for one module.
func (j *verdict) state(m *event.Module) {
	st := j.run.of(m.ID)
	switch {
	case st == nil && j.accounts[m.ID].undated != nil:
		m.State = event.StateUnknown
		return
	case st == nil && (j.run.flat() || j.now.Sub(j.run.End) >= patience):
		m.State = event.StateMissing
		return
	case st == nil:
		m.State = event.StatePending
		return
	}
	m.Start, m.End = st.start, st.end
	if st.node != "" {
		m.Node = st.node
	}
	switch {
	case st.damage.found():
		m.State = event.StateUnknown
	case st.failed:
		m.State, m.Error = event.StateFailed, st.text
	default:
		m.State, m.Size = event.StateOK, st.size
	}
	if st.suspect {
		j.note(event.Note{Code: event.NoteNoFiles, Names: []string{m.ID}, Text: m.ID + " reports success, but not a single file"})
	}
}

// withOwn weighs the plan's own status of the flat layout against its modules'.
func (j *verdict) withOwn(modules event.Outcome, own *status) event.Outcome {
	switch {
	case len(j.modules) == 0 && !own.damage.found() && !own.failed:
		return event.Success
	case modules == event.Success && own.failed:
		j.note(event.Note{Code: event.NoteOwnError, Text: "every module reports success, but the plan's own status is an error"})
		return event.Partial
	}
	return modules
}

// noteDamage says of which modules the status cannot be read.
func (j *verdict) noteDamage() {
	var reasons []damage
	ids := make(map[damage][]string)
	for _, m := range j.modules {
		if m.State == event.StateUnknown {
			why := j.damage(m.ID)
			reasons = add(reasons, why)
			ids[why] = append(ids[why], m.ID)
		}
	}
	for _, why := range reasons {
		j.noteNames(event.Note{
			Code:   event.NoteStatusUnreadable,
			Values: why.values(),
			Text:   "the status cannot be read, because " + why.Error(),
		}, ids[why])
	}
}

func (j *verdict) damage(module string) damage {
	if st := j.run.of(module); st != nil {
		return st.damage
	}
	return j.accounts[module].undated.damage
}

// noteUnknown says that the cluster does not have the plan, when that is so.
func (j *verdict) noteUnknown() {
	switch name := cmp.Or(j.plan.ID, j.plan.Name); {
	case j.known:
	case name == "":
		j.note(event.Note{Code: event.NotePlanUnnamed, Text: "the alert names no backup plan"})
	default:
		j.note(event.Note{
			Code:   event.NotePlanUnknown,
			Values: map[string]string{"plan": name},
			Text:   fmt.Sprintf("the cluster has no backup plan %q", name),
		})
	}
}

// noteLast says when the plan last left a status, for somebody who wonders why
// none is shown.
func (j *verdict) noteLast() {
	switch {
	case !j.known:
		return
	case len(j.modules) == 0:
		j.note(event.Note{Code: event.NoteNoModules, Text: "the plan has no modules"})
	}
	if j.run.End.IsZero() {
		j.note(event.Note{Code: event.NoteNoRun, Text: "the plan has no readable status of any run"})
		return
	}
	j.note(event.Note{
		Code: event.NoteNewestRun,
		Time: j.run.End,
		Text: "the newest status on record ended at " + j.run.End.Format(time.RFC3339),
	})
}
