package disk

import "time"

// clock runs from the moment the file was opened and never goes back (R21): a
// wall clock that is set while jobs wait makes no wait longer. What outlives the
// process is capped at the next start; see overdue.
type clock struct {
	now   func() time.Time
	start time.Time
	shift time.Duration // what the handed-in clock went back so far
	last  time.Duration // since start, as read last
}

func newClock(now func() time.Time) clock { return clock{now: now, start: now()} }

// read returns the wall's time, for people and for what is asked for, and the
// clock's own, for waits.
func (c *clock) read() (wall, own time.Time) {
	wall = c.now()
	// Sub uses the monotonic readings where both times have one.
	since := wall.Sub(c.start) + c.shift
	if since < c.last {
		c.shift += c.last - since
		since = c.last
	}
	c.last = since
	return wall, c.start.Add(since)
}
