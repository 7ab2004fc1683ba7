package sinktest

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"bellhop/internal/farend"
	"bellhop/internal/retry"
	"bellhop/sinks"
)

// deadline is what a send is given.
const deadline = 20 * time.Second

// Request is one request as the far end got it.
type Request struct {
	Method string
	Path   string
	Header http.Header
	Body   []byte
}

// room is a sink, a far end, and the line between them.
type room struct {
	Case
	t    *testing.T
	sink sinks.Sink
	log  *bytes.Buffer

	mu       sync.Mutex
	handler  http.HandlerFunc
	requests []Request
	down     bool // connections are refused
	lost     bool // connections are never answered
}

// in runs test in a room of its own, under its own clock.
func (c Case) in(t *testing.T, test func(r *room)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		r := &room{Case: c, t: t, log: &bytes.Buffer{}}
		r.handler = c.Far(time.Now).ServeHTTP
		line := farend.NewLine(r, r.dial)
		defer func() {
			if err := line.Close(); err != nil {
				t.Errorf("close the far end: %v", err)
			}
			time.Sleep(time.Minute) // net/http lingers on some connections; the bubble wants them gone
		}()
		var err error
		r.sink, err = c.New(Base, sinks.Deps{
			Log:         slog.New(slog.NewJSONHandler(r.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
			Now:         time.Now,
			Client:      line.Client(),
			ExternalURL: "https://bellhop.example.org/",
			Version:     "1.2.3",
		})
		if err != nil {
			t.Fatal(err)
		}
		test(r)
		r.quiet("the log", r.log.String())
		r.quiet("the printed sink", fmt.Sprintf("%v %+v %#v", r.sink, r.sink, r.sink))
	})
}

// dial looks at the address of a connection, and refuses or loses it.
func (r *room) dial(ctx context.Context, address string) error {
	if address != "far.test:80" {
		r.t.Errorf("the sink called %s", address)
		return errors.New("no such host")
	}
	r.mu.Lock()
	down, lost := r.down, r.lost
	r.mu.Unlock()
	switch {
	case lost:
		<-ctx.Done()
		return ctx.Err()
	case down:
		return errors.New("dial tcp: connection refused by " + Base + "?token=" + r.anySecret())
	}
	return nil
}

// ServeHTTP is the far end.
func (r *room) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return // the sink went away
	}
	req.Body = io.NopCloser(bytes.NewReader(body))
	r.mu.Lock()
	r.requests = append(r.requests, Request{Method: req.Method, Path: req.URL.Path, Header: req.Header.Clone(), Body: body})
	handler := r.handler
	r.mu.Unlock()
	handler(w, req)
}

func (r *room) answer(h http.HandlerFunc) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.handler = h
}

func (r *room) last() Request {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.requests) == 0 {
		r.t.Fatal("the far end got no request")
	}
	return r.requests[len(r.requests)-1]
}

// send sends m with the usual deadline and looks for secrets in what comes back.
func (r *room) send(ctx context.Context, m sinks.Message) error {
	r.t.Helper()
	if m.Target == "" {
		m.Target = r.sink.Targets()[0]
	}
	ctx, cancel := context.WithTimeout(ctx, deadline)
	defer cancel()
	receipt, err := r.sink.Send(ctx, m)
	r.quiet("the receipt", receipt.Status+string(receipt.Memory))
	for e := err; e != nil; e = errors.Unwrap(e) {
		r.quiet("the error", e.Error())
		if strings.ContainsAny(e.Error(), "\r\n\x00") || len(e.Error()) > 2000 {
			r.t.Errorf("the error is not one short line: %q", e.Error())
		}
	}
	return err
}

func (r *room) anySecret() string {
	if len(r.Secrets) == 0 {
		return ""
	}
	return r.Secrets[0].Reveal()
}

// quiet fails when text holds a secret, in any form in which it could travel.
func (r *room) quiet(what, text string) {
	r.t.Helper()
	for _, s := range r.Secrets {
		plain := s.Reveal()
		for _, form := range []string{plain, url.QueryEscape(plain), url.PathEscape(plain), base64.StdEncoding.EncodeToString([]byte(plain))} {
			if strings.Contains(text, form) {
				r.t.Errorf("%s holds a secret: %.300q", what, text)
			}
		}
	}
}

func (r *room) check(what string, err error, want Want) {
	r.t.Helper()
	check(r.t, what, err, want)
}

func check(t *testing.T, what string, err error, want Want) {
	t.Helper()
	switch {
	case want.Taken && err != nil:
		t.Errorf("%s: not taken: %v", what, err)
	case want.Taken:
	case err == nil:
		t.Errorf("%s: taken for a success", what)
	default:
		got := retry.Of(err)
		if got != (retry.Judgement{Verdict: want.Verdict, Wait: want.Wait, Refused: want.Refused}) {
			t.Errorf("%s: got %+v, want %+v (%v)", what, got, want, err)
		}
	}
}
