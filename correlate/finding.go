package correlate

import (
	"errors"
	"fmt"
	"time"

	"bellhop/internal/event"
	"bellhop/internal/secret"
)

// Finding is what a look found. Its fields are those of the event that may be
// made of it.
type Finding struct {
	Kind        event.Kind
	Cluster     event.Cluster
	Plan        event.Plan
	Destination event.Destination
	// Known is true when the cluster has the plan; true also when that could not
	// be told for certain.
	Known bool
	// Enabled is false only when the cluster says that the plan is disabled.
	Enabled bool
	// Run is zero, but perhaps settled, when no status belongs to the run.
	Run event.Run
	// Newest is the end of the newest status there is, of whatever run; a run that
	// left no status can only be followed by one that ends later.
	Newest  time.Time
	Outcome event.Outcome
	Cause   event.Cause
	Modules []event.Module // in the plan's order
	// Notes say what is missing and why, and whatever else is odd.
	Notes []event.Note
}

// Unavailable is what can be said when Redis could not be read: err, and what the
// query itself knows. It is not settled.
func Unavailable(q Query, err error) Finding {
	f := Finding{
		Kind:    event.KindBackup,
		Plan:    event.Plan{ID: q.Ref.ID, Name: q.Ref.Name},
		Known:   true,
		Enabled: true,
		Outcome: event.RepoFailure,
		Cause:   event.CauseRedisUnavailable,
		Notes:   []event.Note{modulesUnknown(err)},
	}
	if q.Missed {
		f.Kind = event.KindMissed
	}
	return f
}

// modulesUnknown says why nobody knows of the modules.
func modulesUnknown(err error) event.Note {
	n := event.Note{
		Code:   event.NoteModulesUnknown,
		Values: map[string]string{"error": secret.Redact(err.Error())},
		Text:   fmt.Sprintf("nothing is known of the modules: %s", secret.Redact(err.Error())),
	}
	var away *outage
	if errors.As(err, &away) { // the rest of its words is advice
		n.Values = map[string]string{"where": away.where, "error": secret.Redact(away.err.Error())}
	}
	return n
}

// Shared returns the cause that every failed module has; empty when they differ,
// when one has none, or when none failed.
func Shared(modules []event.Module) event.Cause {
	var shared event.Cause
	for _, m := range modules {
		switch {
		case m.State != event.StateFailed:
		case m.Cause == "", shared != "" && shared != m.Cause:
			return ""
		default:
			shared = m.Cause
		}
	}
	return shared
}

// OutcomeOf says what the states of its modules make of a run (R3).
func OutcomeOf(modules []event.Module) event.Outcome {
	count := make(map[event.ModuleState]int)
	for _, m := range modules {
		count[m.State]++
	}
	switch {
	case count[event.StateOK]+count[event.StatePending] == 0:
		return event.RepoFailure
	case count[event.StateOK] == len(modules):
		return event.Success
	}
	return event.Partial
}
