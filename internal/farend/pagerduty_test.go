package farend_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"bellhop/internal/farend"
)

const (
	key   = "R0123456789ABCDEFGHIJKLMNOPQRSTU"
	other = "R0UTSRQPONMLKJIHGFEDCBA987654321"
)

// post gives status and body of an answer to a request without a network.
func post(h http.Handler, path, body string) (int, string) {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodPost, path, strings.NewReader(body)))
	return w.Code, w.Body.String()
}

func trigger(key, dedup string) string {
	return fmt.Sprintf(`{"routing_key":%q,"event_action":"trigger","dedup_key":%q,"payload":{"summary":"s","source":"x","severity":"error"}}`, key, dedup)
}

func end(key, action, dedup string) string {
	return fmt.Sprintf(`{"routing_key":%q,"event_action":%q,"dedup_key":%q}`, key, action, dedup)
}

func TestPagerDutyFoldsByDedupKeyAndRoutingKey(t *testing.T) {
	p := farend.NewPagerDuty(time.Now, key, other)
	for _, body := range []string{
		end(key, "resolve", "a"), // of none: dropped, and still 202
		trigger(key, "a"), trigger(key, "a"), trigger(key, "b"),
		end(other, "resolve", "a"), // through another key: dropped
		end(key, "acknowledge", "a"), end(key, "resolve", "b"), trigger(key, "b"),
		trigger(key, ""), trigger(key, ""),
	} {
		if status, answer := post(p, "/v2/enqueue", body); status != 202 || !strings.Contains(answer, `"dedup_key":"`) && !strings.Contains(body, `"dedup_key":""`) {
			t.Errorf("%s: %d %s", body, status, answer)
		}
	}
	var got []string
	for _, a := range p.Alerts()[:3] {
		got = append(got, fmt.Sprintf("%s open=%v acked=%v triggers=%d", a.DedupKey, a.Open, a.Acked, a.Triggers))
	}
	want := []string{"a open=true acked=true triggers=2", "b open=false acked=false triggers=1", "b open=true acked=false triggers=1"}
	if fmt.Sprint(got) != fmt.Sprint(want) || len(p.Alerts()) != 5 {
		t.Errorf("alerts %q and %d in all", got, len(p.Alerts()))
	}
}

