package pipeline_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"bellhop/correlate"
	"bellhop/correlate/recorded"
	"bellhop/internal/event"
	"bellhop/internal/record"
	"bellhop/router/queue"
)

// These tests are about alerts that name no single plan (R4).

// ran is a plan with one module, and what its newest run came to.
type ran struct {
	plan, name string
	ago        time.Duration // since its end
	errors     int           // below 0: it never ran
	disabled   bool
}

// plans has the correlator find these plans.
func (h *house) plans(all ...ran) {
	h.t.Helper()
	var text strings.Builder
	text.WriteString("SET cluster/uuid c1\n")
	for _, r := range all {
		enabled := "1"
		if r.disabled {
			enabled = ""
		}
		end := time.Now().Add(-r.ago).Unix()
		fmt.Fprintf(&text, "HSET cluster/module_node m%s 1\n", r.plan)
		fmt.Fprintf(&text, "HSET cluster/backup/%s name %q enabled %q instances m%s\n", r.plan, r.name, enabled, r.plan)
		if r.errors >= 0 {
			fmt.Fprintf(&text, `HSET node/1/backup_status/%s m%s '{"start":%d,"end":%d,"errors":%d,"total_size":7,"total_file_count":1}'`+"\n",
				r.plan, r.plan, end-60, end, r.errors)
		}
	}
	state, err := recorded.New(text.String(), time.Now())
	if err != nil {
		h.t.Fatal(err)
	}
	h.cluster.mu.Lock()
	defer h.cluster.mu.Unlock()
	h.cluster.real = correlate.New(state, timing(), time.Now)
}

// unread has the correlator find no Redis.
func (h *house) unread() {
	h.cluster.mu.Lock()
	defer h.cluster.mu.Unlock()
	h.cluster.real, h.cluster.found = nil, nil
}

// nameless is an alert that names no plan, or that name alone.
func (h *house) nameless(status, name string, began time.Time, d time.Duration) {
	h.t.Helper()
	h.accept(event.Signal{
		Plan:  event.PlanRef{Name: name},
		Alert: event.Alert{Status: status, Fingerprint: "nameless", StartsAt: began, Labels: map[string]string{"alertname": "NsBackupFailed"}},
	}, d)
}

// heard checks what the pager heard as "plan status outcome", in any order.
func (h *house) heard(want ...string) {
	h.t.Helper()
	h.pager.mu.Lock()
	defer h.pager.mu.Unlock()
	var got []string
	for _, m := range h.pager.all {
		got = append(got, fmt.Sprintf("%s %s %s", m.Event.Plan.ID, m.Event.Status, m.Event.Outcome))
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		h.t.Errorf("the pager heard %q, want %q", got, want)
	}
}

// nothingWaits checks that every signal was answered.
func (h *house) nothingWaits() {
	h.t.Helper()
	rows, err := h.engine.Scan(h.t.Context(), queue.RowQuery{Prefix: "signal/"})
	if err != nil || len(rows) != 0 {
		h.t.Errorf("%d signals wait, %v", len(rows), err)
	}
}

func TestR4AnAlertThatNamesNoPlanSpeaksOfThoseThatJustRan(t *testing.T) {
	inNights(t, func(h *house) {
		h.plans(ran{"1", "Nightly", time.Minute, 1, false}, ran{"2", "Weekly", 50 * time.Minute, 1, false},
			ran{"3", "Other", time.Minute, 0, false}, ran{"4", "Old", 2 * time.Hour, 1, false}, ran{"5", "Never", 0, -1, false})
		began := time.Now()
		h.nameless(event.Firing, "", began, time.Hour)
		h.heard("1 open REPO_FAILURE", "2 open REPO_FAILURE")
		if got := h.mail.last().Event; len(h.mail.said()) != 6 || len(got.Alerts) != 1 {
			t.Errorf("mail heard %q", h.mail.said())
		}
		h.nothingWaits()
		h.restart()
		h.nameless(event.Firing, "", began, time.Hour) // the repeat, when plan 1 is no longer recent
		h.heard("1 open REPO_FAILURE", "2 open REPO_FAILURE")
		for _, in := range h.incidents() {
			if in.Repeats != 1 {
				t.Errorf("plan %s was not told of the repeat: %+v", in.Plan.ID, in)
			}
		}
		h.nameless(event.Resolved, "", began, time.Minute)
		for _, in := range h.incidents() {
			if in.Ending == nil {
				t.Errorf("plan %s does not know that the alert is over", in.Plan.ID)
			}
		}
		h.pass(7 * time.Hour)
		h.heard("1 open REPO_FAILURE", "2 open REPO_FAILURE", "1 resolved REPO_FAILURE", "2 resolved REPO_FAILURE")
		h.nothingOpen()
		row, err := h.engine.Get(h.t.Context(), record.HandedKey(event.PlanRef{}))
		if err != nil || string(row.Value) != "{}" {
			t.Errorf("it is still remembered: %s, %v", row.Value, err)
		}
	})
}

