package sinktest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httputil"
	"testing"
	"testing/synctest"
	"time"

	"bellhop/internal/retry"
)

// echo answers with a status and everything the request held, secrets included.
func echo(status int, header http.Header) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		for name, values := range header {
			w.Header()[name] = values
		}
		dump, err := httputil.DumpRequest(r, true)
		if err != nil {
			dump = []byte(err.Error())
		}
		w.WriteHeader(status)
		fmt.Fprintf(w, "no: %s\r\n\x00 for %s", dump, r.URL)
	}
}

func (c Case) statuses(t *testing.T) {
	c.in(t, func(r *room) {
		for status := 200; status < 600; status++ {
			r.answer(echo(status, nil))
			r.check(fmt.Sprintf("status %d", status), r.send(r.t.Context(), r.Message), c.want(status))
		}
	})
}

func (c Case) retryAfter(t *testing.T) {
	c.in(t, func(r *room) {
		for text, wait := range map[string]time.Duration{
			"7":      7 * time.Second,
			"999999": time.Hour,
			time.Now().Add(90 * time.Second).UTC().Format(http.TimeFormat): 90 * time.Second,
			time.Now().Add(48 * time.Hour).UTC().Format(http.TimeFormat):   time.Hour,
		} {
			for status, want := range map[int]Want{http.StatusTooManyRequests: Refused(retry.Away), http.StatusServiceUnavailable: Unknown()} {
				want.Wait = wait
				r.answer(echo(status, http.Header{"Retry-After": {text}}))
				r.check(fmt.Sprintf("%d, Retry-After %s", status, text), r.send(r.t.Context(), r.Message), want)
			}
		}
	})
}

func (c Case) redirect(t *testing.T) {
	c.in(t, func(r *room) {
		for _, status := range []int{301, 302, 303, 307, 308} {
			r.answer(echo(status, http.Header{"Location": {"http://elsewhere.test/take"}}))
			r.check(fmt.Sprint("redirect ", status), r.send(r.t.Context(), r.Message), Unknown())
		}
		if len(r.requests) != 5 {
			r.t.Errorf("five sends made %d requests", len(r.requests))
		}
	})
}

func hang(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }

func (c Case) hang(t *testing.T) {
	c.in(t, func(r *room) {
		r.answer(hang)
		began := time.Now()
		err := r.send(r.t.Context(), r.Message)
		if took := time.Since(began); took != deadline {
			r.t.Errorf("the send took %v, its deadline was %v", took, deadline)
		}
		r.check("hanging far end", err, Unknown())
		if !errors.Is(err, context.DeadlineExceeded) {
			r.t.Errorf("the error does not tell of the deadline: %v", err)
		}
	})
}

// hangingBody has the status arrive and nothing after it: whether that counts is
// the sink's to say, the deadline is not.
func (c Case) hangingBody(t *testing.T) {
	c.in(t, func(r *room) {
		r.answer(func(w http.ResponseWriter, req *http.Request) {
			w.WriteHeader(http.StatusInternalServerError)
			_ = http.NewResponseController(w).Flush()
			hang(w, req)
		})
		began := time.Now()
		r.check("hanging body", r.send(r.t.Context(), r.Message), c.want(http.StatusInternalServerError))
		if took := time.Since(began); took > deadline {
			r.t.Errorf("the send took %v, its deadline was %v", took, deadline)
		}
	})
}

func (c Case) endless(t *testing.T) {
	c.in(t, func(r *room) {
		r.answer(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusInternalServerError)
			piece := make([]byte, 1<<16)
			for range 256 {
				if _, err := w.Write(piece); err != nil {
					return
				}
			}
			r.t.Error("the sink read 16 MB of an answer")
		})
		began := time.Now()
		r.check("endless body", r.send(r.t.Context(), r.Message), c.want(http.StatusInternalServerError))
		if took := time.Since(began); took != 0 {
			r.t.Errorf("the send took %v", took)
		}
	})
}

func (c Case) cancel(t *testing.T) {
	c.in(t, func(r *room) {
		r.answer(hang)
		ctx, cancel := context.WithCancel(r.t.Context())
		time.AfterFunc(time.Second, cancel)
		began := time.Now()
		err := r.send(ctx, r.Message)
		if took := time.Since(began); took != time.Second {
			r.t.Errorf("the send ended after %v, it was cancelled after 1s", took)
		}
		r.check("cancelled", err, Unknown())
		if !errors.Is(err, context.Canceled) {
			r.t.Errorf("the error does not tell that it was cancelled: %v", err)
		}
		synctest.Wait()
	})
}

func (c Case) away(t *testing.T) {
	c.in(t, func(r *room) {
		r.answer(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
		r.check("connection cut", r.send(r.t.Context(), r.Message), Unknown())
		r.answer(func(w http.ResponseWriter, _ *http.Request) {
			conn, _, err := http.NewResponseController(w).Hijack()
			if err != nil {
				panic(err)
			}
			_, _ = io.WriteString(conn, "nonsense\r\n\r\n")
			_ = conn.Close()
		})
		r.check("no HTTP", r.send(r.t.Context(), r.Message), Unknown())
		r.mu.Lock()
		r.down = true
		r.mu.Unlock()
		r.check("connection refused", r.send(r.t.Context(), r.Message), Refused(retry.Away))
	})
}

// unreachable has the connection itself hang: no byte of the message has left.
func (c Case) unreachable(t *testing.T) {
	c.in(t, func(r *room) {
		r.mu.Lock()
		r.lost = true
		r.mu.Unlock()
		began := time.Now()
		err := r.send(r.t.Context(), r.Message)
		if took := time.Since(began); took != deadline {
			r.t.Errorf("the send took %v, its deadline was %v", took, deadline)
		}
		r.check("no connection", err, Refused(retry.Away))
	})
}
