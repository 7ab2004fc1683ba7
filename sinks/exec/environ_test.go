package exec_test

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"bellhop/internal/event"
)

// told runs a command for m and returns its variables of ours.
func told(t *testing.T, m event.Event) map[string]string {
	t.Helper()
	t.Setenv("AMX_OWN", "bellhop's")
	b := on(t, `env -0 > $dir/env`)
	b.send(messageOf(m)).want(t, "exit 0")
	got := make(map[string]string)
	for _, variable := range strings.Split(b.read("env"), "\x00") {
		name, value, _ := strings.Cut(variable, "=")
		if strings.HasPrefix(name, "AMX_") || strings.HasPrefix(name, "BELLHOP_") {
			got[name] = value
		}
	}
	if got["AMX_OWN"] != "bellhop's" || os.Getenv("PATH") == "" {
		t.Error("bellhop's own environment is not there")
	}
	delete(got, "AMX_OWN")
	return got
}

// These are the names and forms of prometheus-am-executor.
func TestTheVariablesOfPrometheusAmExecutor(t *testing.T) {
	m := message(event.StatusOpen)
	m.Event.Plan = event.Plan{ID: "1", Name: "Nightly"}
	at := time.Date(2026, 11, 21, 1, 30, 42, 900, time.FixedZone("", 3600))
	group := map[string]string{"alertname": "BackupFailed"}
	m.Event.Alerts = []event.Alert{
		{
			Status: "firing", Fingerprint: "f1", StartsAt: at, GeneratorURL: "http://p/graph?a=1&b=2", Receiver: "page", ExternalURL: "http://am:9093",
			Labels:      map[string]string{"alertname": "BackupFailed", "id": "1", "node": "1"},
			Annotations: map[string]string{"summary": "two\nlines", "same": "s"}, GroupLabels: group,
		},
		{
			Status: "resolved", Fingerprint: "f2", StartsAt: at, EndsAt: at.Add(time.Minute), Receiver: "other",
			Labels:      map[string]string{"alertname": "BackupFailed", "id": "1", "node": "2"},
			Annotations: map[string]string{"same": "s"}, GroupLabels: group,
		},
	}
	got := told(t, m.Event)
	if !strings.HasPrefix(got["BELLHOP_EVENT"], filepath.Clean(os.TempDir())) {
		t.Errorf("the event is in %q", got["BELLHOP_EVENT"])
	}
	delete(got, "BELLHOP_EVENT")
	want := map[string]string{
		"BELLHOP_OUTCOME": "PARTIAL", "BELLHOP_PLAN": "1", "BELLHOP_DELIVERY": "01J-it-1", "BELLHOP_ATTEMPT": "1",
		"AMX_RECEIVER": "page", "AMX_STATUS": "firing", "AMX_EXTERNAL_URL": "http://am:9093", "AMX_ALERT_LEN": "2",
		"AMX_LABEL_alertname": "BackupFailed", "AMX_LABEL_id": "1", "AMX_GLABEL_alertname": "BackupFailed", "AMX_ANNOTATION_same": "s",
		"AMX_ALERT_1_STATUS": "firing", "AMX_ALERT_1_START": "1795221042", "AMX_ALERT_1_END": "0",
		"AMX_ALERT_1_URL": "http://p/graph?a=1&b=2", "AMX_ALERT_1_FINGERPRINT": "f1",
		"AMX_ALERT_1_LABEL_alertname": "BackupFailed", "AMX_ALERT_1_LABEL_id": "1", "AMX_ALERT_1_LABEL_node": "1",
		"AMX_ALERT_1_ANNOTATION_summary": "two\nlines", "AMX_ALERT_1_ANNOTATION_same": "s",
		"AMX_ALERT_2_STATUS": "resolved", "AMX_ALERT_2_START": "1795221042", "AMX_ALERT_2_END": "1795221102",
		"AMX_ALERT_2_URL": "", "AMX_ALERT_2_FINGERPRINT": "f2",
		"AMX_ALERT_2_LABEL_alertname": "BackupFailed", "AMX_ALERT_2_LABEL_id": "1", "AMX_ALERT_2_LABEL_node": "2",
		"AMX_ALERT_2_ANNOTATION_same": "s",
	}
	for _, name := range slices.Sorted(maps.Keys(want)) {
		if value, there := got[name]; !there || value != want[name] {
			t.Errorf("%s is %q, want %q", name, value, want[name])
		}
		delete(got, name)
	}
	if len(got) > 0 {
		t.Errorf("and %v", got)
	}
}

func TestNamesThatNoShellKnowsBecomeSuchAndNoneIsLostToAnother(t *testing.T) {
	m := message(event.StatusOpen)
	m.Event.Alerts = []event.Alert{{Labels: map[string]string{"a.b": "first", "a_b": "sound", "ünï=x": "odd", "a\x00c": "nul", "": "none"}}}
	got := told(t, m.Event)
	for name, want := range map[string]string{"AMX_LABEL_a_b": "sound", "AMX_LABEL__n__x": "odd", "AMX_LABEL_a_c": "nul", "AMX_LABEL_": "none", "AMX_ALERT_1_START": "0"} {
		if got[name] != want {
			t.Errorf("%s is %q, want %q", name, got[name], want)
		}
	}
}

func TestAnEventWithoutAlertsHasNone(t *testing.T) {
	m := message(event.StatusOpen)
	m.Event.Alerts, m.Event.Plan = nil, event.Plan{Name: "Nightly"}
	got := told(t, m.Event)
	if got["AMX_ALERT_LEN"] != "0" || got["AMX_RECEIVER"] != "" || got["AMX_STATUS"] != "firing" || got["BELLHOP_PLAN"] != "Nightly" || len(got) != 9 {
		t.Errorf("got %v", got)
	}
}

func TestWhatTheKernelDoesNotTakeIsCutAndTheLogSaysSo(t *testing.T) {
	m := message(event.StatusOpen)
	m.Event.Alerts = nil
	for range 100 {
		m.Event.Alerts = append(m.Event.Alerts, event.Alert{Status: "firing", Labels: map[string]string{"nul": "a\x00b", "long": strings.Repeat("x", 300<<10)}})
	}
	b := on(t, `echo "$AMX_ALERT_LEN ${#AMX_LABEL_long} $AMX_ALERT_1_LABEL_nul"`)
	b.send(m).want(t, "exit 0 after ", ": 100 131", " ab")
	if !strings.Contains(b.log.String(), "environment of a command is not whole") {
		t.Errorf("the log says %q", b.log)
	}
}
