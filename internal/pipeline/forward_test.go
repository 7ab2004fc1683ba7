package pipeline_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"bellhop/internal/event"
	"bellhop/internal/farend"
	"bellhop/internal/pdcef"
	"bellhop/internal/record"
	"bellhop/internal/retry"
	"bellhop/router"
	"bellhop/router/queue"
	"bellhop/sinks"
)

// disk is an alert that has nothing to do with backups.
func (h *house) disk(status string, d time.Duration) {
	h.t.Helper()
	h.accept(event.Signal{
		Source: "webhook", Plan: event.PlanRef{Topic: "alert/d7"},
		Alert: event.Alert{Status: status, Fingerprint: "d7", Labels: map[string]string{"alertname": "DiskSpaceCritical", "node": "2", "severity": "warning"}},
	}, d)
}

func TestR18AnAlertIsForwardedWithoutAWait(t *testing.T) {
	inHouse(t, func(h *house) {
		h.disk(event.Firing, time.Second)
		want(t, "the mail", h.mail.said(), "ann@example.org open", "bob@example.org open")
		want(t, "the pager", h.pager.said(), "key-1 open")
		e := h.pager.last().Event
		if e.Kind != event.KindAlert || e.Severity != event.SeverityWarning || e.DedupKey != "bellhop/local/alert/d7" || len(e.Alerts) != 1 || e.Outcome != "" {
			t.Errorf("heard %+v", e)
		}
		h.disk(event.Firing, 3*time.Hour) // a repeat is no news
		h.restart()
		h.disk(event.Firing, time.Minute)
		want(t, "the pager", h.pager.said(), "key-1 open")
		h.disk(event.Resolved, time.Second)
		want(t, "the pager", h.pager.said(), "key-1 open", "key-1 resolved")
		end := h.pager.last().Event
		if end.EndedBy != event.EndedBySuccess || end.DedupKey != e.DedupKey || end.Was == nil || end.Alerts[0].Status != event.Resolved {
			t.Errorf("heard %+v", end)
		}
		h.disk(event.Firing, time.Second) // and that is another incident
		want(t, "the pager", h.pager.said(), "key-1 open", "key-1 resolved", "key-1 open")
		if in := h.incidents(); len(in) != 2 || in[0].State != event.StatusResolved || in[1].State != event.StatusOpen {
			t.Errorf("incidents %+v", in)
		}
		if n := len(h.cluster.asked); n != 0 {
			t.Errorf("the cluster was asked %d times", n)
		}
	})
}

func TestR9AnAlertThatNobodyRepeatsIsOverAfterADay(t *testing.T) {
	inHouse(t, func(h *house) {
		h.disk(event.Firing, 20*time.Hour)
		h.disk(event.Firing, 23*time.Hour)
		want(t, "the pager", h.pager.said(), "key-1 open")
		h.restart()
		h.pass(2 * time.Hour)
		want(t, "the pager", h.pager.said(), "key-1 open", "key-1 resolved")
		if e := h.pager.last().Event; e.EndedBy != event.EndedByUnreported || len(e.Alerts) != 1 {
			t.Errorf("heard %+v", e)
		}
	})
}

func TestR18AnEndOfWhatWasNeverToldSaysNothing(t *testing.T) {
	inHouse(t, func(h *house) {
		h.disk(event.Resolved, time.Minute)
		want(t, "the pager", h.pager.said())
		if rows, err := h.engine.Scan(h.t.Context(), queue.RowQuery{Prefix: record.Plans}); err != nil || len(rows) != 0 {
			t.Errorf("%d rows stay, %v", len(rows), err)
		}
	})
}

func TestR10RoutesChooseWhoHearsOfAForwardedAlert(t *testing.T) {
	inHouse(t, func(h *house) {
		h.routes = []router.Route{{Match: []string{`kind="alert"`, `alertname="DiskSpaceCritical"`, `node="2"`}, Sinks: []string{"mail"}}}
		h.restart()
		h.disk(event.Firing, time.Second)
		want(t, "the pager", h.pager.said())
		h.routes = []router.Route{{Sinks: []string{"mail", "oncall"}}}
		h.restart()
		h.disk(event.Firing, time.Second)
		want(t, "the pager", h.pager.said(), "key-1 open")
		want(t, "the mail", h.mail.said(), "ann@example.org open", "bob@example.org open")
		h.disk(event.Resolved, time.Second)
		want(t, "the pager", h.pager.said(), "key-1 open", "key-1 resolved")
	})
}