func TestR4ARepeatFindsThePlanThatFailedSince(t *testing.T) {
	inNights(t, func(h *house) {
		began := time.Now()
		h.plans(ran{"1", "Nightly", time.Minute, 1, false}, ran{"2", "Weekly", 5 * time.Hour, 0, false})
		h.nameless(event.Firing, "", began, 3*time.Hour)
		h.heard("1 open REPO_FAILURE")
		h.plans(ran{"1", "Nightly", 3 * time.Hour, 1, false}, ran{"2", "Weekly", time.Minute, 1, false}, ran{"3", "Other", time.Minute, 0, false})
		h.nameless(event.Firing, "", began, time.Hour)
		h.heard("1 open REPO_FAILURE", "2 open REPO_FAILURE")
		if got := h.mail.said(); len(got) != 4 {
			t.Errorf("a repeat claims nothing against a run that went well: %q", got)
		}
	})
}

func TestR4WithNoPlanThatJustRanItIsAnIncidentOfItsOwn(t *testing.T) {
	inNights(t, func(h *house) {
		h.plans(ran{"1", "Nightly", 2 * time.Hour, 1, false})
		h.nameless(event.Firing, "", time.Now(), time.Hour)
		h.sweep()
		h.heard(" open REPO_FAILURE")
		if e := h.pager.last().Event; e.Cause != event.CauseNoStatus || !strings.Contains(strings.Join(e.Notes, " "), "names no backup plan") {
			t.Errorf("got %+v", e)
		}
		h.nameless(event.Resolved, "", time.Now(), time.Minute)
		h.heard(" open REPO_FAILURE", " resolved REPO_FAILURE")
		if by := h.pager.last().Event.EndedBy; by != event.EndedByUnreported {
			t.Errorf("ended by %s", by)
		}
		h.nothingOpen()
		h.nothingWaits()
	})
}

func TestR4ItsOwnIncidentHearsOfTheEndToo(t *testing.T) {
	inNights(t, func(h *house) {
		began := time.Now()
		h.plans(ran{"1", "Nightly", 2 * time.Hour, 1, false})
		h.nameless(event.Firing, "", began, time.Hour)
		h.heard(" open REPO_FAILURE")
		h.plans(ran{"1", "Nightly", time.Minute, 1, false})
		h.nameless(event.Firing, "", began, time.Minute)
		h.heard(" open REPO_FAILURE", "1 open REPO_FAILURE")
		h.nameless(event.Resolved, "", began, 7*time.Hour)
		h.heard(" open REPO_FAILURE", "1 open REPO_FAILURE", " resolved REPO_FAILURE", "1 resolved REPO_FAILURE")
		h.nothingOpen()
		h.nothingWaits()
	})
}

func TestR4ANameThatSeveralPlansHaveSpeaksOfThoseThatJustRan(t *testing.T) {
	inNights(t, func(h *house) {
		h.plans(ran{"1", "Nightly", time.Minute, 1, false}, ran{"2", "Nightly", time.Minute, 2, false}, ran{"3", "Other", time.Minute, 1, false})
		h.nameless(event.Firing, "Nightly", time.Now(), time.Hour)
		h.heard("1 open REPO_FAILURE", "2 open REPO_FAILURE")
	})
}

func TestR4AMissedRunOfNoPlanIsToldAsSuch(t *testing.T) {
	inNights(t, func(h *house) {
		h.plans(ran{"1", "Nightly", time.Minute, 0, false})
		h.accept(event.Signal{Missed: true, Alert: event.Alert{Status: event.Firing, Fingerprint: "x", StartsAt: time.Now()}}, time.Hour)
		h.calls("open missed REPO_FAILURE")
		h.nothingWaits()
	})
}

func TestR4WhatWasLeftOutSpeaksOfEveryPlanThatFailedLast(t *testing.T) {
	inNights(t, func(h *house) {
		h.plans(ran{"1", "Nightly", time.Minute, 1, false}, ran{"2", "Weekly", 100 * time.Hour, 1, false}, ran{"3", "Other", time.Minute, 0, false},
			ran{"4", "Off", time.Hour, 1, true}, ran{"5", "Never", 0, -1, false})
		first := event.Signal{Plan: event.PlanRef{ID: "1"}, Alert: event.Alert{Status: event.Firing, Fingerprint: "a"}}
		for range 2 {
			if _, err := h.pipe.Accept(h.t.Context(), []event.Signal{first, {Cut: true}}); err != nil {
				t.Fatal(err)
			}
			h.pass(3 * time.Hour)
			h.sweep()
		}
		h.heard("1 open REPO_FAILURE", "2 open REPO_FAILURE")
		h.nothingWaits()
		h.plans(ran{"1", "Nightly", time.Minute, 0, false}, ran{"2", "Weekly", time.Minute, 0, false})
		h.sweep()
		h.heard("1 open REPO_FAILURE", "2 open REPO_FAILURE", "1 resolved SUCCESS", "2 resolved SUCCESS")
		h.nothingOpen()
	})
}

