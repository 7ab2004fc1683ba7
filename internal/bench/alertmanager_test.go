//go:build linux

package bench

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

const alertmanagerProgram = "prometheus-alertmanager"

// startAlertmanager runs one that tells a webhook of each alert at once, and
// returns its address.
func startAlertmanager(t *testing.T, webhook string) string {
	t.Helper()
	dir, address := t.TempDir(), closedAddress(t)
	config := filepath.Join(dir, "alertmanager.yml")
	text := fmt.Sprintf(`
route: {receiver: far, group_by: ["..."], group_wait: 0s, group_interval: 5m, repeat_interval: 3h}
receivers: [{name: far, webhook_configs: [{url: %q}]}]
`, webhook)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	log, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = log.Close() }()
	cmd := exec.Command(alertmanagerProgram, "--config.file", config, "--storage.path", filepath.Join(dir, "data"),
		"--web.listen-address", address, "--cluster.listen-address=")
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		t.Fatalf("start Alertmanager, which .ci/install-test-programs installs: %v", err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		resp, err := http.Get("http://" + address + "/-/ready")
		if err == nil {
			_ = resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return "http://" + address
			}
		}
		if time.Now().After(end) {
			t.Fatalf("Alertmanager did not get ready: %v", err)
		}
	}
}
