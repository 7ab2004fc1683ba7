package queue

import (
	"slices"
	"time"

	"golang.org/x/time/rate"

	"bellhop/internal/retry"
)

// Limiter keeps the pace of R13: at most N sends in any window of Per, spaced by
// a token bucket that lets Burst go at once. The bucket alone would let N + Burst
// through in one window, and far ends look back over a window (PagerDuty over
// 60 s: PagerDuty/developer-docs, docs/events-API-v2/05-Rate-Limits.md), so the
// last N sends guard it. A Limiter is not for several goroutines at once.
type Limiter struct {
	per    time.Duration
	bucket *rate.Limiter
	last   []time.Time // a ring of the last sends; zero: none yet
	oldest int         // where in last
}

// NewLimiter returns a limiter that remembers earlier sends, in any order. A
// limit without N or Per lets everything pass; without Burst, one goes at a time.
func NewLimiter(l retry.Limit, sent []time.Time) *Limiter {
	if l.N <= 0 || l.Per <= 0 {
		return &Limiter{}
	}
	r := &Limiter{
		per:    l.Per,
		bucket: rate.NewLimiter(rate.Limit(float64(l.N)/l.Per.Seconds()), min(max(l.Burst, 1), l.N)),
		last:   make([]time.Time, l.N),
	}
	for _, at := range slices.SortedFunc(slices.Values(sent), time.Time.Compare) {
		r.Take(at)
	}
	return r
}

// Limited is false when everything may pass.
func (r *Limiter) Limited() bool { return r.bucket != nil }

// Delay is how long to wait, from now, until the next send may go; 0: it may go now.
func (r *Limiter) Delay(now time.Time) time.Duration {
	if !r.Limited() {
		return 0
	}
	wait := r.spacing(now)
	if first := r.last[r.oldest]; !first.IsZero() {
		wait = max(wait, first.Add(r.per).Sub(now))
	}
	return max(wait, 0)
}

// spacing is how long the bucket takes to hold one token.
func (r *Limiter) spacing(now time.Time) time.Duration {
	missing := 1 - r.bucket.TokensAt(now)
	return time.Duration(missing / float64(r.bucket.Limit()) * float64(time.Second))
}

// Take notes a send.
func (r *Limiter) Take(now time.Time) {
	if !r.Limited() {
		return
	}
	r.bucket.ReserveN(now, 1)
	r.last[r.oldest] = now
	r.oldest = (r.oldest + 1) % len(r.last)
}
