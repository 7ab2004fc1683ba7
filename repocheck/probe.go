package repocheck

import (
	"context"
	"errors"
	"fmt"
	"time"

	"bellhop/internal/event"
	"bellhop/internal/proc"
)

// maxOutput is how many bytes are kept of what restic prints: a snapshot takes
// about one KiB, and --latest 1 lists one for each host and set of paths.
const maxOutput = 1 << 20

// clockSlack is how far ahead of our clock a snapshot may be dated.
const clockSlack = 5 * time.Minute

// snapshotsArgs and locksArgs are all that restic is ever asked. Neither takes a
// lock, so a backup that runs meanwhile is not disturbed.
func snapshotsArgs() []string { return []string{"snapshots", "--json", "--no-lock", "--latest", "1"} }
func locksArgs() []string     { return []string{"list", "locks", "--no-lock"} }

// probe asks for the newest snapshot and, where that does not answer the question,
// for locks.
func (c *Checker) probe(ctx context.Context, plan event.Plan, run event.Run, m event.Module) Answer {
	out, v := c.restic(ctx, plan, m, snapshotsArgs())
	a := v.answer(m.ID)
	if !v.readable {
		return a
	}
	newest, err := newestSnapshot(out)
	if err != nil {
		a.Note = ofModule(m.ID, unlisted(err))
		return a
	}
	a.LastSnapshot = newest
	a.Note = c.remark(m.ID, newest)
	if v.cause != "" {
		return a
	}
	start := startOf(m, run)
	locked := false
	if locksMatter(start, newest) {
		out, v = c.restic(ctx, plan, m, locksArgs())
		if !v.readable {
			a = v.answer(m.ID)
			a.LastSnapshot = newest
			return a
		}
		locked = locks(out.stdout) > 0
	}
	a.Cause = decide(m, start, newest, locked)
	return a
}

// remark is what a person should know of the newest snapshot beside its date.
func (c *Checker) remark(module string, newest time.Time) event.Note {
	switch {
	case newest.IsZero():
		return ofModule(module, event.Note{Code: event.NoteNoSnapshot, Text: "its repository holds no snapshot at all"})
	case newest.After(c.now().Add(clockSlack)):
		return ofModule(module, event.Note{
			Code: event.NoteSnapshotFuture,
			Text: "its newest snapshot is dated in the future: compare the clocks of the nodes",
		})
	}
	return event.Note{}
}

// restic runs one command of restic for a module and reads how it ended.
func (c *Checker) restic(ctx context.Context, plan event.Plan, m event.Module, args []string) (output, verdict) {
	r, err := proc.Run(ctx, proc.Command{
		Args:      arguments(c.cfg.Command, plan.ID, m.ID, args),
		MaxOutput: maxOutput,
	})
	out := output{stdout: r.Stdout, stderr: r.Stderr, exit: r.Exit, cut: r.Cut, late: errors.Is(err, proc.ErrTimeout)}
	switch {
	case err == nil, out.late:
		return out, read(out)
	case errors.Is(err, proc.ErrStopped):
		return out, verdict{advice: stopped()}
	}
	return out, verdict{unasked: true, advice: event.Note{
		Code:   event.NoteCheckImpossible,
		Values: map[string]string{"error": err.Error()},
		Text: fmt.Sprintf("no repository can be asked: %v: correct repo_check.command, "+
			"or set repo_check.enabled to false where NethServer's runagent is not at hand", err),
	}}
}
