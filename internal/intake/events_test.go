package intake_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	api "github.com/PagerDuty/go-pagerduty"

	"bellhop/internal/event"
	"bellhop/internal/pdcef"
	"bellhop/internal/secret"
)

const (
	routingKey = "0123456789abcdef0123456789abcdef"
	trigger    = `{"routing_key":"` + routingKey + `","event_action":"trigger","dedup_key":"disk/7","client":"Nagios",` +
		`"links":[{"href":"https://example.org"}],"payload":{"summary":"Disk 7 is full","source":"db1","severity":"critical","custom_details":{"n":12345678901234567890}}}`
)

// passed is the one event that was kept.
func (r *rig) passed(t *testing.T) event.Signal {
	t.Helper()
	if len(r.kept) != 1 || len(r.kept[0]) != 1 || r.kept[0][0].CEF == nil {
		t.Fatalf("kept %+v", r.kept)
	}
	return r.kept[0][0]
}

func TestAnEventIsKeptWithoutItsRoutingKey(t *testing.T) {
	r := newRig(t)
	a := r.ask("POST", "/v2/enqueue", trigger)
	if a.code != 202 || a.body != `{"status":"success","message":"Event processed","dedup_key":"disk/7"}` {
		t.Fatalf("got %+v", a)
	}
	s := r.passed(t)
	if s.Source != "events" || s.CEF.Action != "trigger" || s.CEF.DedupKey != "disk/7" || s.CEF.Target != "key-3eb1bd43" {
		t.Errorf("kept %+v", s.CEF)
	}
	stored, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{`"client":"Nagios"`, `"n":12345678901234567890`, `"href":"https://example.org"`} {
		if !strings.Contains(string(stored), part) {
			t.Errorf("%s is lost in %s", part, stored)
		}
	}
	if strings.Contains(string(stored)+r.log.String()+a.body, routingKey) {
		t.Error("the routing key is kept or told")
	}
	if r.seen["events accepted"] != 1 {
		t.Errorf("counted %v", r.seen)
	}
}

func TestAnEventWithoutADedupKeyIsGivenOne(t *testing.T) {
	r := newRig(t)
	a := r.ask("POST", "/v2/enqueue", strings.Replace(trigger, `"dedup_key":"disk/7",`, `"dedup_key":"",`, 1))
	var said struct {
		DedupKey string `json:"dedup_key"`
	}
	if err := json.Unmarshal([]byte(a.body), &said); err != nil || a.code != 202 || len(said.DedupKey) < 20 {
		t.Fatalf("got %+v, %v", a, err)
	}
	s := r.passed(t)
	if s.CEF.DedupKey != said.DedupKey || !strings.Contains(string(s.CEF.Body), `"dedup_key":"`+said.DedupKey+`"`) {
		t.Errorf("kept %s", s.CEF.Body)
	}
}

func TestAChangeEventIsKept(t *testing.T) {
	r := newRig(t)
	a := r.ask("POST", "/v2/change/enqueue", `{"routing_key":"`+routingKey+`","payload":{"summary":"deployed","source":"ci"}}`)
	if a.code != 202 || a.body != `{"status":"success","message":"Change event processed"}` {
		t.Fatalf("got %+v", a)
	}
	if s := r.passed(t); s.CEF.Action != "change" || strings.Contains(string(s.CEF.Body), "routing_key") || !strings.Contains(string(s.CEF.Body), "deployed") {
		t.Errorf("kept %+v, %s", s.CEF, s.CEF.Body)
	}
}

func TestPostingToTheRootTellsEventsFromAlerts(t *testing.T) {
	r := newRig(t)
	wantGood(t, r.ask("POST", "/", goodBody))
	r = newRig(t)
	a := r.ask("POST", "/", trigger)
	if a.code != 202 || !strings.HasPrefix(a.body, `{"status":"enqueued","data":{`) || strings.Contains(a.body, routingKey) || !strings.Contains(a.body, `"dedup_key":"disk/7"`) {
		t.Fatalf("got %+v", a)
	}
	r.passed(t)
	r = newRig(t)
	if a := r.ask("POST", "/", `{"payload":{"summary":"s"}}`); a.code != 400 || !strings.Contains(a.body, `"Event object is invalid"`) {
		t.Errorf("got %+v", a)
	}
}

