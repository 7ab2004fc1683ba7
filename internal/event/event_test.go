package event_test

import (
	"testing"

	"bellhop/internal/event"
)

func TestAPersonKnowsWhatAnEventIsAbout(t *testing.T) {
	alerts := []event.Alert{{Labels: map[string]string{"alertname": "SwapFull"}}}
	tests := []struct {
		e    event.Event
		want string
	}{
		{event.Event{Kind: event.KindBackup, Plan: event.Plan{ID: "1", Name: "Nightly"}, Alerts: alerts}, "Nightly"},
		{event.Event{Kind: event.KindMissed, Plan: event.Plan{ID: "1"}, Alerts: alerts}, "plan 1"},
		{event.Event{Kind: event.KindBackup}, "unnamed plan"},
		{event.Event{Kind: event.KindAlert, Alerts: alerts}, "SwapFull"},
		{event.Event{Kind: event.KindEvent, DedupKey: "k", Payload: &event.Payload{Summary: "Disk 7 is full"}}, "Disk 7 is full"},
		{event.Event{Kind: event.KindEvent, DedupKey: "k"}, "k"},
	}
	for _, tt := range tests {
		if got := tt.e.About(); got != tt.want {
			t.Errorf("%+v is about %q, want %q", tt.e, got, tt.want)
		}
	}
}
