package shoutrrr

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"sync"

	"bellhop/internal/secret"
	"bellhop/sinks/wire"
)

// errClosed answers the library after a request has failed.
var errClosed = errors.New("no second try: bellhop tries again itself")

// road is the only way out for the library. Each request goes out once, within ctx,
// which the library has no place for, and what was answered is kept. The first
// one that is not answered with 2xx closes it.
type road struct {
	ctx      context.Context
	client   *http.Client
	delivery string
	version  string
	secrets  []secret.String

	// proof names a field of the answer that is true when a message was taken; empty:
	// the library's word is good enough.
	proof string

	mu     sync.Mutex
	taken  int        // requests answered with 2xx
	last   *wire.Call // nil: none yet
	closed bool
}

var _ http.RoundTripper = (*road)(nil)

// RoundTrip sends one request.
func (r *road) RoundTrip(req *http.Request) (*http.Response, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		if req.Body != nil {
			_ = req.Body.Close() // it was not read
		}
		return nil, errClosed
	}
	out := req.Clone(r.ctx)
	//lint:ignore SA1019 net/http itself sets it for a client with a time limit of its own, which is not ours
	out.Cancel = nil
	out.Header.Set(DeliveryHeader, r.delivery)
	r.last = wire.NewCaller(r.client, r.version, append(learnt(req), r.secrets...)...).Call()
	resp, err := r.last.Do(out)
	if err == nil && resp.StatusCode/100 == 2 {
		r.taken++
	} else {
		r.closed = true
	}
	return resp, err
}

// proven reports whether the last answer says that the message was taken.
func (r *road) proven() bool {
	if r.proof == "" {
		return true
	}
	var answer map[string]any
	if json.Unmarshal(r.last.Body, &answer) != nil {
		return false
	}
	return answer[r.proof] == true
}

// learnt are keys that the library got from the far end, such as Matrix' access token.
func learnt(req *http.Request) []secret.String {
	all := keys(&url.URL{RawQuery: req.URL.RawQuery})
	if login := req.Header.Get("Authorization"); login != "" {
		all = append(all, secret.New(login))
	}
	return all
}
