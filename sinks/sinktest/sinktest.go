// Package sinktest is the suite that every sink passes: [Run] those over HTTP, [Mail]
// those that mail. The promise: a sink that passes it keeps what package sinks
// promises of every sink. Each HTTP status and each reply of a mail server comes to
// one verdict, and it is known whether the message was refused; a far end that
// hangs, breaks off or never ends costs no more than the deadline; no error, receipt
// or log holds a secret, even when the far end says it back; a retry can be
// recognised; and hostile text arrives as text.
//
// What is wanted stands in tables, written down by hand. Run works over connections
// in memory under a clock of its own, so it opens no port and waits for nothing.
package sinktest

import (
	"net/http"
	"testing"
	"time"

	"bellhop/internal/farend"
	"bellhop/internal/secret"
	"bellhop/sinks"
)

// Base is the address of the far end in the suite.
const Base = "http://far.test"

// StandIn is a far end of package farend.
type StandIn interface {
	http.Handler
	Inject(faults ...farend.Fault)
	Requests() []farend.Request
}

// Case is a sink to be tested.
type Case struct {
	// New builds the sink against a far end at base.
	New func(base string, d sinks.Deps) (sinks.Sink, error)
	// Far makes a far end that takes the message: a stand-in, which is as strict as
	// the true one and can be made to fail.
	Far func(now func() time.Time) StandIn
	// Message is what is sent. An empty target means the sink's first.
	Message sinks.Message
	// Secrets must not show anywhere.
	Secrets []secret.String
	// Wants says what an answer of these statuses, with a body that means nothing to
	// the sink, comes to, where this far end means something else than most.
	Wants []Status
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

// Run tests the sink of c.
func Run(t *testing.T, c Case) {
	t.Run("R12 every status has one verdict", c.statuses)
	t.Run("R12 Retry-After is believed up to an hour", c.retryAfter)
	t.Run("a redirect is not followed", c.redirect)
	t.Run("a far end that hangs costs the deadline", c.hang)
	t.Run("a body that hangs costs the deadline", c.hangingBody)
	t.Run("a body without end costs nothing", c.endless)
	t.Run("a send is cancelled at once", c.cancel)
	t.Run("a far end that is away or breaks off is down", c.away)
	t.Run("a far end that cannot be reached costs the deadline", c.unreachable)
	t.Run("R12 no weather makes it say what is not so", c.weather)
	t.Run("a retry has the same key", c.retry)
	t.Run("hostile text arrives as text", c.hostile)
	t.Run("a target is no secret", c.targets)
}
