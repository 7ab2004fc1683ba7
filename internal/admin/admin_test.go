package admin_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"bellhop/internal/admin"
	"bellhop/internal/event"
	"bellhop/internal/record"
	"bellhop/router/queue"
)

type house struct {
	shelf
	hand
	sinks   []admin.Sink
	gates   []queue.Gate
	unready error
	log     bytes.Buffer
}

func (h *house) handler() http.Handler {
	return admin.NewHandler(admin.Deps{
		Engine:  &h.shelf,
		Lanes:   h.lanes,
		Gates:   func() []queue.Gate { return h.gates },
		Sinks:   func() []admin.Sink { return h.sinks },
		Actions: &h.hand,
		Ready:   func(context.Context) error { return h.unready },
		Metrics: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "bellhop_up 1\n") }),
		Now:     func() time.Time { return at(30) },
		Log:     slog.New(slog.NewTextHandler(&h.log, nil)),
	})
}

func (h *house) ask(method, target string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.handler().ServeHTTP(w, httptest.NewRequest(method, target, nil))
	return w
}

func at(minute int) time.Time { return time.Date(2026, 11, 21, 3, minute, 0, 0, time.UTC) }

func (h *house) put(t *testing.T, key string, value any) {
	t.Helper()
	row, err := record.Encode(key, value)
	if err != nil {
		t.Fatal(err)
	}
	row.Rev = 1
	h.rows = append(h.rows, row)
}

func (h *house) deliver(t *testing.T, seq uint64, state queue.State, d record.Delivery, attempts ...queue.Attempt) {
	t.Helper()
	b, err := json.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	j := queue.Job{
		ID: fmt.Sprintf("d%d", seq), Lane: record.Lane(d.Sink), Key: "k", Due: at(int(seq)), Keep: true, Payload: b,
		Seq: seq, Put: at(0), State: state, Attempts: attempts,
	}
	if state != queue.Queued {
		j.Ended = at(9)
	}
	h.jobs = append(h.jobs, j)
}

// furnished is a house with a night of trouble in it.
func furnished(t *testing.T) *house {
	t.Helper()
	h := &house{}
	plan := event.Plan{ID: "1", Name: "Nightly"}
	h.put(t, record.EventKey("E1"), event.Event{
		Version: 1, ID: "E1", Time: at(1), Kind: event.KindBackup, Status: event.StatusOpen, Outcome: event.Partial, Cause: event.CauseModule,
		Severity: event.SeverityError, DedupKey: "bellhop/local/backup/1", Incident: "I1", Opened: at(1), FailedRuns: 1, Plan: plan,
		Modules: []event.Module{{ID: "nextcloud1", Node: "1", State: event.StateFailed, Cause: event.CauseModule}},
		Alerts:  []event.Alert{{Status: "firing", Labels: map[string]string{"alertname": "BackupFailed"}, Fingerprint: "f"}},
		Notes:   []string{"Redis could not be read."},
	})
	h.put(t, record.EventKey("E2"), event.Event{Version: 1, ID: "E2", Time: at(2), Kind: event.KindBackup, Status: event.StatusSuccess, Outcome: event.Success, Severity: event.SeverityInfo, Plan: plan})
	h.put(t, record.IncidentKey("I1"), event.Incident{
		ID: "I1", Key: "bellhop/local/backup/1", State: event.StatusResolved, Opened: at(1), Resolved: at(9), EndedBy: event.EndedBySuccess,
		Plan: plan, Outcome: event.Partial, Last: "E1", FailedRuns: 1,
	})
	h.put(t, record.IncidentKey("I2"), event.Incident{
		ID: "I2", Key: "bellhop/local/backup/2", State: event.StatusOpen, Opened: at(5), Plan: event.Plan{ID: "2"}, Outcome: event.RepoFailure,
		Last: "E3", FailedRuns: 1, Was: event.Trouble{Outcome: event.RepoFailure, Since: at(5)}, Told: []event.Audience{{Sink: "mail", Target: "a@example.org"}},
		Ending: &event.Ending{Since: at(6), Read: true},
	})
	told := record.Delivery{Event: "E1", Incident: "I1", Sink: "mail", Target: "a@example.org", As: event.StatusOpen}
	h.deliver(t, 1, queue.Sent, told, queue.Attempt{At: at(2), Took: 1500 * time.Millisecond, Status: "250 queued as 4F2"})
	h.deliver(t, 2, queue.Queued, record.Delivery{Event: "E1", Incident: "I1", Sink: "chat", Target: "#backups", As: event.StatusOpen},
		queue.Attempt{At: at(2), Took: time.Second, Error: "post to slack: connection refused"})
	told.Target = "b@example.org"
	h.deliver(t, 3, queue.Dead, told, queue.Attempt{At: at(3), Status: "550", Error: "no such user"})
	h.jobs[2].Reason, h.jobs[2].Heard = "no such user", true
	told.Instead = &event.Instead{Sink: "chat", Reason: "post to https://a:hunter2@slack.example/: 503", Late: true}
	told.Earlier = []event.Passed{{Event: "E0", Time: at(0), Status: event.StatusOpen, Outcome: event.Partial, Failed: 1, Modules: 3}}
	h.deliver(t, 4, queue.Superseded, told)
	h.sinks = []admin.Sink{{Name: "mail", Type: "smtp"}, {Name: "chat", Type: "slack"}, {Name: "idle", Type: "webhook"}}
	h.gates = []queue.Gate{{Lane: "to/chat", OpensAt: at(31), Reason: "post to https://a:hunter2@slack.example/x?token=hunter2: 503"}, {Lane: "to/mail"}}
	h.stats = []queue.Stats{{Lane: "to/chat", Depth: 2, Oldest: at(0)}, {Lane: "to/gone", Depth: 1, Oldest: at(29), Dead: 3}, {Lane: "to/mail", Dead: 1}}
	h.jobs = append(h.jobs, queue.Job{ID: "look/id:1", Lane: record.Inbox, Seq: 5, State: queue.Queued, Payload: []byte(`{}`)})
	return h
}

