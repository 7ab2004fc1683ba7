package pdcef_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"bellhop/internal/pdcef"
)

const full = `{"routing_key":"0123456789abcdef0123456789abcdef","event_action":"trigger","dedup_key":"disk/7",
"client":"Nagios","client_url":"https://nagios.example.org/7",
"links":[{"href":"https://example.org","text":"runbook"}],"images":[{"src":"https://example.org/a.png","alt":"load"}],
"payload":{"summary":"Disk 7 is full","source":"db1","severity":"critical","timestamp":"2015-07-17T08:42:58.315+0000",
"component":"disk","group":"db","class":"space","custom_details":{"bytes":12345678901234567890,"list":[1]}}}`

func TestAnEventIsReadWithoutLoss(t *testing.T) {
	e, err := pdcef.Parse([]byte(full))
	if err != nil {
		t.Fatal(err)
	}
	again, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{`"bytes":12345678901234567890`, `"event_action":"trigger"`, `"dedup_key":"disk/7"`, `"client":"Nagios"`,
		`"client_url":"https://nagios.example.org/7"`, `"text":"runbook"`, `"alt":"load"`, `"component":"disk"`, `"group":"db"`,
		`"class":"space"`, `"timestamp":"2015-07-17T08:42:58.315+0000"`} {
		if !strings.Contains(string(again), part) {
			t.Errorf("%s is lost in %s", part, again)
		}
	}
}

func TestWhatPagerDutyWouldRefuseIsRefusedInItsWords(t *testing.T) {
	trigger := func(rest string) string {
		return `{"event_action":"trigger","payload":{"summary":"s","source":"s","severity":"info"}` + rest + `}`
	}
	payload := func(p string) string { return `{"event_action":"trigger","payload":` + p + `}` }
	for body, want := range map[string]string{
		"":                           "not valid JSON",
		"null":                       "'event_action'",
		"[]":                         "no JSON object",
		`"trigger"`:                  "no JSON object",
		"{":                          "not valid JSON",
		trigger("") + "{}":           "something follows",
		"{}":                         "'event_action' is missing",
		`{"event_action":"destroy"}`: "'event_action' is missing or invalid",
		`{"event_action":7}`:         "'event_action' has a value of the wrong type",
		`{"event_action":"resolve"}`: "'dedup_key' is missing",
		`{"event_action":"acknowledge","dedup_key":""}`:                                           "'dedup_key' is missing",
		`{"event_action":"trigger"}`:                                                              "'payload' is missing",
		payload(`{"source":"s","severity":"info"}`):                                               "'payload.summary' is missing",
		payload(`{"summary":" ","source":"s","severity":"info"}`):                                 "'payload.summary' is missing",
		payload(`{"summary":"s","severity":"info"}`):                                              "'payload.source' is missing",
		payload(`{"summary":"s","source":"s"}`):                                                   "'payload.severity' is missing",
		payload(`{"summary":"s","source":"s","severity":"Critical"}`):                             "'payload.severity' is missing or invalid",
		payload(`{"summary":7,"source":"s","severity":"info"}`):                                   "'payload.summary' has a value of the wrong type",
		trigger(`,"links":[{"text":"x"}]`):                                                        "'links.href'",
		trigger(`,"links":["x"]`):                                                                 "'links.href'",
		trigger(`,"images":[{"src":"http://example.org/a.png"}]`):                                 "'images.src' must be served over HTTPS",
		trigger(`,"dedup_key":"` + strings.Repeat("ü", 256) + `"`):                                "'dedup_key' is too long",
		payload(`{"summary":"` + strings.Repeat("ü", 1025) + `","source":"s","severity":"info"}`): "'payload.summary' is too long",
		trigger(`,"client":"` + strings.Repeat("x", pdcef.MaxBytes) + `"`):                        "bytes",
	} {
		_, err := pdcef.Parse([]byte(body))
		var faults pdcef.Faults
		if !errors.As(err, &faults) || !strings.Contains(err.Error(), want) {
			t.Errorf("%.60s: got %v, want %q", body, err, want)
		}
	}
	for _, good := range []string{
		trigger(""), trigger(`,"dedup_key":"` + strings.Repeat("ü", 255) + `"`),
		`{"event_action":"resolve","dedup_key":"x"}`, `{"event_action":"acknowledge","dedup_key":"x","payload":null}`,
		payload(`{"summary":"` + strings.Repeat("ü", 1024) + `","source":"s","severity":"info"}`),
	} {
		if _, err := pdcef.Parse([]byte(good)); err != nil {
			t.Errorf("%.60s: %v", good, err)
		}
	}
}

func TestAChangeEventIsRead(t *testing.T) {
	e, err := pdcef.ParseChange([]byte(`{"routing_key":"k","payload":{"summary":"deployed","source":"ci","custom_details":{"n":12345678901234567890}},"links":[{"href":"https://example.org"}]}`))
	if err != nil || e.Payload.Summary != "deployed" || fmt.Sprint(e.Payload.CustomDetails["n"]) != "12345678901234567890" {
		t.Errorf("got %+v, %v", e, err)
	}
	for body, want := range map[string]string{
		"{}": "'payload.summary' is missing",
		`{"payload":{"summary":"s"},"links":[{}]}`: "'links.href'",
		`{"payload":[]}`: "'payload' has a value of the wrong type",
	} {
		if _, err := pdcef.ParseChange([]byte(body)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", body, err, want)
		}
	}
}

func TestATargetDoesNotTellItsKey(t *testing.T) {
	const key = "0123456789abcdef0123456789abcdef"
	if got := pdcef.Target(key); len(got) != len("key-")+8 || strings.Contains(got, key[:8]) || got != pdcef.Target(key) {
		t.Errorf("got %q", got)
	}
}

// Whatever is read can be written down and is read the same again.
func FuzzParse(f *testing.F) {
	f.Add([]byte(full))
	f.Add([]byte(`{"event_action":"resolve","dedup_key":"x"}`))
	f.Add([]byte(`{"event_action":"trigger","payload":{"custom_details":{"a":1e400}}}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		e, err := pdcef.Parse(body)
		if err != nil {
			return
		}
		text, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		if len(text) > pdcef.MaxBytes {
			return // escapes make it longer
		}
		again, err := pdcef.Parse(text)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		twice, err := json.Marshal(again)
		if err != nil || string(twice) != string(text) {
			t.Fatalf("%s became %s, %v", text, twice, err)
		}
	})
}
