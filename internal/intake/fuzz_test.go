package intake_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"bellhop/internal/event"
	"bellhop/internal/intake"
)

func FuzzParse(f *testing.F) {
	files, err := filepath.Glob(filepath.Join("testdata", "*.json"))
	if err != nil || len(files) == 0 {
		f.Fatalf("no recorded bodies: %v", err)
	}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	for _, body := range []string{
		`{"alerts":[{"status":"firing","labels":{"alertname":"BackupFailed","id":"1\u0000"},"startsAt":"0000-01-01T00:00:00+23:00"},null,7]}`,
		`{"alerts":[{"status":"resolved","labels":{"alertname":"NsBackupMissing","name":"\ud800"},"generatorURL":"http://a:b@c/\u0085?\u0085"}]}`,
		`{"receiver":"a\u0000","groupLabels":{"":"\u0085"},"externalURL":"http://u:p@h/","alerts":[{"labels":{"alertname":"BackupFailed"},"status":"firing"}],"RECEIVER":7,"grouplabels":{}}`,
		`{"alerts":[{}],"ALERTS":[{},{}]}`,
		`{"alerts":[{"labels":{"alertname":"BackupFailed","id":"1"},"status":"firing"}],"alert\u017f":[{"status":"firing","labels":{"alertname":"BackupFailed"}}]}`,
		`{"alerts":[{"labels":{"alertname":"BackupFailed","id":"1"},"status":"firing"}],"\\u0061lerts":[{"status":"firing","labels":{"alertname":"BackupFailed"}}]}`,
		"\v" + `{"alerts":[{"labels":{"alertname":"BackupFailed","id":"1"},"status":"firing"}]}`,
		`{"alerts":[{"labels":{"alertname":"BackupFailed"},"status":"firing"}],"truncatedAlerts":7,"TRUNCATEDalerts":null}`,
		`{"alerts":[{"labels":{"alertname":"BackupFailed"},"status":"firing"}],"truncatedAlerts":[1e3]}`,
	} {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		b, err := intake.Parse(body, intake.DefaultConfig())
		if slow, serr := intake.Careful(body, intake.DefaultConfig()); !reflect.DeepEqual(b, slow) || fmt.Sprint(err) != fmt.Sprint(serr) {
			t.Fatalf("read quickly\n%+v, %v\nand with care\n%+v, %v", b, err, slow, serr)
		}
		if err != nil {
			if !reflect.DeepEqual(b, intake.Batch{}) {
				t.Fatalf("an error and a batch: %+v", b)
			}
			return
		}
		var doc struct{ Alerts []any }
		if err := json.Unmarshal(body, &doc); err != nil {
			t.Fatalf("taken although %v", err)
		}
		if n := len(b.Signals); n > 0 && b.Signals[n-1].Cut && b.Truncated > 0 {
			b.Signals = b.Signals[:n-1]
		}
		if b.Accepted != len(b.Signals) || b.Accepted+b.Ignored != len(doc.Alerts) || b.Unreadable > b.Ignored {
			t.Fatalf("of %d alerts: %+v", len(doc.Alerts), b)
		}
		for _, s := range b.Signals {
			checkSignal(t, s)
		}
	})
}

// checkSignal holds whatever a signal must be, however it came.
func checkSignal(t *testing.T, s event.Signal) {
	t.Helper()
	b, err := json.Marshal(s)
	if err != nil {
		t.Fatalf("cannot be kept: %v", err)
	}
	var back event.Signal
	if err := json.Unmarshal(b, &back); err != nil || !reflect.DeepEqual(back, s) {
		t.Fatalf("kept as %+v instead of %+v, %v", back, s, err)
	}
	if s.Alert.Fingerprint == "" || s.Alert.Name() == "" {
		t.Fatalf("no fingerprint or no name: %+v", s)
	}
	texts := []string{s.Plan.ID, s.Plan.Name, s.Alert.Fingerprint, s.Alert.GeneratorURL, s.Alert.Receiver, s.Alert.ExternalURL}
	for _, labels := range []map[string]string{s.Alert.Labels, s.Alert.GroupLabels} {
		for name, value := range labels {
			texts = append(texts, name, value)
		}
	}
	for name, value := range s.Alert.Annotations {
		texts = append(texts, name, strings.ReplaceAll(value, "\n", ""))
	}
	for _, text := range texts {
		if !utf8.ValidString(text) || strings.ContainsFunc(text, unicode.IsControl) {
			t.Fatalf("%q is not clean", text)
		}
	}
	if len(s.Plan.ID) > 128 || len(s.Plan.Name) > 128 || len(s.Alert.Labels) > 64 {
		t.Fatalf("out of bounds: %+v", s)
	}
}
