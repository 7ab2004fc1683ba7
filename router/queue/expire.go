package queue

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// expirePage is how many jobs one step sets aside.
const expirePage = 200

// Expire sets aside the jobs of a lane that wait and were put before a time, oldest
// first, for that reason. What died says of each happens in the same step; nil: it
// says nothing. Jobs that are just being worked on are left alone. It costs nothing
// for those that are young enough, and returns how many were set aside.
func Expire(ctx context.Context, e Engine, lane string, before time.Time, reason string, died func(Job) Step) (n int, err error) {
	q := JobQuery{Lane: lane, State: Queued, Oldest: true, Limit: expirePage}
	for {
		page, err := e.Jobs(ctx, q)
		if err != nil {
			return n, fmt.Errorf("list what is too old in lane %s: %w", lane, err)
		}
		var old []Job
		for _, j := range page {
			if j.Put.Before(before) {
				old = append(old, j)
			}
		}
		done, err := setAside(ctx, e, old, reason, died)
		n += done
		if err != nil || len(old) < expirePage {
			return n, err
		}
		q.After = old[len(old)-1].Seq
	}
}

// setAside sets jobs aside all at once, or, when one of them is being worked on,
// each for itself.
func setAside(ctx context.Context, e Engine, jobs []Job, reason string, died func(Job) Step) (n int, err error) {
	if len(jobs) == 0 {
		return 0, nil
	}
	var step Step
	for _, j := range jobs {
		step = step.and(burial(j, reason, died))
	}
	err = e.Do(ctx, step)
	switch {
	case err == nil:
		return len(jobs), nil
	case !errors.Is(err, ErrChanged):
		return 0, fmt.Errorf("set %d jobs aside: %w", len(jobs), err)
	case len(jobs) == 1:
		return 0, nil // it is leased, or was
	}
	for _, j := range jobs {
		one, err := setAside(ctx, e, []Job{j}, reason, died)
		n += one
		if err != nil {
			return n, err
		}
	}
	return n, nil
}

func burial(j Job, reason string, died func(Job) Step) Step {
	s := Step{Drop: []Drop{{ID: j.ID, To: Dead, Reason: reason}}}
	return s.and(obituary(j, reason, died))
}

// obituary is what else happens when a job is set aside.
func obituary(j Job, reason string, died func(Job) Step) Step {
	if died == nil {
		return Step{}
	}
	j.State, j.Reason = Dead, reason
	return died(j)
}

// and is both steps in one.
func (s Step) and(o Step) Step {
	return Step{
		Ends:  append(s.Ends, o.Ends...),
		Guard: append(s.Guard, o.Guard...),
		Set:   append(s.Set, o.Set...),
		Put:   append(s.Put, o.Put...),
		Drop:  append(s.Drop, o.Drop...),
	}
}
