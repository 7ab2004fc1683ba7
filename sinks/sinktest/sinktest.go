// Package sinktest is the suite that every sink over HTTP passes. The promise: a
// sink that passes it keeps what package sinks promises of every sink. Each HTTP
// status comes to one verdict; a far end that hangs, breaks off or never ends
// costs no more than the deadline; no error, receipt or log holds a secret, even
// when the far end says it back; a retry can be recognised; and hostile text
// arrives as text.
//
// The suite runs over connections in memory under a clock of its own, so it opens
// no port and waits for nothing.
package sinktest

import (
	"net/http"
	"testing"
	"time"

	"bellhop/internal/retry"
	"bellhop/internal/secret"
	"bellhop/sinks"
)

// Base is the address of the far end in the suite.
const Base = "http://far.test"

// Case is a sink to be tested.
type Case struct {
	// New builds the sink against a far end at base.
	New func(base string, d sinks.Deps) (sinks.Sink, error)
	// Far makes a far end that takes the message. A stand-in that is as strict
	// as the true one makes the tests of hostile text worth most.
	Far func(now func() time.Time) http.Handler
	// Message is what is sent. An empty target means the sink's first.
	Message sinks.Message
	// Secrets must not show anywhere.
	Secrets []secret.String
	// Want says what an answer of this status, with a body that means nothing to
	// the sink, comes to; nil is [Usual].
	Want func(status int) Want
	// Key is that of a request by which the far end tells a retry of a message
	// from another message.
	Key func(Request) string
	// MaxBody is how many bytes a request may have, whatever the event holds.
	MaxBody int
	// MaxText bounds the hostile texts, for a sink that sends events as they are;
	// 0 means a megabyte each.
	MaxText int
	// Harmless looks at a request that was made of hostile text.
	Harmless func(t *testing.T, r Request)
}

// Want is what becomes of a send.
type Want struct {
	Taken   bool // no error
	Verdict retry.Verdict
}

// Usual is what most far ends mean by a status: 2xx is taken, a redirect is a
// fault of the settings and so temporary, and the rest is as retry.HTTP has it.
func Usual(status int) Want {
	switch {
	case status/100 == 2:
		return Want{Taken: true}
	case status/100 == 3:
		return Want{Verdict: retry.Away}
	}
	verdict := retry.Of(retry.HTTP(status, http.Header{}, time.Time{}, http.ErrAbortHandler)).Verdict
	return Want{Verdict: verdict}
}

// Run tests the sink of c.
func Run(t *testing.T, c Case) {
	if c.Want == nil {
		c.Want = Usual
	}
	t.Run("R12 every status has one verdict", c.statuses)
	t.Run("R12 Retry-After is believed up to an hour", c.retryAfter)
	t.Run("a redirect is not followed", c.redirect)
	t.Run("a far end that hangs costs the deadline", c.hang)
	t.Run("a body that hangs costs the deadline", c.hangingBody)
	t.Run("a body without end costs nothing", c.endless)
	t.Run("a send is cancelled at once", c.cancel)
	t.Run("a far end that is away or breaks off is temporary", c.away)
	t.Run("a retry has the same key", c.retry)
	t.Run("hostile text arrives as text", c.hostile)
	t.Run("a target is no secret", c.targets)
}
