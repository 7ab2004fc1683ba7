// Package retry holds the words in which a sink tells the queue what to do after
// a send that did not succeed, and the arithmetic of trying again. The promise:
// an error that nobody marked is temporary, so nothing is given up by mistake.
// The functions are pure; the caller brings clock and randomness.
package retry

import (
	"errors"
	"time"
)

// Verdict says what becomes of a job after an error.
type Verdict int

// The verdicts of R12 that exist so far.
const (
	Temporary Verdict = iota // try again, later each time
	Later                    // try again at the time the far end named
	Dead                     // this message can never be delivered: set it aside
)

// MaxAfter is the longest that a far end's own "try again after" is believed.
const MaxAfter = time.Hour

type permanent struct{ error }

func (p permanent) Unwrap() error { return p.error }

type after struct {
	error
	wait time.Duration
}

func (a after) Unwrap() error { return a.error }

// Permanent marks err: this message will never be accepted, set it aside.
// A nil err stays nil.
func Permanent(err error) error {
	if err == nil {
		return nil
	}
	return permanent{err}
}

// After marks err: the far end asks to be left alone for d, of which at most
// [MaxAfter] is believed. A nil err stays nil; a d that is not positive marks nothing.
func After(d time.Duration, err error) error {
	if err == nil || d <= 0 {
		return err
	}
	return after{err, min(d, MaxAfter)}
}

// Of returns the verdict on err and, for [Later], the wait.
func Of(err error) (Verdict, time.Duration) {
	var p permanent
	if errors.As(err, &p) {
		return Dead, 0
	}
	var a after
	if errors.As(err, &a) {
		return Later, a.wait
	}
	return Temporary, 0
}
