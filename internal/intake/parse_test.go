package intake_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"bellhop/internal/event"
	"bellhop/internal/intake"
)

func recorded(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func parse(t *testing.T, body string) intake.Batch {
	t.Helper()
	b, err := intake.Parse([]byte(body), intake.DefaultConfig())
	if err != nil {
		t.Fatalf("%v, of %.200s", err, body)
	}
	return b
}

// one parses a body of one alert with these labels and further fields.
func one(t *testing.T, labels map[string]string, fields map[string]any) event.Signal {
	t.Helper()
	a := map[string]any{"status": "firing", "labels": labels}
	for k, v := range fields {
		a[k] = v
	}
	body, err := json.Marshal(map[string]any{"alerts": []any{a}})
	if err != nil {
		t.Fatal(err)
	}
	b := parse(t, string(body))
	if len(b.Signals) != 1 {
		t.Fatalf("no signal from %.200s", body)
	}
	return b.Signals[0]
}

func backup(more ...string) map[string]string {
	m := map[string]string{"alertname": "BackupFailed"}
	for i := 0; i < len(more); i += 2 {
		m[more[i]] = more[i+1]
	}
	return m
}

func TestParseRecordedWebhook(t *testing.T) {
	b := parse(t, string(recorded(t, "BackupFailed-1-firing")))
	want := event.Signal{
		Source: "webhook",
		Plan:   event.PlanRef{ID: "1"},
		Alert: event.Alert{
			Status: "firing",
			Labels: map[string]string{
				"alertname": "BackupFailed", "id": "1", "instance": "10.5.4.1:9100", "job": "providers", "name": "Nightly to B2",
				"node": "1", "service": "backup", "severity": "critical", "target_type": "node",
			},
			Annotations: map[string]string{
				"description_en": "Backup job Nightly to B2 (ID: 1) has failed and requires attention.",
				"description_it": "Il backup Nightly to B2 (ID: 1) è fallito e richiede attenzione.",
				"summary_en":     "Backup job Nightly to B2 (ID: 1) has failed.",
				"summary_it":     "Backup Nightly to B2 (ID: 1) fallito.",
			},
			StartsAt:     time.Date(2026, 11, 21, 9, 24, 17, 0, time.UTC),
			GeneratorURL: "http://10.5.4.1:9091/graph?g0.expr=node_backup_status+%3D%3D+0&g0.tab=1",
			Fingerprint:  "c9656b8df2419465",
			Receiver:     "default-receiver",
			ExternalURL:  "http://vm:19093",
			GroupLabels:  map[string]string{"alertname": "BackupFailed", "node": "1"},
		},
	}
	if b.Accepted != 1 || b.Ignored != 0 || !reflect.DeepEqual(b.Signals, []event.Signal{want}) {
		t.Fatalf("got %+v", b)
	}
}

func TestWhatAWebhookSaysOfItsGroupIsKeptWithEachAlert(t *testing.T) {
	const alerts = `"alerts":[{"status":"firing","labels":{"alertname":"BackupFailed","id":"1"}},{"status":"firing","labels":{"alertname":"BackupFailed","id":"2"}}]`
	for _, s := range parse(t, `{"receiver":"pa\nge","externalURL":"http://user:pass@am:9093/x","groupLabels":{"node":"1"},`+alerts+`}`).Signals {
		a := s.Alert
		if a.Receiver != "pa ge" || a.ExternalURL != "http://am:9093/x" || a.GroupLabels["node"] != "1" {
			t.Errorf("got %+v", a)
		}
	}
	for _, odd := range []string{`"receiver":7,"externalURL":{},"groupLabels":[1],`, `"receiver":null,"externalURL":"am","groupLabels":{"a":1},`, ``} {
		for _, s := range parse(t, `{`+odd+alerts+`}`).Signals {
			if a := s.Alert; a.Receiver != "" || a.ExternalURL != "" || a.GroupLabels != nil {
				t.Errorf("%s: got %+v", odd, a)
			}
		}
	}
}

func TestParseRecordedEnd(t *testing.T) {
	s := parse(t, string(recorded(t, "BackupFailed-1-resolved"))).Signals[0]
	if s.Alert.Status != "resolved" || !s.Alert.EndsAt.Equal(time.Date(2026, 11, 21, 9, 24, 20, 0, time.UTC)) {
		t.Fatalf("got %+v", s.Alert)
	}
}

func TestParsePredecessorsAlert(t *testing.T) {
	if s := parse(t, string(recorded(t, "NsBackupFailed-firing"))).Signals[0]; s.Plan.ID != "1" || s.Missed {
		t.Fatalf("got %+v", s)
	}
	s := parse(t, `{"alerts":[{"status":"firing","labels":{"alertname":"NsBackupFailed","backup_id":"1"}}]}`).Signals[0]
	if s.Plan.ID != "1" || s.Alert.Fingerprint == "" {
		t.Fatalf("got %+v", s)
	}
}

func TestAnAlertThatDoesNotConcernUsIsIgnored(t *testing.T) {
	b := parse(t, string(recorded(t, "SwapFull-1-firing")))
	if b.Accepted != 0 || b.Ignored != 1 || b.Unreadable != 0 {
		t.Fatalf("another name: %+v", b)
	}
	for name, alert := range map[string]string{
		"no labels":      `{"status":"firing"}`,
		"null labels":    `{"status":"firing","labels":null}`,
		"no name":        `{"status":"firing","labels":{"backup_id":"1"}}`,
		"unknown status": `{"status":"suppressed","labels":{"alertname":"BackupFailed","id":"1"}}`,
		"no status":      `{"labels":{"alertname":"BackupFailed","id":"1"}}`,
		"nothing at all": `{}`,
	} {
		if b := parse(t, `{"alerts":[`+alert+`]}`); b.Accepted != 0 || b.Ignored != 1 || b.Unreadable != 0 {
			t.Errorf("%s: %+v", name, b)
		}
	}
}

func TestFieldsOfNewerVersionsDoNotMatter(t *testing.T) {
	b := parse(t, `{"version":"5","notification_reason":"repeat interval elapsed","routeLabels":{"a":["b"]},"status":7,"groupLabels":[],
		"truncatedAlerts":"many","alerts":[{"status":"firing","labels":{"alertname":"BackupFailed","id":"1"},"score":{"a":[1,2]},"truncated":true}]}`)
	if b.Accepted != 1 {
		t.Fatalf("got %+v", b)
	}
}

func TestAWrongTypeCostsThatAlertAlone(t *testing.T) {
	const good = `{"status":"resolved","labels":{"alertname":"BackupFailed","id":"9"}}`
	for _, bad := range []string{
		`null`, `7`, `"firing"`, `[]`, `true`,
		`{"status":1,"labels":{"alertname":"BackupFailed"}}`,
		`{"status":"firing","labels":["BackupFailed"]}`,
		`{"status":"firing","labels":{"alertname":"BackupFailed","id":1}}`,
		`{"status":"firing","labels":{"alertname":{"a":"b"}}}`,
		`{"status":"firing","labels":{"alertname":"BackupFailed"},"annotations":"none"}`,
		`{"status":"firing","labels":{"alertname":"BackupFailed"},"annotations":{"summary":null,"description":false}}`,
		`{"status":"firing","labels":{"alertname":"BackupFailed"},"startsAt":1763717057}`,
		`{"status":"firing","labels":{"alertname":"BackupFailed"},"endsAt":[]}`,
		`{"status":"firing","labels":{"alertname":"BackupFailed"},"generatorURL":{}}`,
		`{"status":"firing","labels":{"alertname":"BackupFailed"},"fingerprint":12}`,
	} {
		b := parse(t, `{"alerts":[`+bad+`,`+good+`,`+bad+`]}`)
		if b.Accepted != 1 || b.Ignored != 2 || b.Unreadable != 2 || b.Signals[0].Plan.ID != "9" {
			t.Errorf("%s: %+v", bad, b)
		}
		if _, err := intake.Parse([]byte(`{"alerts":[`+bad+`]}`), intake.DefaultConfig()); err == nil {
			t.Errorf("%s alone: no error", bad)
		}
	}
}

func TestABodyThatCannotBeReadSaysWhy(t *testing.T) {
	deep := strings.Repeat("[", 1_000_000)
	for body, want := range map[string]string{
		"":                                   "is empty",
		" \n":                                "is empty",
		"alerts":                             "not JSON",
		`{"alerts":[{]}`:                     "not JSON",
		`{"alerts":[{"status":"firing"`:      "not JSON",
		`{"alerts":[]} trailing`:             "not JSON, at byte 15",
		`{"alerts":[]}{}`:                    "not JSON",
		"\x00":                               "not JSON",
		deep:                                 "exceeded max depth",
		`{"alerts":` + deep:                  "exceeded max depth",
		`[]`:                                 "not a JSON object",
		`[{"status":"firing"}]`:              "not a JSON object",
		`null`:                               "not a JSON object",
		`7`:                                  "not a JSON object",
		`"alerts"`:                           "not a JSON object",
		`{}`:                                 `no list "alerts"`,
		`{"status":"firing"}`:                `no list "alerts"`,
		`{"alerts":{"a":1}}`:                 "is not a list",
		`{"alerts":null}`:                    "is not a list",
		`{"alerts":"all"}`:                   "is not a list",
		`{"alerts":[]}`:                      "is empty",
		`{"alerts":[7,{"status":1}]}`:        "none of the 2 alerts in the body could be read: alert 1: it is not an object",
		`{"alerts":[{"labels":{"id":1}},7]}`: "alert 1: its field labels has a value of the wrong type: number",
	} {
		b, err := intake.Parse([]byte(body), intake.DefaultConfig())
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.40q: want %q, got %+v, %v", body, want, b, err)
		}
	}
}

