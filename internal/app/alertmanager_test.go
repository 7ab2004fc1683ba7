package app_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// alertmanager is a real one, posting to one webhook.
type alertmanager struct{ url string }

// program finds what a test needs; under CI=true it has to be there.
func program(t testing.TB, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err == nil {
		return path
	}
	if os.Getenv("CI") == "true" {
		t.Fatalf("%s is not installed: %v", name, err)
	}
	t.Skipf("%s is not installed, this test needs it: %v", name, err)
	return ""
}

// freeAddress is one that nobody listens on.
func freeAddress(t testing.TB) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ln.Close() }()
	return ln.Addr().String()
}

// startAlertmanager starts one that groups as ns8-metrics' does, but sooner.
func startAlertmanager(t *testing.T, webhook string) *alertmanager {
	t.Helper()
	return alertmanagerWith(t, fmt.Sprintf(`
  - name: bellhop
    webhook_configs:
      - url: %s
        send_resolved: true`, webhook))
}

// alertmanagerWith starts one with that receiver, named bellhop.
func alertmanagerWith(t *testing.T, receiver string) *alertmanager {
	t.Helper()
	path := program(t, "prometheus-alertmanager")
	dir := t.TempDir()
	config := filepath.Join(dir, "alertmanager.yml")
	text := `
route:
  receiver: bellhop
  group_by: [alertname, node]
  group_wait: 100ms
  group_interval: 300ms
  repeat_interval: 3h
receivers:` + receiver + "\n"
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	address := freeAddress(t)
	var log bytes.Buffer
	cmd := exec.Command(path, "--config.file", config, "--storage.path", filepath.Join(dir, "data"),
		"--web.listen-address", address, "--cluster.listen-address=")
	cmd.Stdout, cmd.Stderr = &log, &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		if t.Failed() {
			t.Logf("alertmanager said:\n%s", log.String())
		}
	})
	a := &alertmanager{url: "http://" + address}
	eventually(t, 20*time.Second, "alertmanager is ready", func() error {
		resp, err := http.Get(a.url + "/-/ready")
		if err != nil {
			return err
		}
		_ = resp.Body.Close()
		if resp.StatusCode != http.StatusOK {
			return fmt.Errorf("status %s", resp.Status)
		}
		return nil
	})
	return a
}

// alert fires an alert, or ends it when ends is not zero.
func (a *alertmanager) alert(t *testing.T, labels map[string]string, ends time.Time) {
	t.Helper()
	a.alerts(t, ends, labels)
}

// alerts is alert for several at the same moment.
func (a *alertmanager) alerts(t *testing.T, ends time.Time, each ...map[string]string) {
	t.Helper()
	var all []any
	for _, labels := range each {
		alert := map[string]any{
			"labels":      labels,
			"annotations": map[string]string{"summary_en": "Backup job has failed."},
			"startsAt":    time.Now().Add(-time.Minute),
		}
		if !ends.IsZero() {
			alert["endsAt"] = ends
		}
		all = append(all, alert)
	}
	body, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.Post(a.url+"/api/v2/alerts", "application/json", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("alertmanager answers %s", resp.Status)
	}
}

// eventually asks until the condition holds, and says why it did not.
func eventually(t testing.TB, within time.Duration, what string, condition func() error) {
	t.Helper()
	var err error
	for end := time.Now().Add(within); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if err = condition(); err == nil {
			return
		}
	}
	t.Fatalf("waited %v until %s: %v", within, what, err)
}
