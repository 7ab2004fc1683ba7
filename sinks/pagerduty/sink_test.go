package pagerduty_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"bellhop/internal/event"
	"bellhop/internal/farend"
	"bellhop/internal/retry"
	"bellhop/internal/secret"
	"bellhop/sinks"
	"bellhop/sinks/pagerduty"
	"bellhop/sinks/sinktest"
)

const (
	key   = "R0123456789ABCDEFGHIJKLMNOPQRSTU"
	other = "R0UTSRQPONMLKJIHGFEDCBA987654321"
)

func config(url string, keys ...string) pagerduty.Config {
	c := pagerduty.DefaultConfig()
	c.URL = url
	for _, k := range keys {
		c.RoutingKeys = append(c.RoutingKeys, secret.New(k))
	}
	return c
}

func message(status event.Status) sinks.Message {
	at := time.Date(2026, 11, 3, 2, 30, 0, 0, time.UTC)
	return sinks.Message{
		ID:   "01JBQ0-oncall-1",
		Text: map[string]string{"pagerduty.summary": "Backup of Nightly partially failed"},
		Event: event.Event{
			Version: event.Version, ID: "01JBQ0", Time: at, Kind: event.KindBackup, Status: status,
			Outcome: event.Partial, Cause: event.CauseWrongPassword, Severity: event.SeverityError,
			DedupKey: "bellhop/2c7b/backup/1",
			Cluster:  event.Cluster{UUID: "2c7b", Name: "ns8.example.org"},
			Plan:     event.Plan{ID: "1", Name: "Nightly"},
			Modules: []event.Module{
				{ID: "mail1", State: event.StateOK},
				{ID: "nextcloud1", State: event.StateFailed, Cause: event.CauseWrongPassword, Error: "Fatal: wrong password"},
			},
			Alerts: []event.Alert{{Labels: map[string]string{"alertname": "BackupFailed"}, GeneratorURL: "https://prometheus.example.org/graph?g0.expr=up"}},
			Notes:  []string{"The repository was not asked."},
		},
	}
}

// desk is a sink in front of a PagerDuty that behaves.
type desk struct {
	*farend.PagerDuty
	sink *pagerduty.Sink
	at   time.Time
	log  bytes.Buffer

	client *http.Client
}