func TestR4WhatWasLeftOutDoesNotKeepAnIncidentFromEnding(t *testing.T) {
	inNights(t, func(h *house) {
		h.plans(ran{"1", "Nightly", time.Minute, 1, false})
		h.says("BackupFailed", event.Firing, time.Now(), time.Hour)
		h.says("BackupFailed", event.Resolved, time.Now(), time.Hour)
		h.accept(event.Signal{Cut: true}, time.Hour)
		if h.ending().IsZero() {
			t.Error("nobody knows of an alert that fires")
		}
		h.pass(5 * time.Hour)
		h.heard("1 open REPO_FAILURE", "1 resolved REPO_FAILURE")
	})
}

func TestR4WhatWasLeftOutIsFoundOutOnceRedisIsBack(t *testing.T) {
	inNights(t, func(h *house) {
		h.accept(event.Signal{Cut: true}, time.Hour)
		want(t, "mail", h.mail.said())
		h.restart()
		h.plans(ran{"2", "Weekly", 100 * time.Hour, 1, false})
		h.pass(10 * time.Minute)
		h.heard("2 open REPO_FAILURE")
		h.unread()
		h.accept(event.Signal{Cut: true}, 30*time.Hour)
		h.heard("2 open REPO_FAILURE")
		h.nothingWaits()
	})
}

func TestR4AnIncidentOfNoPlanGoesToThePlanThatItWasAbout(t *testing.T) {
	inNights(t, func(h *house) {
		h.nameless(event.Firing, "", time.Now(), 10*time.Minute)
		h.heard(" open REPO_FAILURE")
		h.restart()
		h.plans(ran{"1", "Nightly", 10 * time.Minute, 0, false}, ran{"2", "Weekly", 10 * time.Minute, 1, false}, ran{"3", "Other", 10 * time.Minute, 1, false})
		h.pass(10 * time.Minute)
		h.heard(" open REPO_FAILURE", "2 changed REPO_FAILURE", "3 open REPO_FAILURE")
		h.plans(ran{"1", "Nightly", 0, 0, false}, ran{"2", "Weekly", 0, 0, false}, ran{"3", "Other", 0, 0, false})
		h.sweep()
		h.heard(" open REPO_FAILURE", "2 changed REPO_FAILURE", "3 open REPO_FAILURE", "2 resolved SUCCESS", "3 resolved SUCCESS")
		h.nothingOpen()
		if in := h.incidents(); len(in) != 2 || in[0].Key != "bellhop/local/backup/" {
			t.Errorf("got %+v", in)
		}
	})
}

func TestR4AnIncidentOfNoPlanEndsWhenThePlansHaveTheirOwn(t *testing.T) {
	inNights(t, func(h *house) {
		h.nameless(event.Firing, "", time.Now(), time.Second)
		h.says("BackupFailed", event.Firing, time.Now(), 10*time.Minute)
		h.heard(" open REPO_FAILURE", "1 open REPO_FAILURE")
		h.plans(ran{"1", "Nightly", 10 * time.Minute, 1, false})
		h.pass(10 * time.Minute)
		h.heard(" open REPO_FAILURE", "1 open REPO_FAILURE", "1 changed REPO_FAILURE", " resolved REPO_FAILURE")
		h.nothingWaits()
	})
}

func TestR4AFloodOfAlertsThatNameNoPlanIsHandedOnInSteps(t *testing.T) {
	for _, many := range []int{1, 20} {
		inNights(t, func(h *house) { h.flood(many) })
	}
}

// flood sends more alerts than one look takes, which may speak of so many plans.
func (h *house) flood(many int) {
	var plans []ran
	for i := range many {
		plans = append(plans, ran{fmt.Sprint(i + 1), "Nightly", time.Minute, 1, false})
	}
	h.plans(plans...)
	var flood []event.Signal
	for i := range 700 {
		flood = append(flood, event.Signal{Alert: event.Alert{Status: event.Firing, Fingerprint: fmt.Sprint(i), Labels: map[string]string{"alertname": "NsBackupFailed"}}})
	}
	if _, err := h.pipe.Accept(h.t.Context(), flood); err != nil {
		h.t.Fatal(err)
	}
	h.pass(10 * time.Minute)
	if n := len(h.pager.said()); n != len(plans) {
		h.t.Errorf("the pager heard of %d plans, want %d", n, len(plans))
	}
	h.nothingWaits()
}
