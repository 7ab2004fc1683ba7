package retry

import "time"

// Backoff doubles from Min to Max and strays by ±20 %, so that what failed
// together does not come back together.
type Backoff struct {
	Min, Max time.Duration
}

// Key is the backoff of R12 for one key of a lane.
func Key() Backoff { return Backoff{Min: 5 * time.Second, Max: 5 * time.Minute} }

// Gate is the backoff of R12 for the gate of a lane whose far end is down.
func Gate() Backoff { return Backoff{Min: time.Second, Max: time.Minute} }

// MendEvery is how often a lane that is misconfigured tries whether somebody has
// mended it (R12).
const MendEvery = 5 * time.Minute

const spread = 0.2

// Plain returns the wait before try number n (from 1), without straying.
func (b Backoff) Plain(n int) time.Duration {
	d := b.Min
	for i := 1; i < n && d < b.Max; i++ {
		d *= 2
	}
	return min(d, b.Max)
}

// Delay returns the wait after the nth failure (from 1). Random is a number in
// [0,1); 0.5 gives the plain wait.
func (b Backoff) Delay(n int, random float64) time.Duration {
	return time.Duration(float64(b.Plain(n)) * (1 + spread*(2*random-1)))
}
