package app_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"bellhop/correlate/redistest"
)

// TestTheLogTellsTheStoryOfAnAlert reads it at level INFO: what came in, what is waited
// for, what was found out, and who was told.
func TestTheLogTellsTheStoryOfAnAlert(t *testing.T) {
	redis := redistest.Start(t)
	redis.Load(string(read(t, "node-midrun.redis")), time.Now())
	far := newFarends(t)
	b := start(t, fmt.Sprintf(`
receiver: {port: 0, other_alerts: forward}
correlator: {wait_seconds: 0}
redis: {address: %q}
repo_check: {command: [/bin/sh, -c, 'echo "Fatal: wrong password or no key found" >&2; exit 12', sh]}
queue: {path: %q}
sinks: {hook: {type: webhook, url: %q}}
`, redis.Addr, t.TempDir(), far.hookURL))
	b.takes("/alert", string(read(t, "alertmanager", "BackupFailed-1-firing.json")), http.StatusOK)
	b.logs(`msg="alerts accepted"`, `about=1 alert=BackupFailed status=firing`)
	b.logs(`msg="the run has not settled" plan=1`, "nextcloud1 failed", "webtop1 pending")
	redis.Load(string(read(t, "node-partial.redis")), time.Now())
	b.takes("/alert", string(read(t, "alertmanager", "BackupFailed-2-firing.json")), http.StatusOK)
	b.logs(`msg="incident open" plan=1`, "outcome=PARTIAL", "modules=4", `not_ok="nextcloud1 wrong_password"`)
	b.logs("msg=delivered", "sink=hook", `about="Nightly to B2"`)
	b.takes("/alert", string(read(t, "alertmanager", "SwapFull-1-firing.json")), http.StatusOK)
	b.logs("msg=delivered", "about=SwapFull")
	b.takes("/", `{"event_action":"trigger","dedup_key":"k","payload":{"summary":"Disk 7 is full","source":"db1","severity":"error"}}`, http.StatusAccepted)
	b.logs(`msg="alerts accepted"`, "about=event/k", "status=trigger")
	b.logs("msg=delivered", `about="Disk 7 is full"`)
}

// takes posts a body and expects an answer.
func (r *running) takes(path, body string, code int) {
	r.t.Helper()
	resp, err := http.Post(r.url+path, "application/json", strings.NewReader(body))
	if err != nil {
		r.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != code {
		r.t.Fatalf("%s answers %s", path, resp.Status)
	}
}

// logs waits for a line of the log, louder than DEBUG, that holds all of these.
func (r *running) logs(parts ...string) {
	r.t.Helper()
	eventually(r.t, 60*time.Second, fmt.Sprintf("the log holds %q", parts), func() error {
		for line := range strings.Lines(r.log.String()) {
			if !strings.Contains(line, "level=DEBUG") && containsAll(line, parts) {
				return nil
			}
		}
		return fmt.Errorf("it does not")
	})
}

func containsAll(line string, parts []string) bool {
	for _, p := range parts {
		if !strings.Contains(line, p) {
			return false
		}
	}
	return true
}