func TestPagerDutyTellsWhatItDropped(t *testing.T) {
	at := time.Unix(1_800_000_000, 0)
	p := farend.NewPagerDuty(func() time.Time { return at }, key, other)
	for _, body := range []string{end(key, "resolve", "a"), trigger(key, "a"), end(other, "acknowledge", "a"), end(key, "resolve", "a"), end(key, "resolve", "a")} {
		if status, answer := post(p, "/v2/enqueue", body); status != 202 {
			t.Errorf("%s: %d %s", body, status, answer)
		}
	}
	var got []string
	for _, e := range p.Events() {
		got = append(got, fmt.Sprintf("%s %s %v %v", e.Action, e.DedupKey, e.RoutingKey == key, e.Dropped))
		if !e.At.Equal(at) {
			t.Errorf("%s at %v", e.Action, e.At)
		}
	}
	want := []string{"resolve a true true", "trigger a true false", "acknowledge a false true", "resolve a true false", "resolve a true true"}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestR15PagerDutyForgetsAKey(t *testing.T) {
	p := farend.NewPagerDuty(time.Now, key, other)
	post(p, "/v2/enqueue", trigger(key, "a"))
	p.Know(other)
	if status, answer := post(p, "/v2/enqueue", end(key, "resolve", "a")); status != 400 || !strings.Contains(answer, "Invalid routing key") {
		t.Errorf("the key that was removed: %d %s", status, answer)
	}
	if status, _ := post(p, "/v2/enqueue", trigger(other, "a")); status != 202 {
		t.Errorf("the key that stays: %d", status)
	}
	if a := p.Alerts(); len(a) != 2 || !a[0].Open {
		t.Errorf("alerts %+v", a)
	}
}

func TestPagerDutyRefuses(t *testing.T) {
	long := strings.Repeat("ü", 1025)
	payload := func(fields string) string {
		return fmt.Sprintf(`{"routing_key":%q,"event_action":"trigger","payload":{%s}}`, key, fields)
	}
	for says, body := range map[string]string{
		"JSON":                    `{"routing_key":`,
		"should be 32 characters": trigger("short", "a"),
		"Invalid routing key":     trigger(other, "a"),
		"event_action":            end(key, "explode", "a"),
		"'dedup_key' is missing":  end(key, "resolve", ""),
		"255":                     trigger(key, strings.Repeat("x", 256)),
		"'payload' is missing":    end(key, "trigger", "a"),
		"payload.summary":         payload(`"summary":" ","source":"x","severity":"error"`),
		"1024":                    payload(`"summary":"` + long + `","source":"x","severity":"error"`),
		"payload.source":          payload(`"summary":"s","severity":"error"`),
		"payload.severity":        payload(`"summary":"s","source":"x","severity":"fatal"`),
		"timestamp":               payload(`"summary":"s","source":"x","severity":"info","timestamp":"yesterday"`),
		"custom_details":          payload(`"summary":"s","source":"x","severity":"info","custom_details":"text"`),
		"512 KB":                  payload(`"summary":"s","source":"x","severity":"info","custom_details":{"x":"` + strings.Repeat("x", 512*1000) + `"}`),
	} {
		p := farend.NewPagerDuty(time.Now, key)
		status, answer := post(p, "/v2/enqueue", body)
		var reply struct{ Status, Message string }
		if err := json.Unmarshal([]byte(answer), &reply); err != nil || reply.Status == "" || reply.Message == "" {
			t.Errorf("%s: the answer is not PagerDuty's: %s", says, answer)
		}
		if status != 400 || !strings.Contains(answer, says) || len(p.Alerts()) != 0 {
			t.Errorf("%s: %d %s", says, status, answer)
		}
	}
}

func TestPagerDutyTakes120InAnyMinute(t *testing.T) {
	at := time.Unix(1_800_000_000, 0)
	p := farend.NewPagerDuty(func() time.Time { return at }, key, other)
	taken := 0
	for range 200 {
		if status, _ := post(p, "/v2/enqueue", trigger(key, "a")); status == 202 {
			taken++
		}
		at = at.Add(100 * time.Millisecond)
	}
	if taken != 120 {
		t.Errorf("%d were taken in 20 s", taken)
	}
	if status, _ := post(p, "/v2/enqueue", trigger(other, "a")); status != 202 {
		t.Errorf("another key was answered %d", status)
	}
	at = at.Add(40*time.Second - time.Millisecond) // the first is 60 s old in a millisecond
	if status, _ := post(p, "/v2/enqueue", trigger(key, "a")); status != 429 {
		t.Errorf("just within a minute of the first: %d", status)
	}
	at = at.Add(time.Millisecond)
	if status, _ := post(p, "/v2/enqueue", trigger(key, "a")); status != 202 {
		t.Errorf("a minute after the first: %d", status)
	}
	if n := len(p.Requests()); n != 203 || p.Requests()[199].Status != 429 {
		t.Errorf("%d requests are on record", n)
	}
}

func TestPagerDutyTakesChangeEvents(t *testing.T) {
	at := time.Unix(1_800_000_000, 0)
	p := farend.NewPagerDuty(func() time.Time { return at }, key)
	change := func(key, payload string) string {
		return fmt.Sprintf(`{"routing_key":%q,"payload":%s,"links":[{"href":"https://example.org"}]}`, key, payload)
	}
	const good = `{"summary":"deployed","source":"x","timestamp":"2026-11-03T02:30:00Z","custom_details":{"build":7}}`
	for says, body := range map[string]string{
		"Change event processed":  change(key, good),
		"Invalid routing key":     change(other, good),
		"should be 32 characters": change("short", good),
		"'payload' is missing":    change(key, "null"),
		"payload.summary":         change(key, `{"source":"x"}`),
		"timestamp":               change(key, `{"summary":"s","timestamp":"yesterday"}`),
	} {
		want := 400
		if says == "Change event processed" {
			want = 202
		}
		if status, answer := post(p, "/v2/change/enqueue", body); status != want || !strings.Contains(answer, says) {
			t.Errorf("%s: %d %s", says, status, answer)
		}
	}
	changes := p.Changes()
	if len(changes) != 1 || changes[0].Summary != "deployed" || changes[0].RoutingKey != key || !changes[0].At.Equal(at) || string(changes[0].Details) != `{"build":7}` {
		t.Errorf("it shows %+v", changes)
	}
	if len(p.Alerts()) != 0 || len(p.Events()) != 0 {
		t.Errorf("a change event alerted: %+v", p.Alerts())
	}
	for range 119 { // they count like events
		post(p, "/v2/change/enqueue", change(key, good))
	}
	if status, _ := post(p, "/v2/enqueue", trigger(key, "a")); status != 429 {
		t.Errorf("after 120 change events an event is answered %d", status)
	}
}

func TestR15PagerDutyNamesAnUnknownKeyInItsErrors(t *testing.T) {
	p := farend.NewPagerDuty(time.Now, key)
	status, answer := post(p, "/v2/enqueue", trigger(other, "a"))
	if status != 400 || answer != `{"errors":["Invalid routing key"],"message":"Event object is invalid","status":"invalid event"}` {
		t.Errorf("%d %s", status, answer)
	}
}
