package app_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"bellhop/config"
	"bellhop/internal/app"
	"bellhop/internal/event"
	"bellhop/internal/farend"
	"bellhop/sinks/all"
)

const (
	routingKey = "0123456789abcdef0123456789abcdef"
	slackToken = "xoxb-a-secret-token"
)

// farends are the services that cannot be had, behaving.
type farends struct {
	pager *farend.PagerDuty
	chat  *farend.Slack
	hook  *farend.Webhook

	pagerURL, chatURL, hookURL string
}

func newFarends(t testing.TB) *farends {
	f := &farends{
		pager: farend.NewPagerDuty(time.Now, routingKey),
		chat:  farend.NewSlack(time.Now, slackToken, "#backups"),
		hook:  farend.NewWebhook(time.Now),
	}
	f.pagerURL, f.chatURL, f.hookURL = open(t, f.pager), open(t, f.chat), open(t, f.hook)
	return f
}

func open(t testing.TB, h http.Handler) string {
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL
}

// sinks is the configuration of the far ends.
func (f *farends) sinks() string {
	return fmt.Sprintf(`
  oncall: {type: pagerduty, routing_keys: [%s], url: %q, verify: false}
  chat: {type: slack, token: %s, channel: "#backups", url: %q}
  hook: {type: webhook, url: %q}
`, routingKey, f.pagerURL, slackToken, f.chatURL+"/api/", f.hookURL+"/in")
}

// running is a bellhop that runs in this process.
type running struct {
	t    testing.TB
	url  string
	log  *journal
	stop func()
}

// start runs bellhop with this configuration; it ends with the test.
func start(t testing.TB, settings string) *running {
	t.Helper()
	file := filepath.Join(t.TempDir(), "config.yml")
	if err := os.WriteFile(file, []byte(settings), 0o600); err != nil {
		t.Fatal(err)
	}
	c, _, err := config.Load(file, nil, all.Kinds())
	if err != nil {
		t.Fatal(err)
	}
	log := new(journal)
	a, err := app.New(app.Options{
		Config: c, Version: "test", Now: time.Now,
		Log: slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- a.Run(ctx) }()
	r := &running{t: t, url: "http://" + a.Addr().String(), log: log}
	stopped := false
	r.stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		select {
		case err := <-ended:
			if err != nil {
				t.Errorf("bellhop ended with %v", err)
			}
		case <-time.After(12 * time.Second):
			t.Error("bellhop did not stop within 10 s")
		}
	}
	t.Cleanup(func() {
		r.stop()
		if t.Failed() {
			t.Logf("bellhop said:\n%s", log.String())
		}
	})
	return r
}

// post sends a body to POST /alert.
func (r *running) post(body []byte) (int, string) {
	r.t.Helper()
	resp, err := http.Post(r.url+"/alert", "application/json", bytes.NewReader(body))
	if err != nil {
		r.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	return resp.StatusCode, string(answer)
}

// get reads a list of the API.
func (r *running) get(path string, into any) error {
	resp, err := http.Get(r.url + path)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers %s", path, resp.Status)
	}
	return json.NewDecoder(resp.Body).Decode(into)
}

// text reads a page that is not JSON.
func (r *running) text(path string) string {
	r.t.Helper()
	return get(r.t, r.url+path)
}

func get(t testing.TB, url string) string {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// events lists the events, newest first.
func (r *running) events() ([]event.Event, error) {
	var list struct{ Events []event.Event }
	err := r.get("/api/v1/events", &list)
	return list.Events, err
}

// event waits until n events are on record and returns the newest.
func (r *running) event(n int) event.Event {
	r.t.Helper()
	var newest event.Event
	eventually(r.t, 60*time.Second, fmt.Sprintf("%d events are on record", n), func() error {
		all, err := r.events()
		if err != nil {
			return err
		}
		if len(all) != n {
			return fmt.Errorf("there are %d", len(all))
		}
		newest = all[0]
		return nil
	})
	return newest
}

func read(t testing.TB, name ...string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(append([]string{"testdata"}, name...)...))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// script writes a program for /bin/sh and returns the words that run it.
func script(t testing.TB, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "script")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return "/bin/sh, " + file
}

// flow writes a list of words for YAML.
func flow(words []string) string {
	quoted := make([]string, len(words))
	for i, w := range words {
		b, _ := json.Marshal(w)
		quoted[i] = string(b)
	}
	return "[" + strings.Join(quoted, ", ") + "]"
}
