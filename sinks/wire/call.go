package wire

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"

	"bellhop/internal/retry"
)

// ErrRedirect is in the chain of the error of a call that was answered by a redirect.
var ErrRedirect = errors.New("bellhop follows no redirects")

// Call is one request and what came of it. It stands where a library wants its
// HTTP client, because libraries lose what a verdict needs: go-pagerduty the body
// and the headers, slack-go the body of anything but a 200. It serves one request.
type Call struct {
	caller *Caller

	// Status is the answer's code; 0 when no answer came.
	Status int
	Header http.Header
	// Body is the first MaxAnswer bytes; fewer when the answer broke off.
	Body []byte
	// Err says, without secrets, why there is no answer to go by: the far end was not
	// reached (down, and refused when not even a connection came about), or it
	// answered with a redirect (down: it has moved, or a portal wants a login first).
	Err error

	broke error // what ended the body early
}

// Call begins a call.
func (c *Caller) Call() *Call { return &Call{caller: c} }

// Do sends the request. The body of the answer it returns is read already, so
// nothing of the far end is open any more.
func (c *Call) Do(req *http.Request) (*http.Response, error) {
	req.Header.Set("User-Agent", c.caller.agent)
	var r road
	resp, err := c.caller.client.Do(req.WithContext(httptrace.WithClientTrace(req.Context(), r.trace())))
	if err != nil {
		c.Err = retry.Down(0, c.caller.fault(req.URL.Host, err))
		if r.closed() {
			c.Err = retry.Refused(c.Err)
		}
		return nil, c.Err
	}
	defer func() { _ = resp.Body.Close() }() // all that was wanted of it has been read
	c.Status, c.Header = resp.StatusCode, resp.Header
	if c.Status/100 == 3 {
		c.Err = retry.Down(0, c.redirected(resp))
		return nil, c.Err
	}
	// A status that has arrived counts, even if the body behind it breaks off:
	// taking it for a failure would say everything twice.
	c.Body, c.broke = io.ReadAll(io.LimitReader(resp.Body, MaxAnswer))
	resp.Body = io.NopCloser(bytes.NewReader(c.Body))
	return resp, nil
}

// road watches how far a request gets. The transport tells when it begins to look
// for a connection and when it has one, with DNS, dialling, a proxy and TLS behind
// it; between the two no byte of the message can have left. Another transport than
// net/http's own tells nothing, and then nothing is claimed.
type road struct{ sought, got atomic.Bool }

func (r *road) trace() *httptrace.ClientTrace {
	return &httptrace.ClientTrace{
		GetConn: func(string) { r.sought.Store(true) },
		GotConn: func(httptrace.GotConnInfo) { r.got.Store(true) },
	}
}

// closed is true when no connection came about.
func (r *road) closed() bool { return r.sought.Load() && !r.got.Load() }

func (c *Call) redirected(resp *http.Response) error {
	to := "nowhere"
	if u, err := resp.Location(); err == nil {
		to = c.caller.Clean(u.Host)
	}
	return fmt.Errorf("%s answered %s, a redirect to %s: %w, write the final address into url",
		resp.Request.URL.Host, status(resp.StatusCode), to, ErrRedirect)
}

// Answer is the status in a few words: "429 Too Many Requests"; empty without an answer.
func (c *Call) Answer() string {
	if c.Status == 0 {
		return ""
	}
	return status(c.Status)
}

func status(code int) string {
	if text := http.StatusText(code); text != "" {
		return fmt.Sprintf("%d %s", code, text)
	}
	return fmt.Sprint(code)
}

// Said is the status and what the far end said with it, for an error.
func (c *Call) Said() string {
	said := c.caller.Clean(string(c.Body))
	if c.broke != nil {
		said += " (the answer broke off)"
	}
	if said == "" {
		return c.Answer()
	}
	return c.Answer() + ": " + said
}
