// Package retry holds the words in which a sink tells the queue what to do after
// a send that did not succeed (R12), and the arithmetic of trying again. The
// promise: an error that nobody marked says that the far end is away, so nothing
// is given up by mistake. The functions are pure; the caller brings clock and
// randomness.
package retry

import (
	"errors"
	"time"
)

// Verdict says what becomes of a job, and of its lane, after an error.
type Verdict int

// The verdicts of R12.
const (
	Away          Verdict = iota // the far end as a whole does not serve: its gate closes
	Later                        // this message not now, at the time the far end named; others go on
	Misconfigured                // the sink's own settings are wrong: its gate closes until somebody mends them
	Dead                         // this message can never be delivered: set it aside
	Needless                     // this message is not for this far end, or not now: nothing is to be done
)

// MaxAfter is the longest that a far end's own "try again after" is believed.
const MaxAfter = time.Hour

// Judgement is what an error asks for.
type Judgement struct {
	Verdict Verdict
	// Wait is how long the far end asks to be left alone, for Away and Later; 0:
	// it did not say.
	Wait time.Duration
	// Refused is true when the far end has definitely not taken the message.
	Refused bool
}

// marked is an error with its verdict.
type marked struct {
	error
	verdict Verdict
	wait    time.Duration
}

func (m marked) Unwrap() error { return m.error }

// refused is an error of a message that was definitely not taken.
type refused struct{ error }

func (r refused) Unwrap() error { return r.error }

// Permanent marks err: this message will never be accepted, set it aside.
// A nil err stays nil.
func Permanent(err error) error { return mark(err, Dead, 0) }

// After marks err: the far end asks to be left alone with this message for d, of
// which at most [MaxAfter] is believed; messages of other incidents go on. A nil
// err stays nil; without a positive d, the queue chooses the wait.
func After(d time.Duration, err error) error { return mark(err, Later, d) }

// Down marks err: the far end as a whole does not serve (it refuses connections,
// it is overloaded, it asks for a pause), and asks to be left alone for d, of which
// at most [MaxAfter] is believed; 0: it named no time. An unmarked error means the
// same. A nil err stays nil.
func Down(d time.Duration, err error) error { return mark(err, Away, d) }

// Broken marks err: the sink's own settings are wrong (a login refused, a token
// revoked, a smarthost switched off), so no message of it can be delivered until
// somebody mends them. A nil err stays nil.
func Broken(err error) error { return mark(err, Misconfigured, 0) }

// Skip marks err: nothing was sent, and nothing is to be, for the reason that err
// says. That is no failure. A nil err stays nil.
func Skip(err error) error { return mark(err, Needless, 0) }

// Refused marks err, beside any verdict: the far end has definitely not taken the
// message, so nobody can have heard of it. A nil err stays nil.
func Refused(err error) error {
	if err == nil {
		return nil
	}
	return refused{err}
}

func mark(err error, v Verdict, wait time.Duration) error {
	if err == nil {
		return nil
	}
	return marked{err, v, min(max(wait, 0), MaxAfter)}
}

// Of returns the judgement on err. Of several verdicts the outermost counts.
func Of(err error) Judgement {
	var j Judgement
	var m marked
	if errors.As(err, &m) {
		j.Verdict, j.Wait = m.verdict, m.wait
	}
	j.Refused = j.Verdict == Dead || j.Verdict == Needless || errors.As(err, new(refused))
	return j
}
