package intake_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"bellhop/internal/event"
	"bellhop/internal/intake"
)

func TestR4WhichPlan(t *testing.T) {
	tests := []struct {
		labels map[string]string
		want   event.PlanRef
	}{
		{backup("backup_id", "1", "id", "2", "name", "Nightly"), event.PlanRef{ID: "1"}},
		{backup("id", "2", "name", "Nightly"), event.PlanRef{ID: "2"}},
		{backup("backup_id", " ", "id", "2"), event.PlanRef{ID: "2"}},
		{backup("backup_id", "", "name", "Nightly"), event.PlanRef{Name: "Nightly"}},
		{backup("node", "1"), event.PlanRef{}},
		{backup("id", "1\x00\n2"), event.PlanRef{ID: "1\ufffd\ufffd2"}},
		{backup("id", "Über/é"), event.PlanRef{ID: "Über/é"}},
		{backup("id", strings.Repeat("x", 128)), event.PlanRef{ID: strings.Repeat("x", 128)}},
	}
	for _, tt := range tests {
		if got := one(t, tt.labels, nil).Plan; got != tt.want {
			t.Errorf("%q: got %+v, want %+v", tt.labels, got, tt.want)
		}
	}
}

func TestR4MissedRun(t *testing.T) {
	for _, labels := range []map[string]string{
		{"alertname": "NsBackupMissing", "backup_id": "3"},
		{"alertname": "backup_missing", "id": "3"},
	} {
		if s := one(t, labels, nil); !s.Missed || s.Plan.ID != "3" {
			t.Errorf("%v: got %+v", labels, s)
		}
	}
}

func TestLongPlanIDsStayApart(t *testing.T) {
	long := strings.Repeat("é", 200)
	a, b := one(t, backup("id", long+"a"), nil).Plan.ID, one(t, backup("id", long+"b"), nil).Plan.ID
	if a == b || len(a) > 128 || !strings.HasPrefix(a, strings.Repeat("é", 50)+"-") || !utf8.ValidString(a) {
		t.Fatalf("got %q and %q", a, b)
	}
}

func TestOtherNamesAndLabelsByConfiguration(t *testing.T) {
	c := intake.DefaultConfig()
	c.AlertNames, c.PlanLabels = []string{"MyBackup"}, []string{"job"}
	if got := oneWith(t, c, map[string]string{"alertname": "MyBackup", "id": "1", "name": "Nightly"}).Plan; got.ID != "1" {
		t.Errorf("R4: without one of these labels, id names the plan: %+v", got)
	}
	b, err := intake.Parse([]byte(`{"alerts":[{"status":"firing","labels":{"alertname":"MyBackup","job":"j1","id":"1"}},
		{"status":"firing","labels":{"alertname":"BackupFailed","job":"j2"}}]}`), c)
	if err != nil || b.Accepted != 1 || b.Ignored != 1 || b.Signals[0].Plan.ID != "j1" {
		t.Fatalf("got %+v, %v", b, err)
	}
}

func oneWith(t *testing.T, c intake.Config, labels map[string]string) event.Signal {
	t.Helper()
	body, err := json.Marshal(map[string]any{"alerts": []any{map[string]any{"status": "firing", "labels": labels}}})
	if err != nil {
		t.Fatal(err)
	}
	b, err := intake.Parse(body, c)
	if err != nil || len(b.Signals) != 1 {
		t.Fatalf("got %+v, %v", b, err)
	}
	return b.Signals[0]
}

func TestR4AlertsLeftOutStandForThemselves(t *testing.T) {
	const alert = `{"status":"firing","labels":{"alertname":"BackupFailed","id":"1"}}`
	for name, tt := range map[string]struct {
		body string
		want int // alerts left out that are signalled
	}{
		"none":              {`{"alerts":[` + alert + `],"truncatedAlerts":0}`, 0},
		"some":              {`{"alerts":[` + alert + `],"truncatedAlerts":3}`, 3},
		"of another type":   {`{"alerts":[` + alert + `],"truncatedAlerts":"3"}`, 0},
		"less than none":    {`{"alerts":[` + alert + `],"truncatedAlerts":-3}`, 0},
		"beside no backup":  {`{"alerts":[{"status":"firing","labels":{"alertname":"SwapFull"}}],"truncatedAlerts":3}`, 0},
		"in an odd message": {`{"alerts":[` + alert + `,null],"truncatedAlerts":3}`, 3},
	} {
		t.Run(name, func(t *testing.T) {
			b := parse(t, tt.body)
			last := event.Signal{}
			if n := len(b.Signals); n > b.Accepted {
				last = b.Signals[n-1]
			}
			if last.Cut != (tt.want > 0) || tt.want > 0 && (b.Truncated != 3 || last.Plan != event.PlanRef{} || last.Source != intake.Source) {
				t.Fatalf("got %+v", b)
			}
		})
	}
}