func TestR12AForwardedAlertThatIsGivenUpIsToldToTheFallback(t *testing.T) {
	inHouse(t, func(h *house) {
		h.routes = []router.Route{{Sinks: []string{"oncall"}}}
		h.fallback, h.giveUp = "mail", 24*time.Hour
		h.pager.answer = func(sinks.Message) error { return retry.Permanent(errors.New("no such service")) }
		h.restart()
		h.disk(event.Firing, time.Minute)
		want(t, "the mail", h.mail.said(), "ann@example.org open", "bob@example.org open")
		if e := h.mail.last().Event; e.Instead == nil || e.Kind != event.KindAlert {
			t.Errorf("heard %+v", e)
		}
		h.disk(event.Resolved, time.Minute)
		want(t, "the mail", h.mail.said(), "ann@example.org open", "bob@example.org open", "ann@example.org resolved", "bob@example.org resolved")
	})
}

// cef posts an event of PagerDuty's format.
func (h *house) cef(action, dedup, summary string, d time.Duration) {
	h.t.Helper()
	h.cefThrough("", action, dedup, summary, d)
}

func (h *house) cefThrough(target, action, dedup, summary string, d time.Duration) {
	h.t.Helper()
	body := fmt.Sprintf(`{"event_action":%q,"dedup_key":%q}`, action, dedup)
	ref := event.PlanRef{Topic: event.EventTopic(target, dedup)}
	switch action {
	case pdcef.Trigger:
		body = fmt.Sprintf(`{"event_action":"trigger","dedup_key":%q,"client":"Nagios","payload":{"summary":%q,"source":"db1","severity":"warning","custom_details":{"n":12345678901234567890}}}`, dedup, summary)
	case event.ActionChange:
		body = fmt.Sprintf(`{"payload":{"summary":%q,"source":"ci"}}`, summary)
		ref = event.PlanRef{Topic: event.TopicChange + h.id()}
	}
	h.accept(event.Signal{Source: "events", Plan: ref, CEF: &event.CEF{Action: action, DedupKey: dedup, Target: target, Body: json.RawMessage(body)}}, d)
}

func TestR18AnEventIsPassedOnAsItIs(t *testing.T) {
	inOffice(t, func(o *office) {
		o.cef("trigger", "disk/7", "Disk 7 is full", time.Second)
		o.cef("trigger", "disk/7", "Disk 7 is fuller", time.Second)
		o.cef("acknowledge", "disk/7", "", time.Second)
		alerts := o.far.Alerts()
		if len(alerts) != 1 || !alerts[0].Open || !alerts[0].Acked || alerts[0].Triggers != 2 || alerts[0].DedupKey != "disk/7" ||
			alerts[0].Summary != "Disk 7 is fuller" || alerts[0].Source != "db1" || !strings.Contains(string(alerts[0].Details), "12345678901234567890") {
			t.Fatalf("PagerDuty shows %+v", alerts)
		}
		o.restart()
		o.cef("resolve", "disk/7", "", time.Second)
		o.cef("trigger", "disk/7", "Disk 7 is full again", time.Second)
		want(t, "PagerDuty", triggers(o), "closed 2", "open 1")
		if n := o.dropped(); n != 0 {
			t.Errorf("PagerDuty threw %d events away", n)
		}
		want(t, "the mail", o.mail.said())
	})
}

// triggers lists what a person sees, whatever key it came through.
func triggers(o *office) []string {
	var all []string
	for _, s := range o.shows() {
		_, rest, _ := strings.Cut(s, " ")
		all = append(all, rest)
	}
	return all
}

func TestR15EventsAreSpreadOverTheKeysAndEndWhereTheyBegan(t *testing.T) {
	inOffice(t, func(o *office) {
		for i := range 20 {
			o.cef("trigger", fmt.Sprint("d", i), "s", time.Second)
		}
		for i := range 20 {
			o.cef("resolve", fmt.Sprint("d", i), "", time.Second)
		}
		through := make(map[string]int)
		for _, a := range o.far.Alerts() {
			through[a.RoutingKey]++
			if a.Open {
				t.Errorf("%s is open", a.DedupKey)
			}
		}
		if len(through) != 2 || through[keyA]+through[keyB] != 20 {
			t.Errorf("alerts by key: %v", through)
		}
		if n := o.dropped(); n != 0 {
			t.Errorf("PagerDuty threw %d events away", n)
		}
	})
}