// golden compares an answer, indented, with a file.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	var b bytes.Buffer
	if json.Valid(got) {
		if err := json.Indent(&b, got, "", "  "); err != nil {
			t.Fatal(err)
		}
	} else {
		b.Write(got)
	}
	file := filepath.Join("testdata", name)
	if os.Getenv("UPDATE_GOLDEN") != "" {
		if err := os.WriteFile(file, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(b.Bytes(), want) {
		t.Fatalf("%s (UPDATE_GOLDEN=1 writes it anew) now is\n%s", file, b.Bytes())
	}
}

func TestShapes(t *testing.T) {
	for name, target := range map[string]string{
		"events.json":     "/api/v1/events",
		"event.json":      "/api/v1/events/E1",
		"incidents.json":  "/api/v1/incidents",
		"deliveries.json": "/api/v1/deliveries",
		"delivery.json":   "/api/v1/deliveries/d3",
		"sinks.json":      "/api/v1/sinks",
		"index.txt":       "/",
	} {
		w := furnished(t).ask("GET", target)
		if w.Code != 200 || w.Header().Get("X-Content-Type-Options") != "nosniff" || w.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %d %v", target, w.Code, w.Header())
		}
		if kind := w.Header().Get("Content-Type"); strings.HasSuffix(name, ".json") != (kind == "application/json") {
			t.Errorf("%s is %s", target, kind)
		}
		golden(t, name, w.Body.Bytes())
	}
}

func TestEmptyListsAreListsNotNull(t *testing.T) {
	for target, want := range map[string]string{
		"/api/v1/events":     `{"events":[]}`,
		"/api/v1/incidents":  `{"incidents":[]}`,
		"/api/v1/deliveries": `{"deliveries":[]}`,
		"/api/v1/sinks":      `{"sinks":[]}`,
	} {
		if got := (&house{}).ask("GET", target).Body.String(); got != want+"\n" {
			t.Errorf("%s: %s", target, got)
		}
	}
}

