package repocheck

import (
	"context"
	"sync"

	"bellhop/internal/event"
)

// errand is one Check under way: what its probes share.
type errand struct {
	checker *Checker
	plan    event.Plan
	run     event.Run

	mu      sync.Mutex
	answers map[string]Answer
	away    bool // the destination was found unreachable
}

// begin reserves the answer of a module; false when it was given twice.
func (e *errand) begin(module string) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if _, twice := e.answers[module]; twice {
		return false
	}
	e.answers[module] = Answer{}
	return true
}

func (e *errand) end(module string, a Answer) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.answers[module] = a
	e.away = e.away || a.Cause == event.CauseUnreachable
}

func (e *errand) foundAway() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.away
}

// ask answers for one module, by a probe where one makes sense: all modules of a
// plan share its destination, so one that does not answer is not asked again.
func (e *errand) ask(ctx context.Context, m event.Module) Answer {
	if e.foundAway() {
		return Answer{
			Cause: event.CauseUnreachable,
			Note: event.Note{
				Code: event.NoteDestinationAway,
				Text: "the destination did not answer for one module, so the plan's other modules were not asked about",
			},
		}
	}
	if note := unfit(e.plan.ID, m.ID); note.Text != "" {
		return Answer{Note: note}
	}
	ctx, cancel := context.WithTimeout(ctx, e.checker.cfg.Timeout)
	defer cancel()
	begun := e.checker.now()
	a := e.checker.probe(ctx, e.plan, e.run, m)
	e.checker.log.Debug("asked the repository", "plan", e.plan.ID, "module", m.ID, "cause", a.Cause,
		"error", a.Error, "note", a.Note.Text, "took", e.checker.now().Sub(begun))
	return a
}
