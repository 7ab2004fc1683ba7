package pagerduty_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"bellhop/internal/event"
	"bellhop/internal/farend"
	"bellhop/internal/retry"
	"bellhop/sinks"
	"bellhop/sinks/pagerduty"
)

// some makes n routing keys.
func some(n int) []string {
	var keys []string
	for i := range n {
		keys = append(keys, fmt.Sprintf("R%031d", i))
	}
	return keys
}

func sinkOf(t *testing.T, keys ...string) *pagerduty.Sink {
	t.Helper()
	s, err := pagerduty.New(config("https://pagerduty.test", keys...), sinks.Deps{Client: newDesk(t, key).client})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// pins tells where each of many incidents goes.
func pins(s *pagerduty.Sink) map[string]string {
	all := make(map[string]string)
	for i := range 4000 {
		dedup := event.DedupKey("2c7b", fmt.Sprint(i))
		all[dedup] = s.Pin(dedup)
	}
	return all
}

func TestR15IncidentsAreSpreadOverTheKeys(t *testing.T) {
	keys := some(4)
	s := sinkOf(t, keys...)
	count := make(map[string]int)
	for _, target := range pins(s) {
		count[target]++
	}
	for _, target := range s.Targets() {
		if n := count[target]; n < 800 || n > 1200 {
			t.Errorf("%s has %d of 4000 incidents", target, n)
		}
	}
	slices.Reverse(keys)
	if before, after := pins(s), pins(sinkOf(t, keys...)); fmt.Sprint(before) != fmt.Sprint(after) {
		t.Error("the order of the keys counts")
	}
}

func TestR15AKeyThatGoesMovesOnlyItsOwnIncidents(t *testing.T) {
	all := sinkOf(t, some(4)...)
	fewer := sinkOf(t, some(3)...)
	gone := all.Targets()[3]
	before, after := pins(all), pins(fewer)
	moved := make(map[string]int)
	for dedup, target := range before {
		switch {
		case target != gone && after[dedup] != target:
			t.Fatalf("%s went from %s to %s", dedup, target, after[dedup])
		case target == gone:
			moved[after[dedup]]++
		}
	}
	if len(moved) != 3 {
		t.Errorf("its incidents went to %v, want all of the others", moved)
	}
}

func TestR15AKeyThatIsInvalidIsTakenOutAndTheLastOneNever(t *testing.T) {
	d := newDesk(t, key, other)
	d.Know() // neither
	first, last := d.sink.Targets()[0], d.sink.Targets()[1]
	send := func(target string) error {
		m := message(event.StatusOpen)
		m.Target = target
		_, err := d.sink.Send(t.Context(), m)
		return err
	}
	for range 2 { // once it is out, nobody is asked
		if j := retry.Of(send(first)); j.Verdict != retry.Misconfigured || !j.Refused {
			t.Errorf("got %+v", j)
		}
	}
	err := d.sink.Lost(first)
	if err == nil || !strings.Contains(err.Error(), first) || !strings.Contains(err.Error(), "invalid") {
		t.Errorf("it is lost because of %v", err)
	}
	for dedup, target := range pins(d.sink) {
		if target != last {
			t.Fatalf("%s is pinned to %s", dedup, target)
		}
	}
	for range 2 {
		if j := retry.Of(send(last)); j.Verdict != retry.Misconfigured || !j.Refused {
			t.Errorf("got %+v", j)
		}
	}
	if err := d.sink.Lost(last); err != nil {
		t.Errorf("the last key is lost: %v", err)
	}
	if n := len(d.Requests()); n != 3 {
		t.Errorf("%d requests, want one through the first key and two through the last", n)
	}
	if log := d.log.String(); strings.Count(log, "level=ERROR") != 1 || !strings.Contains(log, first) || strings.Contains(log, key) {
		t.Errorf("the log says: %s", log)
	}
	d.Know(other)
	if err := send(last); err != nil || d.Alerts()[0].RoutingKey != other {
		t.Errorf("the last key, mended: %v, alerts %+v", err, d.Alerts())
	}
}

// What was opened through one key is changed and ended through no other: PagerDuty
// would answer 202 and drop it.
func TestR15NothingGoesThroughAnotherKeyThanItsOwn(t *testing.T) {
	d := newDesk(t, key, other)
	for _, status := range []event.Status{event.StatusOpen, event.StatusChanged, event.StatusResolved} {
		m := message(status)
		m.Target = d.sink.Targets()[1]
		if _, err := d.sink.Send(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
	if a := d.Alerts(); len(a) != 1 || a[0].RoutingKey != other || a[0].Open || a[0].Triggers != 2 {
		t.Errorf("alerts %+v, want one that is closed", a)
	}
	m := message(event.StatusResolved)
	m.Target = "key-of-yesterday"
	_, err := d.sink.Send(t.Context(), m)
	if j := retry.Of(err); j.Verdict != retry.Later || !j.Refused || !strings.Contains(err.Error(), "no longer among routing_keys") {
		t.Errorf("got %+v: %v", j, err)
	}
	if n := len(d.Requests()); n != 3 {
		t.Errorf("%d requests, want 3", n)
	}
}

func TestR15VerifyOpensNothing(t *testing.T) {
	d := newDesk(t, key, other)
	for _, target := range d.sink.Targets() {
		if err := d.sink.Verify(t.Context(), target); err != nil {
			t.Errorf("%s: %v", target, err)
		}
	}
	events := d.Events()
	if len(events) != 2 || len(d.Alerts()) != 0 {
		t.Fatalf("events %+v, alerts %+v", events, d.Alerts())
	}
	for i, k := range []string{key, other} {
		if e := events[i]; e.RoutingKey != k || e.Action != "resolve" || e.DedupKey != "bellhop-verify" || !e.Dropped {
			t.Errorf("got %+v", e)
		}
	}
}

func TestR15VerifyTakesOutWhatIsInvalid(t *testing.T) {
	d := newDesk(t, key, other)
	d.Know(other)
	first := d.sink.Targets()[0]
	err := d.sink.Verify(t.Context(), first)
	if retry.Of(err).Verdict != retry.Misconfigured || !strings.Contains(err.Error(), "Invalid routing key") || strings.Contains(err.Error(), key) {
		t.Errorf("got %v", err)
	}
	if d.sink.Lost(first) == nil {
		t.Error("it was not taken out")
	}
}

func TestR15OnlyThatAKeyIsInvalidSaysSomethingAboutIt(t *testing.T) {
	for name, f := range map[string]farend.Fault{
		"throttled":     {Status: 429},
		"broken":        {Status: 500},
		"busy":          {Status: 503, Body: "Invalid routing key"},
		"no PagerDuty":  {Status: 404, Body: "Invalid routing key"},
		"portal":        {Status: 200, Body: "<html>Log in"},
		"forbidden":     {Status: 403, Body: `{"status":"x","message":"Invalid routing key"}`},
		"another fault": {Status: 400, Body: `{"status":"invalid event","message":"Event object is invalid","errors":["'dedup_key' is missing or blank"]}`},
		"a proxy":       {Status: 400, Body: `{"message":"the header X-Routing-Key is no valid routing key"}`},
		"cut off":       {Cut: true},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t, key, other)
			d.Inject(f)
			first := d.sink.Targets()[0]
			if err := d.sink.Verify(t.Context(), first); err != nil {
				t.Errorf("got %v", err)
			}
			if err := d.sink.Lost(first); err != nil {
				t.Errorf("it was taken out: %v", err)
			}
		})
	}
}

func TestR15VerifyCanBeSwitchedOff(t *testing.T) {
	d := newDesk(t, key)
	c := config("https://pagerduty.test", key)
	c.Verify = false
	s, err := pagerduty.New(c, sinks.Deps{Client: d.client, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Verify(t.Context(), s.Targets()[0]); err != nil || len(d.Requests()) != 0 {
		t.Errorf("%d requests, error %v", len(d.Requests()), err)
	}
}
