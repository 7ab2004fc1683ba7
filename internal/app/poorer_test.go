package app_test

import (
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"bellhop/correlate/redistest"
	"bellhop/internal/event"
)

// TestPoorInputMakesAPoorerEvent breaks one part after the other: each time the
// notice still goes out, once, and says what it lacks.
func TestPoorInputMakesAPoorerEvent(t *testing.T) {
	redis := redistest.Start(t)
	silent := silence(t)
	hangs := script(t, "sleep 600")
	for name, c := range map[string]struct {
		state    string // recorded, loaded into the real Redis
		settings string // lines of the configuration
		labels   string // of the alert, JSON
		outcome  event.Outcome
		cause    event.Cause
		notes    string // part of one
	}{
		"a plan that does not exist": {
			state: "node-partial.redis", settings: "redis: {address: REDIS}", labels: `"id":"77"`,
			outcome: event.RepoFailure, cause: event.CauseNoStatus, notes: `no backup plan "77"`,
		},
		"an alert that names no plan, of which one just ran": {
			state: "node-partial.redis", settings: "redis: {address: REDIS}\nrepo_check: {enabled: false}", labels: `"severity":"critical"`,
			outcome: event.Partial, notes: "repo_check is off",
		},
		"an alert that names no plan": {
			state: "flat-stale.redis", settings: "redis: {address: REDIS}", labels: `"severity":"critical"`,
			outcome: event.RepoFailure, cause: event.CauseNoStatus, notes: "the alert names no backup plan",
		},
		"a plan's name full of control characters": {
			state: "node-partial.redis", settings: "redis: {address: REDIS}", labels: `"id":"1\n\u0000*[?\\"`,
			outcome: event.RepoFailure, cause: event.CauseNoStatus, notes: `no backup plan`,
		},
		"damaged statuses": {
			state: "node-damaged.redis", settings: "redis: {address: REDIS}\nrepo_check: {enabled: false}", labels: `"id":"1"`,
			outcome: event.Partial, notes: "cannot be read",
		},
		"no Redis": {
			settings: `redis: {address: "127.0.0.1:1"}`, labels: `"id":"1"`,
			outcome: event.RepoFailure, cause: event.CauseRedisUnavailable, notes: "connection refused",
		},
		"a Redis that does not answer": {
			settings: fmt.Sprintf("redis: {address: %q}", silent), labels: `"id":"1"`,
			outcome: event.RepoFailure, cause: event.CauseRedisUnavailable, notes: "timeout",
		},
		"a Redis that refuses the user": {
			settings: "redis: {address: REDIS, password: another}", labels: `"id":"1"`,
			outcome: event.RepoFailure, cause: event.CauseRedisUnavailable, notes: "WRONGPASS",
		},
		"no runagent": {
			state: "node-partial.redis", settings: "redis: {address: REDIS}\nrepo_check: {command: [/no/such/runagent, \"{{.Module}}\", \"{{.Plan}}\"]}",
			labels: `"id":"1"`, outcome: event.Partial, notes: "/no/such/runagent",
		},
		"a restic that hangs": {
			state: "node-partial.redis", settings: fmt.Sprintf("redis: {address: REDIS}\nrepo_check: {timeout: 1, command: [%s, \"{{.Module}}\", \"{{.Plan}}\"]}", hangs),
			labels: `"id":"1"`, outcome: event.Partial, notes: "nextcloud1",
		},
	} {
		t.Run(name, func(t *testing.T) {
			if c.state != "" {
				redis.Admin.FlushAll(t.Context())
				redis.Load(string(read(t, c.state)), time.Now())
			}
			far := newFarends(t)
			b := start(t, fmt.Sprintf(`
receiver: {port: 0}
correlator: {wait_seconds: 0, max_wait: 0}
%s
queue: {path: %q}
sinks:
  hook: {type: webhook, url: %q}
`, strings.ReplaceAll(c.settings, "REDIS", `"`+redis.Addr+`"`), t.TempDir(), far.hookURL))
			code, answer := b.post([]byte(`{"alerts":[{"status":"firing","labels":{"alertname":"BackupFailed",` + c.labels + `}}]}`))
			if code != 200 {
				t.Fatalf("got %d %s", code, answer)
			}
			e := b.event(1)
			if e.Outcome != c.outcome || e.Cause != c.cause || !strings.Contains(strings.Join(e.Notes, "\n"), c.notes) {
				t.Errorf("got outcome %s, cause %s, notes %q", e.Outcome, e.Cause, e.Notes)
			}
			b.quiet(t, far, 1)
		})
	}
}

// silence is an address that takes connections and never says a word.
func silence(t *testing.T) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ln.Close() })
	go func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			t.Cleanup(func() { _ = conn.Close() })
		}
	}()
	return ln.Addr().String()
}
