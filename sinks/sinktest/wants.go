package sinktest

import (
	"time"

	"bellhop/internal/retry"
)

// Want is what becomes of a send.
type Want struct {
	Taken   bool // no error
	Verdict retry.Verdict
	// Refused says whether the far end has definitely not taken the message.
	Refused bool
	// Wait is for how long the far end asks to be left alone; 0: it does not say.
	Wait time.Duration
}

// Taken is a success.
func Taken() Want { return Want{Taken: true} }

// Refused is a message that the far end has definitely not taken.
func Refused(v retry.Verdict) Want { return Want{Verdict: v, Refused: true} }

// Unknown is a far end that is down, and may have taken the message.
func Unknown() Want { return Want{Verdict: retry.Away} }

// Status says what the answers of some statuses come to.
type Status struct {
	First, Last int
	Want        Want
}

// usual is what most far ends mean by a status (R12; RFC 9110 §15), written down
// by hand and not asked of the code that it tests.
func usual() []Status {
	return []Status{
		{200, 299, Taken()},
		{300, 399, Unknown()}, // a portal, or an address that has moved
		{400, 400, Refused(retry.Dead)},
		{401, 401, Refused(retry.Misconfigured)},
		{402, 402, Refused(retry.Dead)},
		{403, 403, Refused(retry.Misconfigured)},
		{404, 406, Refused(retry.Dead)},
		{407, 407, Refused(retry.Misconfigured)}, // the proxy's login
		{408, 408, Unknown()},
		{409, 424, Refused(retry.Dead)},
		{425, 425, Refused(retry.Away)},
		{426, 428, Refused(retry.Dead)},
		{429, 429, Refused(retry.Away)},
		{430, 499, Refused(retry.Dead)},
		{500, 599, Unknown()},
	}
}

// want is what an answer of this status comes to.
func (c Case) want(status int) Want {
	for _, rows := range [][]Status{c.Wants, usual()} {
		for _, row := range rows {
			if row.First <= status && status <= row.Last {
				return row.Want
			}
		}
	}
	panic("nobody knows what is wanted of such a status")
}