func TestAnEventThatIsNoneIsRefusedAsPagerDutyDoes(t *testing.T) {
	for path, body := range map[string]string{"/v2/enqueue": `{"event_action":"destroy"}`, "/v2/change/enqueue": `{}`} {
		r := newRig(t)
		a := r.ask("POST", path, body)
		var said struct {
			Status, Message string
			Errors          []string
		}
		if err := json.Unmarshal([]byte(a.body), &said); err != nil || a.code != 400 || said.Status != "invalid event" ||
			said.Message != "Event object is invalid" || len(said.Errors) != 1 {
			t.Errorf("%s: got %+v, %v", path, a, err)
		}
		if r.calls() != 0 || r.seen["events refused"] != 1 {
			t.Errorf("%s: %d calls, counted %v", path, r.calls(), r.seen)
		}
	}
}

func TestAnEventThatCannotBeKeptIsToBeSentAgain(t *testing.T) {
	r := newRig(t)
	r.fail(errors.New("no space left"))
	for _, path := range []string{"/v2/enqueue", "/"} {
		wantRefusal(t, r.ask("POST", path, trigger), 503, "no space left")
	}
}

func TestAnEventShowsTheTokenAsItsRoutingKey(t *testing.T) {
	r := newRig(t)
	r.cfg.BearerToken = secret.New("hunter2")
	for _, path := range []string{"/v2/enqueue", "/"} {
		wantRefusal(t, r.ask("POST", path, trigger), 401, "routing key")
	}
	wantRefusal(t, r.ask("POST", "/v2/change/enqueue", `{"payload":{"summary":"s"}}`), 401, "routing key")
	if a := r.ask("POST", "/v2/enqueue", strings.Replace(trigger, routingKey, "hunter2", 1)); a.code != 202 {
		t.Errorf("got %+v", a)
	}
	if a := r.ask("POST", "/v2/change/enqueue", `{"routing_key":"hunter2","payload":{"summary":"s"}}`); a.code != 202 {
		t.Errorf("got %+v", a)
	}
}

// The client of PagerDuty's own library finds nothing strange.
func TestPagerDutysOwnClientIsServed(t *testing.T) {
	r := newRig(t)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) { r.handler().ServeHTTP(w, req) }))
	defer s.Close()
	client := api.NewClient("", api.WithV2EventsAPIEndpoint(s.URL))
	said, err := client.ManageEventWithContext(t.Context(), &api.V2Event{
		RoutingKey: routingKey, Action: "trigger", Payload: &api.V2Payload{Summary: "s", Source: "s", Severity: "info"},
	})
	if err != nil || said.Status != "success" || said.DedupKey == "" {
		t.Errorf("got %+v, %v", said, err)
	}
	if _, err := client.CreateChangeEventWithContext(t.Context(), api.ChangeEvent{
		RoutingKey: routingKey, Payload: api.ChangeEventPayload{Summary: "deployed", Source: "ci"},
	}); err != nil {
		t.Error(err)
	}
	if r.calls() != 2 {
		t.Errorf("%d calls", r.calls())
	}
}

// What grows when it is written down again, because PagerDuty's library writes < as six
// characters, must still fit.
func TestAnEventThatWouldBeTooLongOnItsWayIsRefusedAtOnce(t *testing.T) {
	event := func(n int) string {
		return `{"event_action":"trigger","dedup_key":"k","payload":{"summary":"s","source":"x","severity":"error","custom_details":{"html":"` + strings.Repeat("<", n) + `"}}}`
	}
	r := newRig(t)
	if a := r.ask("POST", "/v2/enqueue", event(100_000)); a.code != 400 || !strings.Contains(a.body, "as it is sent on") || r.calls() != 0 {
		t.Errorf("got %d %.200s", a.code, a.body)
	}
	if a := r.ask("POST", "/v2/enqueue", event(80_000)); a.code != 202 {
		t.Errorf("got %d %.200s", a.code, a.body)
	}
	if _, err := pdcef.Parse(r.passed(t).CEF.Body); err != nil {
		t.Error(err)
	}
}

func TestATokenInPlaceOfARoutingKeyNamesNoKey(t *testing.T) {
	r := newRig(t)
	r.cfg.BearerToken = secret.New("hunter2")
	if a := r.ask("POST", "/v2/enqueue", strings.Replace(trigger, routingKey, "hunter2", 1)); a.code != 202 {
		t.Fatalf("got %+v", a)
	}
	if s := r.passed(t); s.CEF.Target != "" || s.Plan.Topic != "event/disk/7" {
		t.Errorf("kept %+v", s)
	}
}
