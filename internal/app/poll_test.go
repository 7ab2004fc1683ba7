package app_test

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"bellhop/correlate/redistest"
	"bellhop/internal/event"
)

// A real Alertmanager posts its alert and is polled for it as well.
func TestR19AnAlertThatIsPostedAndPolledIsOneEvent(t *testing.T) {
	redis := redistest.Start(t)
	redis.Load(string(read(t, "node-partial.redis")), time.Now())
	far := newFarends(t)
	address := freeAddress(t)
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		t.Fatal(err)
	}
	am := startAlertmanager(t, "http://"+address+"/alert")
	am.alert(t, map[string]string{"alertname": "BackupFailed", "id": "1", "node": "1"}, time.Time{})
	b := start(t, fmt.Sprintf(`
receiver: {port: %s, poll: {url: %q, interval: 5s}}
correlator: {wait_seconds: 0}
redis: {address: %q}
repo_check: {enabled: false}
queue: {path: %q}
sinks:
%s`, port, am.url, redis.Addr, t.TempDir(), far.sinks()))
	eventually(t, 30*time.Second, "the alert came in by both ways", func() error {
		page := b.text("/metrics")
		for _, source := range []string{"poll", "webhook"} {
			if !strings.Contains(page, fmt.Sprintf("bellhop_signals_received_total{result=%q,source=%q} 1\n", "accepted", source)) {
				return fmt.Errorf("not by %s yet", source)
			}
		}
		if !strings.Contains(b.log.String(), "no news") {
			return fmt.Errorf("the second one was not looked at yet")
		}
		return nil
	})
	e := b.event(1)
	if e.Status != event.StatusOpen || len(e.Alerts) != 1 || e.Alerts[0].Labels["node"] != "1" {
		t.Errorf("got %+v", e)
	}
	far.hear(t, e, 1)
}

// An Alertmanager that cannot be told to post is polled, and what it shows is kept
// over a restart.
func TestR19PollingAloneBringsAnAlert(t *testing.T) {
	redis := redistest.Start(t)
	redis.Load(string(read(t, "node-partial.redis")), time.Now())
	far := newFarends(t)
	am := startAlertmanager(t, "http://"+freeAddress(t)+"/alert")
	am.alert(t, map[string]string{"alertname": "BackupFailed", "id": "1", "node": "1"}, time.Time{})
	address, asked := counted(t, am.url)
	settings := fmt.Sprintf(`
receiver: {port: 0, poll: {url: %q, interval: 5s}}
correlator: {wait_seconds: 0}
redis: {address: %q}
repo_check: {enabled: false}
queue: {path: %q}
sinks:
%s`, address, redis.Addr, t.TempDir(), far.sinks())
	b := start(t, settings)
	e := b.event(1)
	far.hear(t, e, 1)
	b.stop()
	before := asked.Load()
	b = start(t, settings)
	eventually(t, 30*time.Second, "Alertmanager was polled twice more", func() error {
		if n := asked.Load(); n < before+2 {
			return fmt.Errorf("asked %d times, %d of them before", n, before)
		}
		return nil
	})
	if page := b.text("/metrics"); strings.Contains(page, `source="poll"`) {
		t.Errorf("the alert was brought again:\n%s", page)
	}
}

// counted stands before an Alertmanager and counts how often its alerts are asked for.
func counted(t *testing.T, am string) (address string, asked *atomic.Int32) {
	t.Helper()
	target, err := url.Parse(am)
	if err != nil {
		t.Fatal(err)
	}
	asked = new(atomic.Int32)
	pass := httputil.NewSingleHostReverseProxy(target)
	return open(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		pass.ServeHTTP(w, r)
		if strings.HasSuffix(r.URL.Path, "/alerts") {
			asked.Add(1)
		}
	})), asked
}
