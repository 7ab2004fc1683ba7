package app_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"bellhop/internal/admin"
)

// commands runs a bellhop as an executor of commands: without NethServer, and without the
// Redis of one.
func commands(t *testing.T, script, settings string) (b *running, dir string) {
	t.Helper()
	dir = t.TempDir()
	file := filepath.Join(dir, "command")
	if err := os.WriteFile(file, []byte("#!/bin/sh\ndir="+dir+"\n"+script+"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	return start(t, fmt.Sprintf(`
receiver: {port: 0, alert_names: [], other_alerts: forward}
correlator: {subscribe: false}
redis: {address: "127.0.0.1:1"}
repo_check: {enabled: false}
queue: {path: %q}
sinks:
  reboot: {type: exec, command: %q, on: [open, repeat], notify_on_failure: true}
%s`, t.TempDir(), file, settings)), dir
}

// lines are those of a file.
func lines(t *testing.T, dir, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return strings.ReplaceAll(strings.TrimSpace(string(text)), "\n", " ")
}

// TestR17AlertmanagerSendsAgainUntilTheCommandHasSucceeded is prometheus-am-executor's
// job: what failed runs again, and nothing else is done twice.
func TestR17AlertmanagerSendsAgainUntilTheCommandHasSucceeded(t *testing.T) {
	far := newFarends(t)
	b, dir := commands(t, `
echo $AMX_LABEL_disk >>$dir/ran
[ $AMX_LABEL_disk = b ] || [ $(grep -c a $dir/ran) -ge 3 ] || { echo password=s3cret; exit 1; }
env >$dir/env-$AMX_LABEL_disk`, fmt.Sprintf("  hook: {type: webhook, url: %q}\n", far.hookURL))
	am := startAlertmanager(t, b.url) // at /, as it was set up for prometheus-am-executor
	am.alerts(t, time.Time{}, map[string]string{"alertname": "DiskFailed", "node": "1", "disk": "a"},
		map[string]string{"alertname": "DiskFailed", "node": "1", "disk": "b"})
	eventually(t, 30*time.Second, "the command has succeeded", func() error {
		if got := strings.Count(lines(t, dir, "ran"), "a"); got != 3 {
			return fmt.Errorf("it ran %d times", got)
		}
		return nil
	})
	time.Sleep(2 * time.Second) // Alertmanager would have sent it again by then
	if got := lines(t, dir, "ran"); strings.Count(got, "a") != 3 || strings.Count(got, "b") != 1 {
		t.Errorf("it ran for %s", got)
	}
	if n := len(far.hook.Requests()); n != 2 {
		t.Errorf("the webhook heard %d messages of 2 alerts", n)
	}
	env := lines(t, dir, "env-a")
	for _, want := range []string{"AMX_RECEIVER=bellhop", "AMX_STATUS=firing", "AMX_ALERT_LEN=1", "AMX_GLABEL_node=1", "AMX_LABEL_disk=a", "AMX_EXTERNAL_URL=http"} {
		if !strings.Contains(env, want) {
			t.Errorf("it is not told %s: %s", want, env)
		}
	}
	var list struct{ Deliveries []admin.Delivery }
	if err := b.get("/api/v1/deliveries?sink=reboot", &list); err != nil {
		t.Fatal(err)
	}
	states := make(map[string]int)
	for _, d := range list.Deliveries {
		states[string(d.State)]++
	}
	if states["sent"] != 2 || states["dropped"] != 2 || len(list.Deliveries) != 4 {
		t.Errorf("on record are %v", states)
	}
	b.stop()
	if n := strings.Count(b.log.String(), "status=500"); n != 2 {
		t.Errorf("Alertmanager was told of %d failures", n)
	}
}

func TestR17AFailureIsAnswered500AndSaysNothingOfWhatWasPrinted(t *testing.T) {
	b, _ := commands(t, `echo password=s3cret; exit 3`, "")
	body := []byte(`{"status":"firing","alerts":[{"status":"firing","labels":{"alertname":"Down"}}]}`)
	for range 2 {
		code, said := b.post(body)
		if code != http.StatusInternalServerError || !strings.Contains(said, "the sink reboot: it has failed; see delivery 0") || strings.Contains(said, "s3cret") {
			t.Errorf("got %d %s", code, said)
		}
	}
	if code, said := b.post([]byte(strings.ReplaceAll(string(body), "firing", "resolved"))); code != http.StatusOK {
		t.Errorf("the end: got %d %s", code, said)
	}
}
