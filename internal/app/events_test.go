package app_test

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	api "github.com/PagerDuty/go-pagerduty"

	"bellhop/internal/event"
)

// passing runs a bellhop that stands before PagerDuty.
func passing(t *testing.T, far *farends, port string) *running {
	return start(t, fmt.Sprintf(`
receiver: {port: %s, other_alerts: forward}
redis: {address: "127.0.0.1:1"}
repo_check: {enabled: false}
queue: {path: %q}
sinks:
%s
routes:
  - {match: ['kind="event"'], sinks: [oncall]}
  - {match: ['alertname="SwapFull"'], sinks: [oncall, chat, hook]}
`, port, t.TempDir(), far.sinks()))
}

func TestR18AlertmanagersOwnPagerDutyReceiverIsServed(t *testing.T) {
	far := newFarends(t)
	address := freeAddress(t)
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		t.Fatal(err)
	}
	b := passing(t, far, port)
	am := alertmanagerWith(t, fmt.Sprintf(`
  - name: bellhop
    pagerduty_configs:
      - url: http://%s/v2/enqueue
        routing_key: %s
        send_resolved: true`, address, routingKey))
	labels := map[string]string{"alertname": "SwapFull", "node": "1", "severity": "critical"}
	am.alert(t, labels, time.Time{})
	eventually(t, 20*time.Second, "PagerDuty has one open alert", func() error {
		if all := far.pager.Alerts(); len(all) != 1 || !all[0].Open {
			return fmt.Errorf("it shows %+v", all)
		}
		return nil
	})
	am.alert(t, labels, time.Now().Add(-time.Second))
	eventually(t, 20*time.Second, "PagerDuty has one closed alert", func() error {
		if all := far.pager.Alerts(); len(all) != 1 || all[0].Open || all[0].Triggers != 1 || !strings.Contains(all[0].Summary, "SwapFull") {
			return fmt.Errorf("it shows %+v", all)
		}
		return nil
	})
	if strings.Contains(b.log.String(), routingKey) {
		t.Error("the log tells the routing key")
	}
}

func TestR18PagerDutysOwnLibraryIsServed(t *testing.T) {
	far := newFarends(t)
	b := passing(t, far, "0")
	client := api.NewClient("", api.WithV2EventsAPIEndpoint(b.url))
	said, err := client.ManageEventWithContext(t.Context(), &api.V2Event{
		RoutingKey: routingKey, Action: "trigger", Client: "Nagios",
		Links:   []any{map[string]string{"href": "https://example.org", "text": "runbook"}},
		Images:  []any{map[string]string{"src": "https://example.org/load.png"}},
		Payload: &api.V2Payload{Summary: "Disk 7 is full", Source: "db1", Severity: "warning", Component: "disk"},
	})
	if err != nil || said.DedupKey == "" {
		t.Fatalf("got %+v, %v", said, err)
	}
	for _, action := range []string{"acknowledge", "resolve"} {
		if _, err := client.ManageEventWithContext(t.Context(), &api.V2Event{RoutingKey: routingKey, Action: action, DedupKey: said.DedupKey}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := client.CreateChangeEventWithContext(t.Context(), api.ChangeEvent{
		RoutingKey: routingKey, Payload: api.ChangeEventPayload{Summary: "deployed", Source: "ci"},
	}); err != nil {
		t.Fatal(err)
	}
	eventually(t, 20*time.Second, "PagerDuty heard of all", func() error {
		alerts, changes := far.pager.Alerts(), far.pager.Changes()
		if len(alerts) != 1 || alerts[0].Open || !alerts[0].Acked || alerts[0].DedupKey != said.DedupKey || len(changes) != 1 {
			return fmt.Errorf("it shows %+v and %+v", alerts, changes)
		}
		return nil
	})
	for _, r := range far.pager.Requests() {
		var e struct {
			Action string `json:"event_action"`
			Client string
			Links  []map[string]string
			Images []map[string]string
		}
		if err := json.Unmarshal(r.Body, &e); err != nil {
			t.Fatal(err)
		}
		if e.Action == "trigger" && (e.Client != "Nagios" || len(e.Links) != 1 || e.Links[0]["text"] != "runbook" || len(e.Images) != 1) {
			t.Errorf("PagerDuty heard %s", r.Body)
		}
	}
}

func TestR18OtherAlertsOfNS8AreForwarded(t *testing.T) {
	far := newFarends(t)
	b := passing(t, far, "0")
	if code, said := b.post(read(t, "alertmanager", "SwapFull-1-firing.json")); code != http.StatusOK || !strings.Contains(said, `"accepted":1`) {
		t.Fatalf("got %d %s", code, said)
	}
	e := b.event(1)
	if e.Kind != event.KindAlert || e.Status != event.StatusOpen {
		t.Errorf("got %+v", e)
	}
	eventually(t, 20*time.Second, "everybody heard of it", func() error {
		alerts, messages := far.pager.Alerts(), far.chat.Messages()
		if len(alerts) != 1 || len(messages) != 1 || len(far.hook.Requests()) != 1 {
			return fmt.Errorf("PagerDuty shows %+v, Slack %+v", alerts, messages)
		}
		if !strings.Contains(alerts[0].Summary, "wap") || strings.Contains(alerts[0].Summary+messages[0].Text, "ackup") || strings.Contains(messages[0].Text, "unnamed plan") {
			return fmt.Errorf("PagerDuty says %q, Slack %q", alerts[0].Summary, messages[0].Text)
		}
		return nil
	})
}
