package router

import (
	"time"

	"bellhop/internal/event"
)

const (
	// quiet is how long after the newest status another one of the same run may come:
	// R2's reach. Beyond it, a run that is under way is none of which statuses arrive.
	quiet = 6 * time.Hour
	// blindPause is the pace of looks while the cluster's Redis is away, and blindGap the
	// longest time between two of them over which it counts as away all the while.
	// Beyond it nobody looked: bellhop was not running, or the clock was set.
	blindPause = time.Minute
	blindGap   = 3 * time.Minute
)

// Glance is what a look that brought no news found of an incident none of whose alerts
// fires.
type Glance struct {
	Now      time.Time
	Readable bool          // false: the cluster's Redis is away
	Newest   time.Time     // the end of the newest status of the plan, of whatever run
	Gone     bool          // the cluster does not run the plan, or not any more
	GoneBy   event.EndedBy // what that means
}

// Ends decides by R7 whether the incident is over, and by what. If it is not, next is
// what is to be remembered, and again when to look the next time at the latest.
func Ends(e event.Ending, g Glance) (next event.Ending, by event.EndedBy, again time.Time) {
	last := e.Since.Add(patience)
	if !g.Readable {
		return endsBlind(e, g.Now, last)
	}
	e.Read, e.Blind, e.Tried = true, time.Time{}, time.Time{}
	over := earlier(later(e.Since, g.Newest).Add(quiet), last)
	switch {
	case g.Gone:
		by = g.GoneBy
	case !g.Now.Before(over):
		by = event.EndedByUnreported
	}
	return e, by, over
}

// endsBlind decides while Redis is away. Once it was read since the last alert ended,
// it is known that there is something to wait for.
func endsBlind(e event.Ending, now, last time.Time) (next event.Ending, by event.EndedBy, again time.Time) {
	if e.Read && now.Before(last) {
		return e, "", last
	}
	if since := now.Sub(e.Tried); e.Blind.IsZero() || since < 0 || since > blindGap {
		e.Blind = now
	}
	e.Tried = now
	if now.Sub(e.Blind) >= blindWait {
		by = event.EndedByUnreadable
	}
	return e, by, now.Add(blindPause)
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
