package samples_test

import (
	"encoding/json"
	"reflect"
	"testing"

	"bellhop/internal/event"
	"bellhop/internal/event/samples"
)

func TestSamplesAreTrueEvents(t *testing.T) {
	for _, s := range samples.All() {
		t.Run(s.Name, func(t *testing.T) {
			e := s.Event
			if e.Version != event.Version || e.ID == "" || e.DedupKey == "" || e.Time.IsZero() {
				t.Error("version, id, dedup key or time is missing")
			}
			checkIncident(t, e)
			if e.Kind == "alert" || e.Kind == "event" {
				checkForwarded(t, e)
				return
			}
			if e.Severity != e.Outcome.Severity() {
				t.Errorf("severity %q does not fit the outcome %s", e.Severity, e.Outcome)
			}
			checkOutcome(t, e)
		})
	}
}

func checkIncident(t *testing.T, e event.Event) {
	t.Helper()
	resolved := e.Status == event.StatusResolved
	if resolved != (e.EndedBy != "") {
		t.Error("ended_by belongs to a resolved event, and to no other")
	}
	if ofPlan := e.Plan != (event.Plan{}); (resolved && ofPlan) != (e.Was != nil) {
		t.Error("was belongs to a resolved event of a plan, and to no other")
	}
	if told := e.Status != event.StatusSuccess && e.Kind != event.KindTest; told != (e.Incident != "") || told != !e.Opened.IsZero() {
		t.Error("incident and opened belong to an incident's event, and to no other")
	}
}

// checkForwarded holds what is passed on as it came: one alert, or one event in
// PagerDuty's format, which know of no plan and no outcome.
func checkForwarded(t *testing.T, e event.Event) {
	t.Helper()
	if e.Outcome != "" || e.Severity == "" || len(e.Modules) > 0 || e.Plan != (event.Plan{}) {
		t.Errorf("it speaks of a plan, or of no severity: %+v", e)
	}
	if alert := e.Kind == "alert"; alert != (len(e.Alerts) == 1) || alert == (e.Payload != nil) {
		t.Error("an alert has one alert, an event has a payload")
	}
}

// checkOutcome repeats R3 for the events that know their modules.
func checkOutcome(t *testing.T, e event.Event) {
	t.Helper()
	if e.Kind == event.KindTest {
		return // of no run
	}
	ok, pending := 0, 0
	for _, m := range e.Modules {
		switch m.State {
		case event.StateOK:
			ok++
		case event.StatePending:
			pending++
		}
	}
	want := event.Partial
	switch {
	case ok == 0 && pending == 0:
		want = event.RepoFailure
	case ok == len(e.Modules):
		want = event.Success
	}
	if e.Outcome != want {
		t.Errorf("outcome %s, but the modules say %s", e.Outcome, want)
	}
}

func TestLargeHasSevenFailedOfThreeHundred(t *testing.T) {
	e, found := samples.Get("large")
	if !found || len(e.Modules) != 300 || len(event.NotOK(e.Modules)) != 7 {
		t.Errorf("found %v, %d modules, %d not ok", found, len(e.Modules), len(event.NotOK(e.Modules)))
	}
}

func TestSamplesAreTheSameEachTime(t *testing.T) {
	first, _ := samples.Get("partial")
	first.Modules[0].ID, first.Alerts[0].Labels["id"] = "changed", "changed"
	second, _ := samples.Get("partial")
	if second.Modules[0].ID != "mail1" || second.Alerts[0].Labels["id"] != "1" {
		t.Error("a change to one copy reached the next")
	}
	if !reflect.DeepEqual(samples.All(), samples.All()) {
		t.Error("two calls gave two different lists")
	}
}

func TestSamplesSurviveJSON(t *testing.T) {
	for _, s := range samples.All() {
		once := throughJSON(t, s.Event) // bytes that are no UTF-8 are mended on the first way
		if again := throughJSON(t, once); !reflect.DeepEqual(once, again) {
			t.Errorf("%s: changed on its way through JSON:\n%+v\n%+v", s.Name, once, again)
		}
		if len(once.Modules) != len(s.Event.Modules) || once.Plan.ID != s.Event.Plan.ID || !once.Time.Equal(s.Event.Time) {
			t.Errorf("%s: JSON lost something: %+v", s.Name, once)
		}
	}
}

func throughJSON(t *testing.T, e event.Event) event.Event {
	t.Helper()
	text, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	var back event.Event
	if err := json.Unmarshal(text, &back); err != nil {
		t.Fatal(err)
	}
	return back
}

func TestUnknownSample(t *testing.T) {
	if _, found := samples.Get("nonsense"); found {
		t.Error("a sample was found under a name that none has")
	}
	if names := samples.Names(); len(names) != len(samples.All()) {
		t.Errorf("%d names for %d samples", len(names), len(samples.All()))
	}
}
