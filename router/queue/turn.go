package queue

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"bellhop/internal/retry"
)

const (
	// turnsMax is how often work that met a changed row is done anew at once.
	turnsMax = 5
	// pause is how long a job rests that could not be worked on for our own reasons.
	pause = time.Second
	// extendEach is how often a lease in use is extended.
	extendEach = LeaseFor / 3
)

// turn is one job's turn: begun, handled and ended, until air ends. Trial is true
// when it goes through a gate that is shut.
func (l *lane) turn(air context.Context, job Lease, trial bool) {
	settled := false
	defer func() {
		if trial && !settled { // nothing was heard of the far end
			l.gate.abandon()
		}
	}()
	mine, lost := context.WithCancelCause(air)
	defer lost(nil)
	go l.keep(mine, job, lost)
	if l.Marks && !l.begin(mine, job) {
		return
	}
	for try := 1; ; try++ {
		anew, heard := l.try(mine, job, try, trial)
		settled = settled || heard
		if !anew {
			return
		}
	}
}

// begin notes that a send begins. When it cannot, nothing is sent, and the job goes
// back to its lane, so that it keeps the lane's pace when it comes again.
func (l *lane) begin(ctx context.Context, job Lease) bool {
	err := l.e.Begin(context.WithoutCancel(ctx), job)
	if err == nil {
		return true
	}
	l.log.Error("queue: could not note that a send begins; nothing was sent", "job", job.ID, "err", err)
	if errors.Is(err, ErrLeaseLost) || errors.Is(err, ErrClosed) {
		return false
	}
	back := End{Lease: job, Verb: Again, Due: l.o.Now().Add(pause)}
	if err := l.finish(ctx, Step{Ends: []End{back}}); err != nil {
		l.log.Error("queue: a job comes again when its lease has expired", "job", job.ID, "err", err)
	}
	return false
}

// keep extends the lease until ctx ends. Who lost it must not go on.
func (l *lane) keep(ctx context.Context, job Lease, lost context.CancelCauseFunc) {
	for sleep(ctx, extendEach) == nil {
		err := l.e.Extend(ctx, job)
		if errors.Is(err, ErrLeaseLost) {
			lost(err)
			return
		}
		if err != nil && ctx.Err() == nil {
			l.log.Warn("queue: could not extend a lease", "job", job.ID, "err", err)
		}
	}
}

// try hands the job over and writes down what came of it. Anew is true when the work
// has to be done once more at once, heard when the gate knows what became of it.
func (l *lane) try(ctx context.Context, job Lease, try int, trial bool) (anew, heard bool) {
	began, from := l.clock.Read()
	res, err := l.handle(ctx, job)
	took := l.clock.Own().Sub(from)
	if err != nil && ctx.Err() != nil {
		// Cut off: nobody knows what the far end heard, and Begun says so.
		l.log.Warn("queue: a turn was cut off", "job", job.ID, "cause", context.Cause(ctx))
		return false, false
	}
	end, outcome := l.verdict(job, res, err, began, took)
	step := res.Step
	step.Ends = []End{end}
	if outcome == GaveUp {
		step = step.and(obituary(job.Job, end.Attempt.Error, l.Died))
	}
	// The gate first: what goes back shall not be leased before it is shut. What was
	// skipped tells it nothing.
	heard = outcome != Passed
	failed := l.Marks && heard && l.gate.settle(trial, l.judge(job, err), err)
	werr := l.finish(ctx, step)
	switch {
	case errors.Is(werr, ErrChanged) && try < turnsMax && !l.Marks:
		return true, heard
	case errors.Is(werr, ErrChanged), errors.Is(werr, ErrInvalid):
		err = errors.Join(err, werr)
		outcome, werr = l.alone(ctx, end, outcome, werr)
	}
	if werr != nil {
		l.log.Error("queue: the end of a turn is not on record; the job comes again", "job", job.ID, "err", werr)
		return false, heard
	}
	l.tell(job, end, outcome, took, err)
	if failed {
		l.expire(ctx, err)
	}
	return false, heard
}

// expire sets aside what is too old, after a trial failed that counts for all (R12).
func (l *lane) expire(ctx context.Context, cause error) {
	if l.GiveUp <= 0 {
		return
	}
	reason := bounded(fmt.Sprintf("given up after %s: the far end is down: %v", retry.Short(l.GiveUp), cause))
	n, err := Expire(context.WithoutCancel(ctx), l.e, l.Name, l.o.Now().Add(-l.GiveUp), reason, l.Died)
	if n > 0 {
		l.o.Observer.Expired(l.Name, n)
		l.log.Error("queue: what was too old was set aside", "jobs", n, "reason", reason)
	}
	if err != nil {
		l.log.Error("queue: what is too old could not be set aside; the next failed trial does", "err", err)
	}
}

// tell lets log and observer know of a turn that ended.
func (l *lane) tell(job Lease, end End, o Outcome, took time.Duration, err error) {
	switch o {
	case Retried:
		l.log.Warn("queue: a job failed and is tried again", "job", job.ID, "tries", job.Tries+1, "next", end.Due, "err", err)
		if retry.Of(err).Verdict == retry.Misconfigured {
			l.log.Error("queue: nothing can be sent until somebody mends the settings", "next_trial", retry.MendEvery, "err", err)
		}
	case GaveUp:
		l.log.Error("queue: a job was set aside", "job", job.ID, "err", err)
	case Passed:
		l.log.Info("queue: a job was skipped", "job", job.ID, "reason", end.Attempt.Status)
	}
	l.o.Observer.Ended(l.Name, o, took)
}

// handle calls the handler within its time. A panic of its is an error like any other.
func (l *lane) handle(ctx context.Context, job Lease) (res Result, err error) {
	if l.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, l.Timeout)
		defer cancel()
	}
	defer func() {
		if p := recover(); p != nil {
			res, err = Result{}, retry.After(0, fmt.Errorf("panic: %v", p)) // of this job; the far end is not to blame
			l.log.Error("queue: a handler panicked", "job", job.ID, "panic", p, "stack", string(debug.Stack()))
		}
	}()
	return l.Handler.Handle(ctx, job)
}

// finish writes the end of a turn, again and again while the disk fails and there
// is time; at least once.
func (l *lane) finish(ctx context.Context, s Step) error {
	var final error
	err := l.insist(ctx, "write the end of a turn", func() error {
		final = l.e.Do(context.WithoutCancel(ctx), s)
		if errors.Is(final, ErrChanged) || errors.Is(final, ErrLeaseLost) || errors.Is(final, ErrInvalid) {
			return nil
		}
		return final
	})
	if final != nil {
		return final
	}
	return err
}

// alone ends a turn whose step cannot be written. A send stays what it was: it is
// better that what it wanted remembered is lost than that it is said twice. Other
// work is done again, after a pause, and when its step can never fit, as a failure.
func (l *lane) alone(ctx context.Context, end End, o Outcome, cause error) (Outcome, error) {
	switch {
	case l.Marks:
		l.log.Error("queue: a send is on record without what it wanted to be remembered", "job", end.Lease.ID, "error", cause)
	case errors.Is(cause, ErrInvalid):
		end, o = l.failed(end.Lease, cause, l.o.Now(), 0)
		end.Refused = false
	default:
		end, o = End{Lease: end.Lease, Verb: Again, Due: l.o.Now().Add(pause)}, Retried
	}
	return o, l.finish(ctx, Step{Ends: []End{end}})
}
