package main

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"bellhop/internal/record"
	"bellhop/internal/retry"
	"bellhop/router/queue"
)

// posts hands every delivery to a far end over HTTP.
type posts string

func (url posts) Handle(ctx context.Context, l queue.Lease) (queue.Result, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, string(url), strings.NewReader(string(l.Payload)))
	if err != nil {
		return queue.Result{}, retry.Permanent(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return queue.Result{}, err
	}
	_ = resp.Body.Close()
	return queue.Result{Status: resp.Status}, retry.HTTP(resp.StatusCode, resp.Header, time.Now(), unlessOK(resp))
}

func unlessOK(resp *http.Response) error {
	if resp.StatusCode == http.StatusOK {
		return nil
	}
	return errors.New("answered " + resp.Status)
}

// TestADeadLetterGoesOutOnceTheFarEndIsMended has a real queue, its pump, the socket
// and the commands.
func TestADeadLetterGoesOutOnceTheFarEndIsMended(t *testing.T) {
	var mended atomic.Bool
	far := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if !mended.Load() {
			w.WriteHeader(http.StatusGone)
		}
	}))
	t.Cleanup(far.Close)
	o := newOffice(t)
	o.put("d1", "hook", "https://example.org")
	o.open()
	pump := queue.NewPump(o.engine, []queue.Lane{{Name: record.Lane("hook"), Handler: posts(far.URL), Marks: true}}, queue.PumpOptions{Now: time.Now})
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- pump.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	waitFor(t, "it was set aside", func() bool { return strings.Contains(o.ask("deliveries", "--state", "dead").out, "answered 410 Gone") })
	mended.Store(true)
	if got := o.ask("retry", "d1"); got != (result{0, "d1: goes out again as d1-again\n", ""}) {
		t.Fatalf("got %+v", got)
	}
	waitFor(t, "it was delivered", func() bool { return o.states() == "d1-again sent, d1 dropped" })
	if got := o.ask("deliveries", "--state", "sent"); !strings.Contains(got.out, "d1-again  200 OK") {
		t.Errorf("got %+v", got)
	}
}
