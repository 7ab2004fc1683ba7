// Package wire is what the sinks that speak HTTP share: one call to a far end,
// outside text made harmless, and the links and counts of an event.
//
// The promise: a call goes to the host it was made for and to no other, once;
// what came back is kept (status, header, the first [MaxAnswer] bytes of the
// body), whatever a vendor's library makes of it. No error and no quoted answer
// holds one of the caller's secrets, even when the far end says it back. A far
// end that hangs costs as long as the context lasts; one that answers without
// end costs MaxAnswer bytes.
package wire

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"

	"bellhop/internal/secret"
)

const (
	// MaxAnswer is how many bytes of an answer's body are read. Slack sends a
	// posted message back, which is the longest answer anybody needs.
	MaxAnswer = 1 << 20
	// maxQuote is how many characters of an answer or an error are quoted.
	maxQuote = 300
)

// Caller makes the calls of one sink.
type Caller struct {
	client  http.Client
	agent   string
	secrets []secret.String
}

// NewCaller makes a caller that presents itself as bellhop of that version and
// cuts the secrets out of all it reports.
//
// It follows no redirect: the routing key and the token travel in the body, and
// a redirect would carry them to whatever host the answer names.
func NewCaller(client *http.Client, version string, secrets ...secret.String) *Caller {
	c := &Caller{client: *client, agent: "bellhop", secrets: worthHiding(secrets)}
	if version != "" {
		c.agent += "/" + version
	}
	c.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return c
}

// worthHiding puts the longest first, so that none leaves the rest of another
// behind, and leaves out what is too short to be a secret: a header "1" cut out of
// every answer would make all of them unreadable.
func worthHiding(secrets []secret.String) []secret.String {
	const shortest = 4 // bytes
	kept := slices.Clone(secrets)
	kept = slices.DeleteFunc(kept, func(s secret.String) bool { return len(s.Reveal()) < shortest })
	slices.SortStableFunc(kept, func(a, b secret.String) int { return len(b.Reveal()) - len(a.Reveal()) })
	return kept
}

// Clean makes what a far end or a library said fit to be shown: one line,
// without secrets, of bounded length.
func (c *Caller) Clean(text string) string {
	return Line(secret.Redact(text, c.secrets...), maxQuote)
}

// fault rewrites an error of the transport. Only the two errors of a context stay
// in the chain: any other would still print what was just cut out of its text.
func (c *Caller) fault(host string, err error) error {
	var outer *url.Error // repeats the whole address, which may be a secret
	if errors.As(err, &outer) {
		err = outer.Err
	}
	for _, ended := range []error{context.DeadlineExceeded, context.Canceled} {
		if errors.Is(err, ended) {
			return fmt.Errorf("no answer from %s: %w", host, ended)
		}
	}
	return fmt.Errorf("no answer from %s: %s; see whether this machine reaches it", host, c.Clean(err.Error()))
}
