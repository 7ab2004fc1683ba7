package pipeline

import (
	"context"

	"bellhop/correlate"
	"bellhop/internal/event"
	"bellhop/internal/record"
)

// investigate asks the repository why modules failed, each (module, end) once (R6),
// and writes the answers into the event.
func (p *Pipeline) investigate(ctx context.Context, e event.Event, asked map[string]record.Probe) event.Event {
	var ask []event.Module
	for i, m := range e.Modules {
		probe, done := asked[m.ID]
		switch {
		case m.State != event.StateFailed:
		case done && probe.End.Equal(m.End):
			e.Modules[i] = explain(m, probe)
		default:
			ask = append(ask, m)
		}
	}
	if p.Checker == nil {
		if len(ask) > 0 {
			e.AddNote(event.Note{Code: event.NoteCheckOff, Text: "The repository was not asked: repo_check is off."})
		}
		return sharedCause(e)
	}
	if len(ask) == 0 {
		return sharedCause(e)
	}
	answers := p.Checker.Check(ctx, e.Plan, e.Run, ask)
	said := make(map[string]bool)
	for i, m := range e.Modules {
		a, asked := answers[m.ID]
		if !asked {
			continue
		}
		e.Modules[i] = explain(m, record.Probe{Cause: a.Cause, Error: a.Error, LastSnapshot: a.LastSnapshot})
		if text := a.Note.Text; text != "" && !said[text] {
			said[text] = true
			e.AddNote(a.Note)
		}
	}
	return sharedCause(e)
}

// explain adds what the repository said to what the status said.
func explain(m event.Module, probe record.Probe) event.Module {
	if probe.Cause != "" {
		m.Cause = probe.Cause
	}
	if m.Error == "" {
		m.Error = probe.Error
	}
	m.LastSnapshot = probe.LastSnapshot
	return m
}

// sharedCause lifts a cause that every failed module has into the event (R3).
func sharedCause(e event.Event) event.Event {
	if e.Cause == "" {
		e.Cause = correlate.Shared(e.Modules)
	}
	return e
}

// probes is what is remembered of the repository's answers.
func probes(e event.Event) map[string]record.Probe {
	all := make(map[string]record.Probe)
	for _, m := range e.Modules {
		if m.State == event.StateFailed && m.Cause != "" {
			all[m.ID] = record.Probe{End: m.End, Cause: m.Cause, Error: m.Error, LastSnapshot: m.LastSnapshot}
		}
	}
	return all
}