func TestDeepNestingInAFieldNobodyReads(t *testing.T) {
	deep := strings.Repeat("[", 5000) + strings.Repeat("]", 5000)
	if b := parse(t, `{"x":`+deep+`,"alerts":[{"x":`+deep+`,"status":"firing","labels":{"alertname":"BackupFailed"}}]}`); b.Accepted != 1 {
		t.Fatalf("got %+v", b)
	}
}

// What a stranger writes into an alert stays small, and what bellhop needs of it stays.
func TestAnAlertKeepsABoundedAmountOfText(t *testing.T) {
	long := strings.Repeat("x", 8<<10)
	labels := map[string]string{"alertname": "BackupFailed", "id": "1"}
	texts := make(map[string]string)
	for i := range 60 {
		labels[fmt.Sprintf("a%02d", i)], texts[fmt.Sprintf("a%02d", i)] = long, long
	}
	body, err := json.Marshal(map[string]any{"alerts": []any{map[string]any{"status": "firing", "labels": labels, "annotations": texts}}})
	if err != nil {
		t.Fatal(err)
	}
	batch, err := intake.Parse(body, intake.DefaultConfig())
	if err != nil || len(batch.Signals) != 1 {
		t.Fatalf("got %+v, %v", batch, err)
	}
	s := batch.Signals[0]
	size := 0
	for _, m := range []map[string]string{s.Alert.Labels, s.Alert.Annotations} {
		for name, value := range m {
			size += len(name) + len(value)
		}
	}
	if size > 40<<10 || s.Plan.ID != "1" || s.Alert.Name() != "BackupFailed" {
		t.Errorf("%d bytes are kept, of plan %q", size, s.Plan.ID)
	}
}
