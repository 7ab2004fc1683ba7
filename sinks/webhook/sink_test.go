package webhook_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"bellhop/internal/event"
	"bellhop/internal/farend"
	"bellhop/internal/retry"
	"bellhop/internal/secret"
	"bellhop/sinks"
	"bellhop/sinks/sinktest"
	"bellhop/sinks/webhook"
)

func message() sinks.Message {
	e := event.Event{
		Version: event.Version, ID: "01JBQ0", Time: time.Date(2026, 11, 3, 2, 30, 0, 0, time.UTC),
		Kind: event.KindBackup, Status: event.StatusOpen, Outcome: event.Partial, Severity: event.SeverityError,
		DedupKey: "bellhop/2c7b/backup/1", Plan: event.Plan{ID: "1", Name: "Nightly"},
		Modules: []event.Module{{ID: "mail1", State: event.StateOK}}, Alerts: []event.Alert{}, Notes: []string{},
	}
	return sinks.Message{ID: "01JBQ0-hook-1", Event: e, Text: map[string]string{"webhook.body": `{"plan":"1"}`}}
}

func TestSinkKeepsThePromises(t *testing.T) {
	sinktest.Run(t, sinktest.Case{
		New: func(base string, d sinks.Deps) (sinks.Sink, error) {
			return webhook.New(webhook.Config{
				URL:      secret.New(strings.Replace(base, "http://", "http://user:urlpassword@", 1) + "/hook/T0PATHSECRET?token=q/ue&x=querysecret"),
				Headers:  map[string]secret.String{"X-Key": secret.New(`header "secret" <&`), "X-Team": secret.New("ops")},
				Username: "bellhop", Password: secret.New("p:ass/wörd"),
				HMACSecret: secret.New("hmac/secret&of-mine"),
			}, d)
		},
		Far:     func(now func() time.Time) sinktest.StandIn { return farend.NewWebhook(now) },
		Message: message(),
		Secrets: []secret.String{secret.New("urlpassword"), secret.New("T0PATHSECRET"), secret.New("querysecret"), secret.New("q/ue"),
			secret.New(`header "secret" <&`), secret.New("p:ass/wörd"), secret.New("bellhop:p:ass/wörd"), secret.New("hmac/secret&of-mine")},
		Key:     func(r sinktest.Request) string { return r.Header.Get(webhook.DeliveryHeader) },
		MaxBody: 4 << 20,
		MaxText: 512, // in each of some thousand fields, all of which are sent
		Harmless: func(t *testing.T, r sinktest.Request) {
			if !json.Valid(r.Body) {
				t.Errorf("the body is no JSON: %.200q", r.Body)
			}
		},
	})
}

func TestKindIsAWebServers(t *testing.T) {
	k := webhook.Kind()
	want := retry.Limit{N: 10, Per: time.Second, Burst: 10}
	if k.Supersede != sinks.KeepOpenEnd || !k.Calm || k.Limit != want {
		t.Errorf("got %+v", k)
	}
}

func send(t *testing.T, c webhook.Config, m sinks.Message) (*farend.Webhook, string) {
	t.Helper()
	far := farend.NewWebhook(time.Now)
	server := httptest.NewServer(far)
	t.Cleanup(server.Close)
	c.URL = secret.New(server.URL + "/hook?key=1")
	var log bytes.Buffer
	s, err := webhook.New(c, sinks.Deps{Log: slog.New(slog.NewTextHandler(&log, nil)), Now: time.Now, Client: server.Client(), Version: "1.2.3"})
	if err != nil {
		t.Fatal(err)
	}
	m.Target = s.Targets()[0]
	if want := strings.TrimPrefix(server.URL, "http://"); m.Target != want {
		t.Errorf("target %q, want %q", m.Target, want)
	}
	r, err := s.Send(t.Context(), m)
	if err != nil {
		t.Fatal(err)
	}
	if r.Status != "200 OK" {
		t.Errorf("receipt %q", r.Status)
	}
	return far, log.String()
}

func TestRequest(t *testing.T) {
	far, _ := send(t, webhook.Config{BearerToken: secret.New("tok"), Headers: map[string]secret.String{"x-team": secret.New("ops")}}, message())
	r := far.Requests()[0]
	for name, want := range map[string]string{
		"Content-Type": "application/json", "User-Agent": "bellhop/1.2.3", "X-Bellhop-Delivery": "01JBQ0-hook-1",
		"Idempotency-Key": "01JBQ0-hook-1",
		"X-Team":          "ops", "Authorization": "Bearer tok",
	} {
		if got := r.Header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if r.Path != "/hook" || string(r.Body) != `{"plan":"1"}` {
		t.Errorf("%s got %s", r.Path, r.Body)
	}
}

func TestBasicAuth(t *testing.T) {
	far, _ := send(t, webhook.Config{Username: "u", Password: secret.New("p")}, message())
	if got := far.Requests()[0].Header.Get("Authorization"); got != "Basic dTpw" {
		t.Errorf("Authorization %q", got)
	}
}

// A template with a bug costs its wording, not the notice.
func TestBodyThatIsNoJSONGivesWayToTheEvent(t *testing.T) {
	for _, text := range []string{"", "Backup failed: Nightly"} {
		m := message()
		m.Text["webhook.body"] = text
		far, log := send(t, webhook.Config{}, m)
		var e event.Event
		if err := json.Unmarshal(far.Requests()[0].Body, &e); err != nil || e.ID != m.Event.ID {
			t.Errorf("%v: sent %s", err, far.Requests()[0].Body)
		}
		if !strings.Contains(log, "webhook.body") {
			t.Errorf("the log does not tell: %q", log)
		}
	}
}