func newDesk(t *testing.T, keys ...string) *desk {
	t.Helper()
	d := &desk{at: time.Date(2026, 11, 3, 2, 30, 0, 0, time.UTC)}
	now := func() time.Time { return d.at }
	d.PagerDuty = farend.NewPagerDuty(now, keys...)
	server := httptest.NewServer(d)
	t.Cleanup(server.Close)
	d.client = server.Client()
	var err error
	d.sink, err = pagerduty.New(config(server.URL+"/", keys...), sinks.Deps{
		Log: slog.New(slog.NewTextHandler(&d.log, nil)), Now: now, Client: d.client, Version: "1.2.3", ExternalURL: "https://bellhop.example.org/"})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func (d *desk) send(t *testing.T, m sinks.Message) sinks.Receipt {
	t.Helper()
	m.Target = d.sink.Targets()[0]
	r, err := d.sink.Send(t.Context(), m)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func (d *desk) refuse(t *testing.T, f farend.Fault) error {
	t.Helper()
	d.Inject(f)
	m := message(event.StatusOpen)
	m.Target = d.sink.Targets()[0]
	_, err := d.sink.Send(t.Context(), m)
	if err == nil {
		t.Fatalf("%+v was taken for a success", f)
	}
	if strings.Contains(err.Error(), key) {
		t.Errorf("the error holds the routing key: %v", err)
	}
	return err
}

func TestSinkKeepsThePromises(t *testing.T) {
	sinktest.Run(t, sinktest.Case{
		New:     func(base string, d sinks.Deps) (sinks.Sink, error) { return pagerduty.New(config(base, key, other), d) },
		Far:     func(now func() time.Time) sinktest.StandIn { return farend.NewPagerDuty(now, key, other) },
		Message: message(event.StatusOpen),
		Secrets: []secret.String{secret.New(key), secret.New(other)},
		Wants: []sinktest.Status{
			{First: 202, Last: 202, Want: sinktest.Taken()},
			{First: 200, Last: 299, Want: sinktest.Unknown()}, // PagerDuty says 202, so this is not PagerDuty
			{First: 404, Last: 405, Want: sinktest.Refused(retry.Misconfigured)},
			{First: 410, Last: 410, Want: sinktest.Refused(retry.Misconfigured)},
			{First: 429, Last: 429, Want: sinktest.Want{Verdict: retry.Away, Refused: true, Wait: 30 * time.Second}},
		},
		Key:     func(r sinktest.Request) string { return body(t, r.Body).DedupKey },
		MaxBody: 400 << 10,
		Harmless: func(t *testing.T, r sinktest.Request) {
			b := body(t, r.Body)
			for _, l := range b.Links {
				if !strings.HasPrefix(l.Href, "https://") || strings.Contains(l.Href, "user:pass") {
					t.Errorf("a link leads to %.100q", l.Href)
				}
			}
			if strings.ContainsAny(b.Payload.Summary, "\r\n\x00\u202e") {
				t.Errorf("the summary is %.100q", b.Payload.Summary)
			}
		},
	})
}

type wireBody struct {
	DedupKey string `json:"dedup_key"`
	Links    []struct{ Href string }
	Payload  struct {
		Summary string
		Details struct {
			Modules []event.Module
			Omitted string `json:"modules_omitted"`
		} `json:"custom_details"`
	}
}

func body(t *testing.T, b []byte) wireBody {
	t.Helper()
	var w wireBody
	if err := json.Unmarshal(b, &w); err != nil {
		t.Fatalf("%v in %.200s", err, b)
	}
	return w
}

func TestR5OneIncidentIsOneAlert(t *testing.T) {
	d := newDesk(t, key)
	d.send(t, message(event.StatusOpen))
	d.send(t, message(event.StatusOpen)) // a retry
	d.send(t, message(event.StatusChanged))
	alerts := d.Alerts()
	if len(alerts) != 1 || !alerts[0].Open || alerts[0].Triggers != 3 {
		t.Fatalf("three sends made %+v", alerts)
	}
	a := alerts[0]
	if a.DedupKey != "bellhop/2c7b/backup/1" || a.Severity != "error" || a.Source != "ns8.example.org" ||
		a.Summary != "Backup of Nightly partially failed" {
		t.Errorf("the alert is %+v", a)
	}
	d.send(t, message(event.StatusResolved))
	if alerts = d.Alerts(); len(alerts) != 1 || alerts[0].Open {
		t.Errorf("after the resolve: %+v", alerts)
	}
}

func TestR8SuccessIsNotForAPager(t *testing.T) {
	d := newDesk(t, key)
	r := d.send(t, message(event.StatusSuccess))
	if n := len(d.Requests()); n != 0 || !strings.HasPrefix(r.Status, "skipped") {
		t.Errorf("%d requests, receipt %q", n, r.Status)
	}
}

func TestRequestIsWhatPagerDutyShallShow(t *testing.T) {
	d := newDesk(t, key)
	d.send(t, message(event.StatusOpen))
	sinktest.Golden(t, "testdata/trigger.json", []byte(strings.ReplaceAll(string(d.Requests()[0].Body), key, "KEY")))
	d.send(t, message(event.StatusResolved))
	sinktest.Golden(t, "testdata/resolve.json", []byte(strings.ReplaceAll(string(d.Requests()[1].Body), key, "KEY")))
	if agent := d.Requests()[0].Header.Get("User-Agent"); agent != "bellhop/1.2.3" {
		t.Errorf("User-Agent %q", agent)
	}
}

func TestR12Refusals(t *testing.T) {
	const jsonType = "application/json"
	head := http.Header{"Content-Type": {jsonType}}
	late := http.Header{"Content-Type": {jsonType}, "Retry-After": {"90"}}
	refused := func(v retry.Verdict, wait time.Duration) retry.Judgement {
		return retry.Judgement{Verdict: v, Wait: wait, Refused: true}
	}
	for name, c := range map[string]struct {
		fault farend.Fault
		want  retry.Judgement
		says  string
	}{
		"event":          {farend.Fault{Status: 400, Header: head, Body: `{"status":"invalid event","message":"Event object is invalid","errors":["'payload.summary' is missing or blank"]}`}, refused(retry.Dead, 0), "'payload.summary' is missing or blank"},
		"errors is text": {farend.Fault{Status: 400, Header: head, Body: `{"status":"invalid event","message":"Event object is invalid","errors":"no severity"}`}, refused(retry.Dead, 0), "no severity"},
		"key unknown":    {farend.Fault{Status: 400, Header: head, Body: `{"status":"invalid event","message":"Event object is invalid","errors":["Invalid routing key"]}`}, refused(retry.Misconfigured, 0), "routing_keys"},
		"key, as text":   {farend.Fault{Status: 400, Body: "Invalid routing key"}, refused(retry.Misconfigured, 0), "routing_keys"},
		"key malformed":  {farend.Fault{Status: 400, Header: head, Body: `{"status":"invalid event","message":"Event object is invalid","errors":["Length of 'routing_key' is incorrect (should be 32 characters)"]}`}, refused(retry.Misconfigured, 0), "routing_keys"},
		"key said back":  {farend.Fault{Status: 400, Header: head, Body: `{"status":"x","message":"key ` + key + ` is bad"}`}, refused(retry.Dead, 0), "<secret>"},
		"too large":      {farend.Fault{Status: 413}, refused(retry.Dead, 0), "413"},
		"throttled":      {farend.Fault{Status: 429}, refused(retry.Away, 30*time.Second), "429"},
		"throttled long": {farend.Fault{Status: 429, Header: late}, refused(retry.Away, 90*time.Second), "429"},
		"busy":           {farend.Fault{Status: 503, Header: late}, retry.Judgement{Verdict: retry.Away, Wait: 90 * time.Second}, "503"},
		"no such path":   {farend.Fault{Status: 404}, refused(retry.Misconfigured, 0), "see whether url"},
		"broken":         {farend.Fault{Status: 500}, retry.Judgement{Verdict: retry.Away}, "500"},
		"not PagerDuty":  {farend.Fault{Status: 200, Body: "<html>Log in to the guest network"}, retry.Judgement{Verdict: retry.Away}, "guest network"},
	} {
		t.Run(name, func(t *testing.T) {
			err := newDesk(t, key).refuse(t, c.fault)
			if got := retry.Of(err); got != c.want || !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %+v, want %+v saying %q: %v", got, c.want, c.says, err)
			}
		})
	}
}

func TestKindIsAPagers(t *testing.T) {
	k := pagerduty.Kind()
	want := retry.Limit{N: 120, Per: time.Minute, Burst: 10}
	if k.Supersede != sinks.KeepNews || k.Calm || k.Limit != want {
		t.Errorf("got %+v", k)
	}
}

// The answer counts, not what the library makes of it.
func TestAcceptedWithoutABodyIsAccepted(t *testing.T) {
	d := newDesk(t, key)
	d.Inject(farend.Fault{Status: 202})
	if r := d.send(t, message(event.StatusOpen)); r.Status != "202 Accepted" {
		t.Errorf("receipt %q", r.Status)
	}
}

// A key without the incident's dedup key would be one that PagerDuty makes up at each try.
func TestDedupKeyIsAlwaysOursAndFits(t *testing.T) {
	d := newDesk(t, key)
	for _, dedup := range []string{"", strings.Repeat("é", 300), "bellhop/x/backup/\x00\n", strings.Repeat("long", 64)} {
		m := message(event.StatusOpen)
		m.Event.DedupKey = dedup
		d.send(t, m)
		d.send(t, m)
	}
	for _, a := range d.Alerts() {
		if a.Triggers != 2 || a.DedupKey == "" || len(a.DedupKey) > 255 {
			t.Errorf("the alert is %+v", a)
		}
	}
	if n := len(d.Alerts()); n != 4 {
		t.Errorf("four incidents made %d alerts", n)
	}
}

func TestLargeClusterFitsFailedModulesFirst(t *testing.T) {
	d := newDesk(t, key)
	m := message(event.StatusOpen)
	m.Event.Modules = nil
	for i := range 300 {
		module := event.Module{ID: "module", State: event.StateOK, Error: strings.Repeat("<", 1<<20)}
		if i >= 290 {
			module.State = event.StateFailed
		}
		m.Event.Modules = append(m.Event.Modules, module)
	}
	d.send(t, m)
	sent := d.Requests()[0].Body
	details := body(t, sent).Payload.Details
	if len(sent) > 256<<10 || details.Omitted == "" {
		t.Errorf("%d bytes, %q", len(sent), details.Omitted)
	}
	for i, module := range details.Modules[:10] {
		if module.State != event.StateFailed {
			t.Errorf("module %d is %s", i, module.State)
		}
	}
}