func TestALaneOfAKeyIsNamedBesideItsSink(t *testing.T) {
	h := &house{}
	h.stats = []queue.Stats{{Lane: "to/hook", Depth: 1}, {Lane: "to/hook#disk", Depth: 2}}
	var got struct {
		Sinks []struct {
			Name  string
			Lanes []struct{ Name string }
		}
	}
	if err := json.Unmarshal(h.ask("GET", "/api/v1/sinks").Body.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if text := fmt.Sprint(got.Sinks); text != "[{hook [{hook} {hook#disk}]}]" {
		t.Errorf("sinks and lanes: %s", text)
	}
}

func TestR15EveryKeyShowsItsLaneAndItsGate(t *testing.T) {
	h := &house{}
	h.sinks = []admin.Sink{{Name: "oncall", Type: "pagerduty"}, {Name: "chat", Type: "slack"}}
	h.stats = []queue.Stats{{Lane: "to/oncall#0a1b2c3d", Depth: 2}}
	h.gates = []queue.Gate{
		{Lane: "to/oncall#0a1b2c3d"},
		{Lane: "to/oncall#4e5f6071", OpensAt: at(300), Misconfigured: true, Reason: "Invalid routing key"},
	}
	var got struct {
		Sinks []struct {
			Name  string
			Lanes []struct {
				Name          string
				Depth         int
				Misconfigured bool
				GateReason    string `json:"gate_reason"`
			}
		}
	}
	if err := json.Unmarshal(h.ask("GET", "/api/v1/sinks").Body.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	const want = "[{chat [{chat 0 false }]} {oncall [{oncall#0a1b2c3d 2 false } {oncall#4e5f6071 0 true Invalid routing key}]}]"
	if text := fmt.Sprint(got.Sinks); text != want {
		t.Errorf("sinks and lanes: %s, want %s", text, want)
	}
}

func TestR15DeliveriesOfASinkAreThoseOfAllItsKeys(t *testing.T) {
	h := &house{}
	for i, lane := range []string{"to/oncall", "to/oncall2", "to/oncall#a", "to/oncall#b", "to/oncall#a"} {
		payload, err := json.Marshal(record.Delivery{Event: "E", Sink: "oncall"})
		if err != nil {
			t.Fatal(err)
		}
		h.jobs = append(h.jobs, queue.Job{ID: fmt.Sprintf("d%d", i+1), Lane: lane, Seq: uint64(i + 1), State: queue.Sent, Payload: payload})
	}
	for query, want := range map[string]string{
		"?sink=oncall":                 "d5 d4 d3 d1, next ",
		"?sink=oncall&limit=3":         "d5 d4 d3, next 3",
		"?sink=oncall&limit=3&after=3": "d1, next ",
		"?sink=oncall&state=dead":      ", next ",
	} {
		list, next, _ := ids(t, h.ask("GET", "/api/v1/deliveries"+query))
		if got := strings.Join(list, " ") + ", next " + next; got != want {
			t.Errorf("%s: got %s, want %s", query, got, want)
		}
	}
}

// ids lists the ids in an answer, and what it calls next.
func ids(t *testing.T, w *httptest.ResponseRecorder) (list []string, next string, unreadable int) {
	t.Helper()
	type item struct{ ID string }
	var a struct {
		Events, Incidents, Deliveries []item
		Next                          string
		Unreadable                    int
	}
	if err := json.Unmarshal(w.Body.Bytes(), &a); err != nil || w.Code != 200 {
		t.Fatalf("%d %s: %v", w.Code, w.Body, err)
	}
	for _, i := range append(append(a.Events, a.Incidents...), a.Deliveries...) {
		list = append(list, i.ID)
	}
	return list, a.Next, a.Unreadable
}

func TestDeliveriesBySinkAndState(t *testing.T) {
	h := furnished(t)
	for query, want := range map[string]string{
		"":                      "d4 d3 d2 d1",
		"?sink=mail":            "d4 d3 d1",
		"?sink=nobody":          "",
		"?state=queued":         "d2",
		"?state=dead":           "d3",
		"?state=sent&sink=mail": "d1",
		"?state=sent&sink=chat": "",
		"?state=superseded":     "d4",
		"?limit=2":              "d4 d3",
		"?after=3":              "d2 d1",
	} {
		if got, _, _ := ids(t, h.ask("GET", "/api/v1/deliveries"+query)); strings.Join(got, " ") != want {
			t.Errorf("%s: got %v, want %s", query, got, want)
		}
	}
}

// Page by page, everything is seen once, in order, whatever the list.
func TestNextLeadsThroughTheWholeList(t *testing.T) {
	h := &house{}
	for i := range 25 {
		id := fmt.Sprintf("%03d", i)
		h.put(t, record.EventKey(id), event.Event{ID: id})
		h.put(t, record.IncidentKey(id), event.Incident{ID: id})
		h.deliver(t, uint64(i+1), queue.Sent, record.Delivery{Event: id, Sink: "mail"})
	}
	for _, list := range []string{"events", "incidents", "deliveries"} {
		var seen []string
		next, pages := "", 0
		for ; pages == 0 || next != ""; pages++ {
			var page []string
			page, next, _ = ids(t, h.ask("GET", "/api/v1/"+list+"?limit=10&after="+next))
			seen = append(seen, page...)
		}
		if len(seen) != 25 || pages != 3 || seen[0] < seen[1] {
			t.Errorf("%s: %d pages, %v", list, pages, seen)
		}
	}
}

func TestLimitsBoundTheAnswer(t *testing.T) {
	h := &house{}
	for i := range 1500 {
		id := fmt.Sprintf("%04d", i)
		h.put(t, record.EventKey(id), event.Event{ID: id})
	}
	for query, want := range map[string]int{"": 100, "?limit=": 100, "?limit=1000": 1000, "?limit=1": 1} {
		if got, _, _ := ids(t, h.ask("GET", "/api/v1/events"+query)); len(got) != want {
			t.Errorf("%q: %d events", query, len(got))
		}
	}
}

func TestADamagedRowCostsThatRowAlone(t *testing.T) {
	h := furnished(t)
	for _, bad := range []queue.Row{
		{Key: record.EventKey("E0"), Value: []byte(`{"id":`)}, {Key: record.EventKey("E3"), Value: []byte(`{}`)}, {Key: record.EventKey("E4")},
		{Key: record.IncidentKey("I3"), Value: []byte(`[]`)}, {Key: record.IncidentKey("I4"), Value: []byte(`{"id":"I1"}`)},
	} {
		bad.Rev = 1
		h.rows = append(h.rows, bad)
	}
	h.jobs = append(h.jobs,
		queue.Job{ID: "broken", Lane: "to/mail", Seq: 8, State: queue.Dead, Payload: []byte("\x00")},
		queue.Job{ID: "hollow", Lane: "to/mail", Seq: 9, State: queue.Dead, Payload: []byte("{}")})
	for list, want := range map[string]struct {
		ids        string
		unreadable int
	}{
		"events":     {"E2 E1", 3},
		"incidents":  {"I2 I1", 2},
		"deliveries": {"d4 d3 d2 d1", 2},
	} {
		got, _, unreadable := ids(t, h.ask("GET", "/api/v1/"+list))
		if strings.Join(got, " ") != want.ids || unreadable != want.unreadable {
			t.Errorf("%s: %v, %d unreadable", list, got, unreadable)
		}
	}
	for _, name := range []string{"event/E0", "event/E3", "event/E4", "incident/I3", "incident/I4", "broken", "hollow"} {
		if !strings.Contains(h.log.String(), name) {
			t.Errorf("the log does not name %s", name)
		}
	}
	if _, next, n := ids(t, h.ask("GET", "/api/v1/events?limit=2")); next != "E3" || n != 2 {
		t.Errorf("a page of damaged rows leads to %q", next)
	}
	wantError(t, h.ask("GET", "/api/v1/events/E0"), 500, `event/E0`)
}

func wantError(t *testing.T, w *httptest.ResponseRecorder, code int, text string) {
	t.Helper()
	var a struct{ Error string }
	err := json.Unmarshal(w.Body.Bytes(), &a)
	if err != nil || w.Code != code || !strings.Contains(a.Error, text) || w.Header().Get("Content-Type") != "application/json" {
		t.Errorf("want %d with %q, got %d %s, %v", code, text, w.Code, w.Body, err)
	}
}

func TestRefusals(t *testing.T) {
	tests := []struct {
		method, target string
		code           int
		text           string
	}{
		{"GET", "/api/v1/events?limit=0", 400, "from 1 to 1000"},
		{"GET", "/api/v1/events?limit=1001", 400, "from 1 to 1000"},
		{"GET", "/api/v1/incidents?limit=-1", 400, "from 1 to 1000"},
		{"GET", "/api/v1/deliveries?limit=many", 400, `"many"`},
		{"GET", "/api/v1/deliveries?limit=99999999999999999999", 400, "from 1 to 1000"},
		{"GET", "/api/v1/deliveries?state=lost", 400, "queued, sent, dead, superseded, skipped or dropped"},
		{"GET", "/api/v1/deliveries?after=d4", 400, "seq"},
		{"GET", "/api/v1/deliveries?after=0", 400, "seq"},
		{"GET", "/api/v1/events?after=" + strings.Repeat("x", 600), 400, "next"},
		{"GET", "/api/v1/events/E9", 404, `"E9"`},
		{"GET", "/api/v1/events/%00%2f..", 404, "no event"},
		{"GET", "/api/v1/nothing", 404, "/api/v1/nothing"},
		{"GET", "/api/v1/deliveries/d9", 404, `"d9"`},
		{"GET", "/api/v1/deliveries/look%2fid:1", 404, "no delivery"},
		{"GET", "/api/v1/deliveries/d3/drop/x", 404, "nothing"},
		{"GET", "/favicon.ico", 404, "favicon"},
		{"POST", "/nothing", 404, "nothing"},
		{"POST", "/api/v1/events", 405, "GET"},
		{"DELETE", "/api/v1/deliveries", 405, "GET"},
		{"PUT", "/api/v1/events/E1", 405, "GET"},
		{"POST", "/metrics", 405, "GET"},
		{"POST", "/api/v1/sinks", 405, "GET"},
		{"POST", "/api/v1/deliveries/d3", 405, "GET"},
		{"POST", "/-/ready", 405, "GET"},
		{"POST", "/", 405, "GET"},
	}
	for _, tt := range tests {
		w := furnished(t).ask(tt.method, tt.target)
		wantError(t, w, tt.code, tt.text)
		if allow := w.Header().Get("Allow"); (tt.code == 405) != (allow == "GET, HEAD") {
			t.Errorf("%s %s: Allow is %q", tt.method, tt.target, allow)
		}
	}
}

func TestAnEngineThatCannotBeReadIs503(t *testing.T) {
	for _, target := range []string{"/api/v1/events", "/api/v1/events/E1", "/api/v1/incidents", "/api/v1/deliveries", "/api/v1/deliveries/d3", "/api/v1/sinks"} {
		h := furnished(t)
		h.fault = fmt.Errorf("dial redis://me:hunter2@queue: %w", queue.ErrClosed)
		w := h.ask("GET", target)
		wantError(t, w, 503, "queue closed")
		if strings.Contains(w.Body.String(), "hunter2") {
			t.Errorf("%s tells a password: %s", target, w.Body)
		}
	}
}

func TestHealthAndReadiness(t *testing.T) {
	h := &house{unready: errors.New("the disk is full")}
	if w := h.ask("GET", "/-/healthy"); w.Code != 200 || w.Body.String() != "ok\n" {
		t.Errorf("healthy: %d %s", w.Code, w.Body)
	}
	wantError(t, h.ask("GET", "/-/ready"), 503, "the disk is full")
	h.unready = nil
	if w := h.ask("HEAD", "/-/ready"); w.Code != 200 {
		t.Errorf("ready: %d %s", w.Code, w.Body)
	}
}

func TestMetricsAreHandedThrough(t *testing.T) {
	if w := (&house{}).ask("GET", "/metrics"); w.Code != 200 || w.Body.String() != "bellhop_up 1\n" {
		t.Errorf("got %d %s", w.Code, w.Body)
	}
}