func TestR15AnEventThatNamesOneOfTheKeysGoesThroughIt(t *testing.T) {
	inOffice(t, func(o *office) {
		for i := range 6 {
			o.cefThrough(pdcef.Target(keyB), "trigger", fmt.Sprint("d", i), "s", time.Second)
		}
		o.cefThrough(pdcef.Target("C0000000000000000000000000000000"), "trigger", "other", "s", time.Second)
		alerts := o.far.Alerts()
		if len(alerts) != 7 {
			t.Fatalf("PagerDuty shows %+v", alerts)
		}
		for _, a := range alerts[:6] {
			if a.RoutingKey != keyB {
				t.Errorf("%s went through %.1s", a.DedupKey, a.RoutingKey)
			}
		}
	})
}

func TestR14OnlyEqualTriggersMergeAndNoAcknowledgeIsDropped(t *testing.T) {
	inOffice(t, func(o *office) {
		o.far.Stay(farend.Fault{Status: 503})
		for _, summary := range []string{"full", "full", "full", "fuller"} {
			o.cef("trigger", "disk/7", summary, time.Second)
		}
		o.cef("acknowledge", "disk/7", "", time.Second)
		o.cef("trigger", "disk/7", "fuller", time.Second)
		o.far.Stay(farend.Fault{})
		o.pass(5 * time.Minute)
		var all []string
		for _, e := range o.far.Events() {
			if e.DedupKey == "disk/7" {
				all = append(all, e.Action)
			}
		}
		if want := []string{"trigger", "trigger", "acknowledge", "trigger"}; !slices.Equal(all, want) {
			t.Errorf("PagerDuty heard %q, want %q", all, want)
		}
	})
}

func TestR18AChangeEventIsPassedOn(t *testing.T) {
	inOffice(t, func(o *office) {
		o.cef("change", "", "deployed", time.Second)
		changes := o.far.Changes()
		if len(changes) != 1 || changes[0].Summary != "deployed" || changes[0].Source != "ci" {
			t.Errorf("PagerDuty shows %+v", changes)
		}
	})
}

func TestR18AnEndOfWhatBellhopDoesNotKnowIsPassedOnAllTheSame(t *testing.T) {
	inOffice(t, func(o *office) {
		o.cef("resolve", "before/bellhop", "", time.Second)
		if n := len(slices.DeleteFunc(o.far.Events(), func(e farend.Taken) bool { return e.DedupKey != "before/bellhop" })); n != 1 {
			t.Errorf("PagerDuty heard %d events", n)
		}
	})
}

func TestR10PeopleHearOfAnEventWhatIsNews(t *testing.T) {
	inOffice(t, func(o *office) {
		o.routes = []router.Route{{Match: []string{`kind="event"`, `source="db1"`, `severity="warning"`}, Sinks: []string{"mail", "oncall"}}}
		o.restart()
		o.cef("trigger", "disk/7", "full", time.Second)
		o.cef("trigger", "disk/7", "full", time.Second)
		o.cef("acknowledge", "disk/7", "", time.Second)
		o.cef("trigger", "disk/7", "fuller", time.Second)
		o.cef("resolve", "disk/7", "", time.Second)
		want(t, "the mail", o.mail.said(), "ann@example.org open", "bob@example.org open",
			"ann@example.org changed", "bob@example.org changed", "ann@example.org resolved", "bob@example.org resolved")
		e := o.mail.last().Event
		if e.Payload == nil || e.Payload.Summary != "fuller" || e.EndedBy != event.EndedBySuccess {
			t.Errorf("heard %+v", e)
		}
		want(t, "PagerDuty", triggers(o), "closed 3")
	})
}

func TestR9AnEventIsNeverSweptButForgottenWithItsTime(t *testing.T) {
	inOffice(t, func(o *office) {
		o.keep = 30 * 24 * time.Hour
		o.restart()
		o.cef("trigger", "disk/7", "full", 29*24*time.Hour)
		o.sweep()
		want(t, "PagerDuty", triggers(o), "open 1")
		o.pass(2 * 24 * time.Hour)
		want(t, "PagerDuty", triggers(o), "open 1")
		if rows, err := o.engine.Scan(o.t.Context(), queue.RowQuery{Prefix: record.OpenPlans}); err != nil || len(rows) != 0 {
			t.Errorf("%d incidents are open, %v", len(rows), err)
		}
	})
}

