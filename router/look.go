package router

import "time"

const (
	// firstPause and longestPause are the pace of R1 for looking again.
	firstPause   = 30 * time.Second
	longestPause = 5 * time.Minute
	// patience is how long looks go on after the run was told unsettled.
	patience = 24 * time.Hour
	// blindWait is how long the cluster's Redis may be away before that is told.
	blindWait = 5 * time.Minute
)

// Wait is what R1 knows of an inbox job.
type Wait struct {
	Accepted time.Time     // when the first signal was accepted
	First    time.Duration // from there to the first look
	Max      time.Duration // from there to the deadline
}

// Next is what R1 says after a look.
type Next struct {
	Tell  bool      // tell the run as it stands
	Again time.Time // look again then; zero: this was the last look
}

// Next decides after a look at now. Settled is what the look found; readable is
// false when Redis could not be read.
func (w Wait) Next(now time.Time, settled, readable bool) Next {
	if readable && settled {
		return Next{Tell: true}
	}
	wait := w.Max
	if !readable {
		wait = min(wait, blindWait)
	}
	deadline := w.Accepted.Add(wait)
	if now.Before(deadline) {
		return Next{Again: earlier(now.Add(w.pause(now)), deadline)}
	}
	if now.Before(w.Accepted.Add(patience)) {
		return Next{Tell: true, Again: now.Add(longestPause)}
	}
	return Next{Tell: true}
}

// pause doubles from firstPause: the time since the first look tells how often
// it was doubled, so nothing has to be remembered over a restart.
func (w Wait) pause(now time.Time) time.Duration {
	since := now.Sub(w.Accepted.Add(w.First))
	return min(max(since, 0)+firstPause, longestPause)
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