// Alertmanager's own answer for the same labels is in the recorded bodies.
func TestAFingerprintThatIsMissingIsAlertmanagersOwn(t *testing.T) {
	for _, name := range []string{"BackupFailed-1-firing", "BackupFailed-2-firing", "NsBackupFailed-firing"} {
		s := parse(t, string(recorded(t, name))).Signals[0]
		if got := one(t, s.Alert.Labels, nil).Alert.Fingerprint; got != s.Alert.Fingerprint {
			t.Errorf("%s: got %s, Alertmanager says %s", name, got, s.Alert.Fingerprint)
		}
	}
	for _, given := range []string{"", " \t"} {
		if got := one(t, backup(), map[string]any{"fingerprint": given}).Alert.Fingerprint; len(got) != 16 {
			t.Errorf("given %q: got %q", given, got)
		}
	}
}

func TestALongFingerprintIsCut(t *testing.T) {
	got := one(t, backup(), map[string]any{"fingerprint": strings.Repeat("f", 1<<20) + "\x00"}).Alert.Fingerprint
	if len(got) > 128 || !strings.HasPrefix(got, "fff") {
		t.Fatalf("got %q", got)
	}
}

func TestATimeThatMakesNoSenseIsLeftOut(t *testing.T) {
	for text, want := range map[string]time.Time{
		"2026-11-21T10:24:17.5+01:00": time.Date(2026, 11, 21, 9, 24, 17, 5e8, time.UTC),
		"0001-01-01T00:00:00Z":        {},
		"0000-01-01T00:00:00+23:00":   {}, // before the year 0, which JSON cannot say
		"9999-12-31T23:59:59-23:00":   {}, // after the year 9999, neither
		"yesterday":                   {},
		"1763717057":                  {},
		"":                            {},
	} {
		a := one(t, backup(), map[string]any{"startsAt": text, "endsAt": text}).Alert
		if !a.StartsAt.Equal(want) || !a.EndsAt.Equal(want) {
			t.Errorf("%q: got %s and %s", text, a.StartsAt, a.EndsAt)
		}
	}
}

func TestLabelsAreClean(t *testing.T) {
	a := one(t, backup("node", "a\nb\tc\rd\x00e\x1b[31m\u009b\x7f", "we\nird\r", "x"), map[string]any{
		"annotations": map[string]string{"summary": "first\r\nsecond\x00", "weird\x00name": "x"},
	}).Alert
	if got, want := a.Labels["node"], "a b cd\ufffde\ufffd[31m\ufffd\ufffd"; got != want {
		t.Errorf("label: got %q, want %q", got, want)
	}
	if _, there := a.Labels["we\ufffdird\ufffd"]; !there {
		t.Errorf("label's name: got %q", a.Labels)
	}
	if got := a.Annotations["summary"]; got != "first\nsecond\ufffd" {
		t.Errorf("annotation: got %q", got)
	}
	if _, there := a.Annotations["weird\ufffdname"]; !there {
		t.Errorf("annotation's name: got %q", a.Annotations)
	}
}

func TestInvalidUTF8IsReplaced(t *testing.T) {
	b := parse(t, `{"alerts":[{"status":"firing","fingerprint":"`+"\xff"+`","labels":{"alertname":"BackupFailed","id":"`+"1\xfe"+`","n":"\ud800"}}]}`)
	s := b.Signals[0]
	if s.Plan.ID != "1\ufffd" || s.Alert.Labels["n"] != "\ufffd" || !utf8.ValidString(s.Alert.Fingerprint) {
		t.Fatalf("got %+v", s)
	}
}

func TestLabelsAreBoundedAndTheOnesThatCountStay(t *testing.T) {
	labels := backup("id", "1", "name", "Nightly", strings.Repeat("n", 300), "x", "big", strings.Repeat("é", 8<<10))
	for i := range 1000 {
		labels[fmt.Sprintf("a%04d", i)] = "noise"
	}
	got := one(t, labels, nil).Alert.Labels
	if len(got) != 64 || got["alertname"] != "BackupFailed" || got["id"] != "1" || got["name"] != "Nightly" {
		t.Fatalf("%d labels: %q", len(got), got)
	}
	got = one(t, backup(strings.Repeat("n", 300), "x", "big", strings.Repeat("é", 8<<10)), nil).Alert.Labels
	if v := got["big"]; len(v) > 8<<10 || !strings.HasSuffix(v, "é…") {
		t.Errorf("value of %d bytes", len(v))
	}
	if _, there := got[strings.Repeat("n", 253)+"…"]; !there {
		t.Error("the long name was not cut")
	}
}

func TestOnlyLinksThatOneMayClickOn(t *testing.T) {
	for text, want := range map[string]string{
		"https://prom.example.org/graph?g0.expr=a+%3D%3D+0": "https://prom.example.org/graph?g0.expr=a+%3D%3D+0",
		"http://me:secret@prom/graph":                       "http://prom/graph",
		"javascript:alert(1)":                               "",
		"file:///etc/passwd":                                "",
		"/graph":                                            "",
		"http://":                                           "",
		"http://a b/":                                       "",
		"http://a/\n":                                       "",
		"http://a/" + strings.Repeat("x", 3000):             "",
		"":                                                  "",
	} {
		if got := one(t, backup(), map[string]any{"generatorURL": text}).Alert.GeneratorURL; got != want {
			t.Errorf("%.60q: got %q, want %q", text, got, want)
		}
	}
}