func TestR19ASilencedAlertThatIsForwardedIsNotOver(t *testing.T) {
	inHouse(t, func(h *house) {
		h.disk(event.Firing, time.Hour)
		for range 20 {
			h.accept(event.Signal{
				Source: "poll", Plan: event.PlanRef{Topic: "alert/d7"}, Quiet: true,
				Alert: event.Alert{Status: event.Firing, Fingerprint: "d7", Labels: map[string]string{"alertname": "DiskSpaceCritical"}},
			}, 3*time.Hour)
		}
		want(t, "the pager", h.pager.said(), "key-1 open")
		h.disk(event.Resolved, time.Minute)
		want(t, "the pager", h.pager.said(), "key-1 open", "key-1 resolved")
	})
}

func TestR18ASilencedAlertThatWasNeverToldSaysNothing(t *testing.T) {
	inHouse(t, func(h *house) {
		h.accept(event.Signal{Source: "poll", Plan: event.PlanRef{Topic: "alert/d7"}, Quiet: true, Alert: event.Alert{Status: event.Firing, Fingerprint: "d7"}}, time.Hour)
		want(t, "the pager", h.pager.said())
		if n := len(h.incidents()); n != 0 {
			t.Errorf("%d incidents", n)
		}
	})
}

func TestR15TheSameDedupKeyOfTwoRoutingKeysIsTwoIncidents(t *testing.T) {
	inOffice(t, func(o *office) {
		o.cefThrough(pdcef.Target(keyA), "trigger", "disk-full", "db team", time.Second)
		o.cefThrough(pdcef.Target(keyB), "trigger", "disk-full", "web team", time.Second)
		o.cefThrough(pdcef.Target(keyA), "resolve", "disk-full", "", time.Second)
		want(t, "PagerDuty", o.shows(), "A closed 1", "B open 1")
	})
}

func TestR18AnEventThatCannotBeReadIsSetAsideAndHoldsUpNothing(t *testing.T) {
	inOffice(t, func(o *office) {
		o.accept(event.Signal{Source: "events", Plan: event.PlanRef{Topic: event.EventTopic("", "d")}, CEF: &event.CEF{Action: "trigger", DedupKey: "d", Body: json.RawMessage(`{"event_action":"trigger"}`)}}, time.Second)
		o.accept(event.Signal{Source: "events", Plan: event.PlanRef{Topic: event.EventTopic("", "d")}}, time.Second)
		o.cef("trigger", "d", "full", time.Second)
		want(t, "PagerDuty", triggers(o), "open 1")
		if dead := o.dead(); len(dead) != 1 || !strings.Contains(dead[0].Reason, "'payload' is missing") {
			t.Errorf("set aside: %+v", dead)
		}
	})
}

func TestR18ADamagedSignalCostsItselfAlone(t *testing.T) {
	inOffice(t, func(o *office) {
		key := record.SignalPrefix(event.PlanRef{Topic: event.EventTopic("", "d")}) + "0000"
		if err := o.engine.Do(o.t.Context(), queue.Step{Set: []queue.Row{{Key: key, Value: []byte("{")}}}); err != nil {
			t.Fatal(err)
		}
		o.cef("acknowledge", "d", "", time.Second)
		if n := len(o.far.Events()); n != 1 {
			t.Errorf("PagerDuty heard %d events", n)
		}
	})
}

func TestR12NobodyElseHearsOfAnEventThatIsAboutNothingOpen(t *testing.T) {
	inOffice(t, func(o *office) {
		o.far.Stay(farend.Fault{Status: 503})
		o.cef("change", "", "deployed", time.Second)
		o.cef("acknowledge", "unknown", "", 20*time.Minute)
		if err := o.pipe.Late(o.t.Context()); err != nil {
			t.Fatal(err)
		}
		o.pass(25 * time.Hour)
		want(t, "the mail", o.mail.said())
		if n := len(o.dead()); n != 2 {
			t.Errorf("%d are set aside", n)
		}
	})
}

func TestR18ManyEventsOfOneKeyAreReadOneByOne(t *testing.T) {
	inOffice(t, func(o *office) {
		for i := range 50 {
			o.cef("trigger", "d", fmt.Sprint("full ", i), 0)
		}
		o.pass(10 * time.Minute)
		want(t, "PagerDuty", triggers(o), "open 50")
		if s := o.far.Alerts()[0].Summary; s != "full 49" {
			t.Errorf("PagerDuty shows %q", s)
		}
	})
}

