// Package intake listens: it turns bytes that strangers send into signals. The
// promise: a POST is answered 200 only after everything in it that concerns
// bellhop was handed to [Accept] and kept, all of it or none; whatever cannot be
// kept now is answered 503, because Alertmanager tries 5xx again and nothing else.
// What was kept, but started a command that failed and whose failure the sender is
// to hear of, is answered 500 (R17).
//
// One bad alert costs only itself: it is counted as ignored, and the others go
// on. One bad sender costs only himself: a request that is slow, endless or too
// large is cut off after a fixed time or size, holds no more memory than it has
// sent, and makes nobody wait. What is taken over is clean: valid UTF-8, without
// control characters, bounded in length, and each alert has a fingerprint.
package intake

import (
	"context"
	"time"

	"bellhop/internal/event"
)

// Source is the name under which this listener's signals travel.
const Source = "webhook"

// EventsSource is the name under which events travel that came by PagerDuty's API.
const EventsSource = "events"

// Accept keeps all of ss, durably, or none of them and says why. It is the only
// way out of this package. It is never called with no signal, and may be called from
// many goroutines.
type Accept func(ctx context.Context, ss []event.Signal) (Accepted, error)

// Accepted is what was kept.
type Accepted struct {
	ID string // its name, for the sender's log
	// Await, where it is not nil, returns once the commands have ended that the sender
	// waits for, or cannot wait for any longer. An error says which of them has not
	// ended well: the sender is to send all of it again.
	Await func(ctx context.Context) error
}

// The results that an [Observer] hears of.
const (
	ResultAccepted   = "accepted"   // kept
	ResultDuplicate  = "duplicate"  // the same message again, answered as before (R16)
	ResultIgnored    = "ignored"    // without labels, of another name or an unknown status
	ResultUnreadable = "unreadable" // an alert whose fields have the wrong types
	ResultUnkept     = "unkept"     // wanted, but Accept could not keep it: answered 503
	ResultRefused    = "refused"    // a whole request that could not be read: counted as one
)

// Observer counts what comes in. Its methods must not block.
type Observer interface {
	// Received is told that n alerts came to that result.
	Received(source, result string, n int)
	// Took is told how long an Accept took, successful or not.
	Took(d time.Duration)
}
