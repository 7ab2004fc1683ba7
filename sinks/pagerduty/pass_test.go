package pagerduty_test

import (
	"encoding/json"
	"strings"
	"testing"

	"bellhop/internal/event"
	"bellhop/internal/pdcef"
	"bellhop/sinks"
)

// passedOn is an event of a dedup key as it came.
func passedOn(action, dedup string, status event.Status) sinks.Message {
	body := `{"event_action":"` + action + `","dedup_key":"` + dedup + `","client":"Nagios","payload":{"summary":"Disk full","source":"db1","severity":"error"}}`
	return sinks.Message{ID: "d1", Target: pdcef.Target(key), Event: event.Event{
		ID: "1", Kind: event.KindEvent, Status: status, DedupKey: dedup, Severity: event.SeverityError,
		Payload: &event.Payload{Summary: "Disk full", Source: "db1"},
		CEF:     &event.CEF{Action: action, DedupKey: dedup, Body: json.RawMessage(body)},
	}}
}

func TestR18AnEventBearsItsOwnDedupKeyWhateverThatIs(t *testing.T) {
	for _, dedup := range []string{"disk/7", strings.Repeat("\u76e4", 255), "a \\u202e b"} {
		d := newDesk(t, key)
		instead := passedOn(pdcef.Trigger, dedup, event.StatusOpen) // in place of a sink that could not
		instead.Event.Instead = &event.Instead{Sink: "other", Late: true}
		for _, m := range []sinks.Message{instead, passedOn(pdcef.Acknowledge, dedup, event.StatusChanged), passedOn(pdcef.Resolve, dedup, event.StatusResolved)} {
			if err := json.Unmarshal([]byte(`"`+dedup+`"`), &m.Event.CEF.DedupKey); err != nil {
				t.Fatal(err)
			}
			if _, err := d.sink.Send(t.Context(), m); err != nil {
				t.Fatal(err)
			}
		}
		if all := d.Alerts(); len(all) != 1 || all[0].Open || !all[0].Acked {
			t.Errorf("%.20q: PagerDuty shows %+v", dedup, all)
		}
	}
}

func TestR18AnEventThatCannotBeReadIsPermanent(t *testing.T) {
	for _, action := range []string{pdcef.Trigger, event.ActionChange} {
		d := newDesk(t, key)
		m := passedOn(action, "d", event.StatusOpen)
		m.Event.CEF.Body = json.RawMessage(`{}`)
		if _, err := d.sink.Send(t.Context(), m); err == nil || !strings.Contains(err.Error(), "is missing") {
			t.Errorf("%s: got %v", action, err)
		}
		if n := len(d.Requests()); n != 0 {
			t.Errorf("%s: PagerDuty heard %d requests", action, n)
		}
	}
}
