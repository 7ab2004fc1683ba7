// Package repocheck asks a plan's restic repositories, read only, why a backup
// failed and how old the last snapshot is. The promise: it answers in time and
// never makes anything worse. One probe a failed module, at most Concurrency at
// once, each within Timeout and all of an event within twice that (R3); nothing
// takes a lock or writes; a probe whose time is up is ended by R24. What restic
// says is material, not truth: an unknown exit code is a failure, damaged output is
// a note. A cause is given only where it can be told; what could not be found out
// is left empty and the note says why and what to do. It never fails as a whole.
package repocheck

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"bellhop/internal/event"
)

// eventShare is how many times Timeout the whole of one Check may take (R3).
const eventShare = 2

// stopped is the note of those whom nobody could ask to the end.
func stopped() event.Note {
	return event.Note{Code: event.NoteCheckStopped, Text: "bellhop was stopped before the repository check had ended"}
}

// Answer is what was found out about one module.
type Answer struct {
	// Cause is why its backup failed; empty when that cannot be told.
	Cause event.Cause
	// Error is restic's own telling line, at most 300 bytes, without secrets.
	Error string
	// LastSnapshot is the newest in the module's repository; zero when there is
	// none or nobody could look.
	LastSnapshot time.Time
	// Asked is true when restic was really started for this module.
	Asked bool
	// Note says what could not be found out, and why; without a text there is nothing
	// to say. What concerns the whole plan is worded alike for each of its modules.
	Note event.Note
}

// Checker asks. Its methods may be called by several goroutines; Concurrency
// holds over all of them.
type Checker struct {
	cfg   Config
	now   func() time.Time
	log   *slog.Logger
	slots chan struct{}
}

// New makes a checker. The clock is only compared with the dates of snapshots.
func New(cfg Config, now func() time.Time, log *slog.Logger) (*Checker, error) {
	if faults := cfg.Validate(); len(faults) > 0 {
		f := faults[0]
		return nil, fmt.Errorf("read repo_check: %s %s: %s", f.Key, f.Text, f.Remedy)
	}
	return &Checker{cfg: cfg, now: now, log: log, slots: make(chan struct{}, cfg.Concurrency)}, nil
}

// Check asks about the failed modules of one run of plan and returns an answer for
// each, by module id; nil when the check is switched off.
func (c *Checker) Check(ctx context.Context, plan event.Plan, run event.Run, failed []event.Module) map[string]Answer {
	if !c.cfg.Enabled {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, eventShare*c.cfg.Timeout)
	defer cancel()
	e := &errand{checker: c, plan: plan, run: run, answers: map[string]Answer{}}
	var probes sync.WaitGroup
	for _, m := range failed {
		if !e.begin(m.ID) {
			continue
		}
		if !c.enter(ctx) {
			e.end(m.ID, Answer{Note: c.unasked(ctx)})
			continue
		}
		probes.Go(func() {
			defer c.leave()
			e.end(m.ID, e.ask(ctx, m))
		})
	}
	probes.Wait()
	return e.answers
}

// enter waits for a free slot; false when the time was up first.
func (c *Checker) enter(ctx context.Context) bool {
	if ctx.Err() != nil {
		return false
	}
	select {
	case c.slots <- struct{}{}:
	case <-ctx.Done():
		return false
	}
	if ctx.Err() != nil { // both were ready
		c.leave()
		return false
	}
	return true
}

func (c *Checker) leave() { <-c.slots }

// unasked says why a module's turn never came.
func (c *Checker) unasked(ctx context.Context) event.Note {
	if errors.Is(ctx.Err(), context.Canceled) {
		return stopped()
	}
	span := (eventShare * c.cfg.Timeout).String()
	return event.Note{
		Code:   event.NoteCheckLate,
		Values: map[string]string{"span": span},
		Text: fmt.Sprintf("the repository check had to end after %s, so not every failed module was asked about: "+
			"raise repo_check.timeout or repo_check.concurrency", span),
	}
}