func TestR18TheEndOfAnEventReachesPagerDutyWhateverTheRoutesAskFor(t *testing.T) {
	inOffice(t, func(o *office) {
		o.routes = []router.Route{{Match: []string{`kind="event"`, `source="db1"`}, Sinks: []string{"oncall"}}, {Match: []string{`kind="backup"`}, Sinks: []string{"mail"}}}
		o.keep = 30 * 24 * time.Hour
		o.restart()
		o.cef("trigger", "d", "full", 31*24*time.Hour)
		o.cef("resolve", "d", "", time.Second)
		want(t, "PagerDuty", triggers(o), "closed 1")
	})
}

func TestR6AnEventThatIsRepeatedIsStillCalledToMind(t *testing.T) {
	inHouse(t, func(h *house) {
		h.remind = time.Hour
		h.restart()
		for range 10 {
			h.cef("trigger", "d", "full", 0)
			for range 30 {
				h.pass(time.Minute)
				if err := h.pipe.Remind(h.t.Context()); err != nil {
					t.Fatal(err)
				}
			}
		}
		if got := h.pager.said(); len(got) != 5 { // open, and four reminders in five hours
			t.Errorf("the pager heard %q", got)
		}
	})
}

func TestR6AReminderTriggersNothingAnewAtPagerDuty(t *testing.T) {
	inOffice(t, func(o *office) {
		o.remind = time.Hour
		o.restart()
		o.cef("trigger", "d", "full", time.Second)
		for range 3 * 60 {
			o.pass(time.Minute)
			if err := o.pipe.Remind(o.t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		want(t, "PagerDuty", triggers(o), "open 1")
	})
}

func TestNothingStaysOfWhatIsOver(t *testing.T) {
	inHouse(t, func(h *house) {
		h.keep = 30 * 24 * time.Hour
		h.restart()
		for i := range 20 {
			h.cef("trigger", fmt.Sprint("d", i), "full", time.Second)
			h.cef("resolve", fmt.Sprint("d", i), "", time.Second)
		}
		h.disk(event.Firing, time.Second)
		h.disk(event.Resolved, time.Minute)
		h.nothingStays()
	})
}

func TestNothingStaysOfAnIncidentThatCannotBeRead(t *testing.T) {
	inHouse(t, func(h *house) {
		h.disk(event.Firing, time.Second)
		if err := h.engine.Do(h.t.Context(), queue.Step{Set: []queue.Row{{Key: record.IncidentKey(h.incidents()[0].ID), Value: []byte("{")}}}); err != nil {
			t.Fatal(err)
		}
		h.disk(event.Resolved, time.Minute)
		h.nothingStays()
	})
}

// nothingStays checks that no job and no row waits for anything more.
func (h *house) nothingStays() {
	h.t.Helper()
	jobs, err := h.engine.Jobs(h.t.Context(), queue.JobQuery{Lane: record.Inbox, State: queue.Queued})
	if err != nil || len(jobs) != 0 {
		h.t.Errorf("%d jobs wait, %v", len(jobs), err)
	}
	for _, prefix := range []string{record.OpenPlans, record.Plans, "signal/"} {
		rows, err := h.engine.Scan(h.t.Context(), queue.RowQuery{Prefix: prefix})
		if err != nil || len(rows) != 0 {
			h.t.Errorf("%d rows of %s stay, %v", len(rows), prefix, err)
		}
	}
}

func TestR18ALaterStartIsAnotherIncidentWhenTheEndWasLost(t *testing.T) {
	inHouse(t, func(h *house) {
		fires := func(hours int) {
			h.accept(event.Signal{
				Source: "webhook", Plan: event.PlanRef{Topic: "alert/d7"},
				Alert: event.Alert{Status: event.Firing, Fingerprint: "d7", StartsAt: time.Date(2000, 1, 1, hours, 0, 0, 0, time.UTC), Labels: map[string]string{"alertname": "DiskSpaceCritical"}},
			}, time.Minute)
		}
		fires(1)
		fires(1)
		want(t, "the pager", h.pager.said(), "key-1 open")
		fires(2)
		want(t, "the pager", h.pager.said(), "key-1 open", "key-1 open")
		in := h.incidents()
		if len(in) != 2 || in[0].State != event.StatusResolved || in[1].State != event.StatusOpen || in[0].Key != in[1].Key {
			t.Errorf("incidents %+v", in)
		}
		h.disk(event.Resolved, time.Minute)
		want(t, "the pager", h.pager.said(), "key-1 open", "key-1 open", "key-1 resolved")
	})
}
