package queue

import (
	"sync"
	"time"
)

// Clock runs from the moment it was made and never goes back (R21): a wall clock
// that is set makes no wait longer.
type Clock struct {
	now   func() time.Time
	start time.Time
	mu    sync.Mutex
	shift time.Duration // what the handed-in clock went back so far
	last  time.Duration // since start, as read last
}

// NewClock makes a clock over one that may be set.
func NewClock(now func() time.Time) *Clock { return &Clock{now: now, start: now()} }

// Start is when the clock was made.
func (c *Clock) Start() time.Time { return c.start }

// Read returns the wall's time, for people and for what is asked for, and the
// clock's own, for waits.
func (c *Clock) Read() (wall, own time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
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

// Own is the clock's own time.
func (c *Clock) Own() time.Time {
	_, own := c.Read()
	return own
}
