package main

import (
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"bellhop/internal/farend"
)

const (
	keyA = "A0000000000000000000000000000000"
	keyB = "B0000000000000000000000000000000"
)

// newPager is a PagerDuty that knows these routing keys, and how to write it under sinks.
func newPager(t *testing.T, known ...string) (far *farend.PagerDuty, settings func(keys ...string) string) {
	far = farend.NewPagerDuty(time.Now, known...)
	s := httptest.NewServer(far)
	t.Cleanup(s.Close)
	return far, func(keys ...string) string {
		return fmt.Sprintf("oncall: {type: pagerduty, routing_keys: [%s], url: %q, rate: 100/1m, burst: 100}", strings.Join(keys, ", "), s.URL)
	}
}

// alerts posts one alert each of n plans.
func (d *daemon) alerts(n int) {
	d.t.Helper()
	for i := range n {
		if !d.alert(d.t.Context(), fmt.Sprint(i)) {
			d.t.Fatalf("alert %d was not accepted", i)
		}
	}
}

// text reads a page of the running bellhop.
func (d *daemon) text(path string) string {
	d.t.Helper()
	resp, err := http.Get(d.url + path)
	if err != nil {
		d.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		d.t.Fatal(err)
	}
	return string(b)
}

// lanes lists those of oncall: its name, and whether its settings are to be mended.
func (d *daemon) lanes() (all, misconfigured []string) {
	d.t.Helper()
	var answer struct {
		Sinks []struct {
			Name  string
			Lanes []struct {
				Name          string
				Misconfigured bool
			}
		}
	}
	if err := json.Unmarshal([]byte(d.text("/api/v1/sinks")), &answer); err != nil {
		d.t.Fatal(err)
	}
	for _, s := range answer.Sinks {
		for _, l := range s.Lanes {
			if s.Name == "oncall" {
				all = append(all, l.Name)
			}
			if l.Misconfigured {
				misconfigured = append(misconfigured, l.Name)
			}
		}
	}
	return all, misconfigured
}

// open counts the alerts that are open, by the key through which they were opened.
// No incident may be open twice.
func open(t *testing.T, far *farend.PagerDuty) map[string]int {
	t.Helper()
	byKey, byIncident := make(map[string]int), make(map[string]int)
	for _, a := range far.Alerts() {
		byKey[a.RoutingKey]++
		if byIncident[a.DedupKey]++; byIncident[a.DedupKey] > 1 {
			t.Errorf("%s is open twice", a.DedupKey)
		}
	}
	return byKey
}

func TestR15AnInvalidKeyLosesNothingOverAKill(t *testing.T) {
	const plans = 40
	far, settings := newPager(t, keyB) // A was removed at PagerDuty
	_, hook := newHook(t)
	d := newDaemon(t, hook)
	d.settings(0, settings(keyA, keyB))
	d.start()
	d.alerts(plans)
	time.Sleep(time.Duration(rand.IntN(300)) * time.Millisecond) // the moment of the kill
	d.kill()
	d.start()
	waitFor(t, "all is told through the key that is left", func() bool { return open(t, far)[keyB] == plans })

	// The lost key is to be seen everywhere, and nowhere itself.
	waitFor(t, "the API shows it", func() bool { _, wrong := d.lanes(); return len(wrong) == 1 })
	lanes, misconfigured := d.lanes()
	if len(lanes) != 2 || len(misconfigured) != 1 || !strings.HasPrefix(misconfigured[0], "oncall#") {
		t.Errorf("lanes %q, to be mended %q", lanes, misconfigured)
	}
	if metrics := d.text("/metrics"); !strings.Contains(metrics, fmt.Sprintf("bellhop_sink_gate_closed{lane=%q,sink=\"oncall\"} 1", misconfigured[0])) ||
		strings.Count(metrics, "bellhop_queue_depth{") != 2 {
		t.Errorf("the metrics do not show one lane a key, one of them shut:\n%s", metrics)
	}
	if log := d.log(); !strings.Contains(log, "calls a routing key invalid") || strings.Contains(log+d.text("/api/v1/sinks"), keyA) {
		t.Errorf("the log says: %s", log)
	}

	// It is asked for again at a reload.
	far.Know(keyA, keyB)
	d.hangup("was read anew")
	waitFor(t, "both keys are good", func() bool { _, wrong := d.lanes(); return len(wrong) == 0 })
	for i := range plans {
		d.alert(t.Context(), fmt.Sprint(plans+i))
	}
	waitFor(t, "everything is told", func() bool { byKey := open(t, far); return byKey[keyA]+byKey[keyB] == 2*plans })
	if byKey := open(t, far); byKey[keyA] == 0 || byKey[keyB] == plans {
		t.Errorf("alerts by key: %v", byKey)
	}
}

func TestR20KeysComeAndGoWithSIGHUP(t *testing.T) {
	const plans = 20
	far, settings := newPager(t, keyA, keyB)
	far.Stay(farend.Fault{Status: http.StatusTooManyRequests, Header: http.Header{"Retry-After": {"1"}}})
	_, hook := newHook(t)
	d := newDaemon(t, hook)
	d.settings(0, settings(keyA, keyB))
	d.start()
	d.alerts(plans)
	waitFor(t, "both keys were tried", func() bool {
		log := d.log()
		lanes, _ := d.lanes()
		return len(lanes) == 2 && strings.Contains(log, "lane=to/"+lanes[0]) && strings.Contains(log, "lane=to/"+lanes[1])
	})
	d.settings(0, settings(keyB))
	d.hangup("was read anew")
	far.Stay(farend.Fault{})
	waitFor(t, "what waited for both goes through the one that is left", func() bool { return open(t, far)[keyB] == plans })
	if lanes, _ := d.lanes(); len(lanes) != 1 {
		t.Errorf("lanes %q, want that of the key that is left", lanes)
	}
	if strings.Contains(d.text("/api/v1/deliveries?sink=oncall&state=dead"), `"dead"`) {
		t.Error("something was set aside")
	}
}
