package pipeline_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"bellhop/correlate"
	"bellhop/correlate/recorded"
	"bellhop/internal/event"
	"bellhop/internal/record"
	"bellhop/router/queue"
)

// These tests put the real correlator behind the pipeline: what counts is how the
// two read the same alerts, night after night.

// inNights runs the test in a house whose cluster keeps statuses, in a year from
// which a status is believed.
func inNights(t *testing.T, test func(h *house)) {
	t.Helper()
	inHouse(t, func(h *house) {
		h.pass(30 * 365 * 24 * time.Hour)
		test(h)
	})
}

// backup leaves the statuses of a run of plan 1 that ended just now, a minute a
// module: the number of errors of m0, m1, …; below 0: no status of this run.
func (h *house) backup(errs ...int) {
	h.t.Helper()
	for len(h.ends) < len(errs) {
		h.ends = append(h.ends, status{})
	}
	for i, n := range errs {
		if n >= 0 {
			h.ends[i] = status{time.Now().Add(time.Duration(i-len(errs)+1) * time.Minute).Unix(), n}
		}
	}
	h.know()
}

// status is what one module's last backup came to.
type status struct {
	end    int64
	errors int
}

// know has the correlator find what is on record.
func (h *house) know() {
	h.t.Helper()
	var text strings.Builder
	text.WriteString("SET cluster/uuid c1\n")
	var modules []string
	for i, st := range h.ends {
		id := fmt.Sprintf("m%d", i)
		modules = append(modules, id)
		fmt.Fprintf(&text, "HSET cluster/module_node %s 1\n", id)
		if st.end > 0 {
			fmt.Fprintf(&text, `HSET node/1/backup_status/1 %s '{"start":%d,"end":%d,"errors":%d,"total_size":7,"total_file_count":1}'`+"\n", id, st.end-30, st.end, st.errors)
		}
	}
	fmt.Fprintf(&text, "HSET cluster/backup/1 name Nightly enabled 1 instances %q\n", strings.Join(modules, " "))
	state, err := recorded.New(text.String(), time.Now())
	if err != nil {
		h.t.Fatal(err)
	}
	h.cluster.mu.Lock()
	defer h.cluster.mu.Unlock()
	h.cluster.real = correlate.New(state, timing(), time.Now)
}

// says is an alert about plan 1 that began to fire so long ago.
func (h *house) says(name, status string, began time.Time, d time.Duration) {
	h.t.Helper()
	h.accept(event.Signal{
		Plan: event.PlanRef{ID: "1"}, Missed: name == "NsBackupMissing",
		Alert: event.Alert{Status: status, Fingerprint: name, StartsAt: began, Labels: map[string]string{"alertname": name, "backup_id": "1"}},
	}, d)
}

// calls checks what the pager heard, in order.
func (h *house) calls(want ...string) {
	h.t.Helper()
	h.pager.mu.Lock()
	defer h.pager.mu.Unlock()
	var got []string
	for _, m := range h.pager.all {
		got = append(got, fmt.Sprintf("%s %s %s", m.Event.Status, m.Event.Kind, m.Event.Outcome))
	}
	if strings.Join(got, ", ") != strings.Join(want, ", ") {
		h.t.Errorf("the pager heard %q, want %q", got, want)
	}
}

const day = 24 * time.Hour

func TestR4AMissedRunIsToldAsMissedAndEndsWithTheNextSuccess(t *testing.T) {
	inNights(t, func(h *house) {
		h.backup(0, 0)
		h.pass(30 * time.Hour)
		h.says("NsBackupMissing", event.Firing, time.Now(), time.Hour)
		h.calls("open missed REPO_FAILURE")
		if e := h.pager.last().Event; e.Cause != event.CauseNotRun || e.Modules[0].State != event.StateMissing {
			t.Errorf("got %+v", e)
		}
		h.says("NsBackupMissing", event.Firing, time.Now().Add(-time.Hour), time.Hour) // it began anew: still one run that is missed
		h.sweep()
		h.calls("open missed REPO_FAILURE")
		h.backup(0, 0)
		h.sweep()
		h.calls("open missed REPO_FAILURE", "resolved backup SUCCESS")
	})
}

func TestR9ARunAfterAMissedOneIsFoundHoweverLateTheSweep(t *testing.T) {
	inNights(t, func(h *house) {
		h.backup(0, 0)
		h.pass(30 * time.Hour)
		h.says("NsBackupMissing", event.Firing, time.Now(), time.Hour)
		h.backup(0, 1)
		h.stop()
		h.pass(3 * time.Hour) // longer than recent_window
		h.start()
		h.sweep()
		h.calls("open missed REPO_FAILURE", "changed backup PARTIAL")
		h.pass(day)
		h.backup(0, 0)
		h.pass(3 * time.Hour)
		h.sweep()
		h.calls("open missed REPO_FAILURE", "changed backup PARTIAL", "resolved backup SUCCESS")
	})
}

func TestR6AMissedRunIsToldAgainThoughNobodySaidThatTheFirstWasOver(t *testing.T) {
	inNights(t, func(h *house) {
		h.backup(0, 0)
		h.pass(30 * time.Hour)
		h.says("NsBackupMissing", event.Firing, time.Now(), time.Hour)
		h.backup(0, 0)
		h.sweep()
		h.calls("open missed REPO_FAILURE", "resolved backup SUCCESS")
		h.pass(30 * time.Hour)
		h.says("NsBackupMissing", event.Firing, time.Now(), time.Hour)
		h.calls("open missed REPO_FAILURE", "resolved backup SUCCESS", "open missed REPO_FAILURE")
		h.says("NsBackupMissing", event.Firing, time.Now().Add(-time.Hour), time.Hour)
		h.calls("open missed REPO_FAILURE", "resolved backup SUCCESS", "open missed REPO_FAILURE")
	})
}

func TestR6AFailedRunIsNotToldAgainAfterAMissedOne(t *testing.T) {
	inNights(t, func(h *house) {
		h.backup(0, 1)
		night := time.Now()
		h.says("NsBackupFailed", event.Firing, night, time.Hour)
		h.pass(30 * time.Hour)
		h.says("NsBackupMissing", event.Firing, time.Now(), time.Hour) // beside the other, which fires on
		h.calls("open backup PARTIAL", "changed missed REPO_FAILURE")
		h.says("NsBackupFailed", event.Firing, night, time.Hour) // a repeat
		h.says("NsBackupMissing", event.Resolved, night, time.Hour)
		h.says("NsBackupFailed", event.Resolved, night, time.Hour)
		h.sweep()
		h.calls("open backup PARTIAL", "changed missed REPO_FAILURE")
		h.pass(4 * time.Hour)
		h.backup(0, 1)
		h.sweep()
		h.calls("open backup PARTIAL", "changed missed REPO_FAILURE", "changed backup PARTIAL")
	})
}

func TestR2ARunThatLeftNoStatusIsToldThoughTheLastEndWasNeverSent(t *testing.T) {
	inNights(t, func(h *house) {
		h.backup(0, 1)
		h.says("NsBackupFailed", event.Firing, time.Now(), time.Hour)
		h.pass(day)
		h.backup(0, 0)
		h.sweep()
		h.calls("open backup PARTIAL", "resolved backup SUCCESS")
		h.pass(day) // this night's run is killed and leaves nothing
		h.says("NsBackupFailed", event.Firing, time.Now(), time.Hour)
		h.calls("open backup PARTIAL", "resolved backup SUCCESS", "open backup REPO_FAILURE")
		if e := h.pager.last().Event; e.Cause != event.CauseNoStatus {
			t.Errorf("got %+v", e)
		}
	})
}

func TestR2ALostRunIsToldThoughTheOneBeforeItEndsTheIncident(t *testing.T) {
	inNights(t, func(h *house) {
		h.backup(0, 1)
		h.says("NsBackupFailed", event.Firing, time.Now(), time.Hour)
		h.stop()
		h.pass(day)
		h.backup(0, 0) // nobody sees it
		h.pass(day)    // and this night's run is killed and leaves nothing
		h.start()
		h.says("NsBackupFailed", event.Firing, time.Now(), time.Hour)
		h.calls("open backup PARTIAL", "resolved backup SUCCESS", "open backup REPO_FAILURE")
		h.says("NsBackupFailed", event.Firing, time.Now().Add(-time.Hour), time.Hour)
		h.calls("open backup PARTIAL", "resolved backup SUCCESS", "open backup REPO_FAILURE")
	})
}

func TestR8AFailureThatEndedBeforeTheFirstLookIsToldAsOpen(t *testing.T) {
	inNights(t, func(h *house) {
		h.backup(0, 1)
		h.says("BackupFailed", event.Firing, time.Now(), time.Second)
		h.says("BackupFailed", event.Resolved, time.Now(), time.Hour)
		h.calls() // nothing fires
		want(t, "mail", h.mail.said(), "ann@example.org open", "bob@example.org open")
	})
}

func TestR8AResolveOfARunThatWentWellIsSilent(t *testing.T) {
	inNights(t, func(h *house) {
		h.backup(0, 0)
		h.says("BackupFailed", event.Firing, time.Now(), time.Second)
		h.says("BackupFailed", event.Resolved, time.Now(), time.Minute)
		h.calls()
		want(t, "mail", h.mail.said())
		rows, err := h.engine.Scan(h.t.Context(), queue.RowQuery{Prefix: record.Events})
		if err != nil || len(rows) != 1 || !strings.Contains(string(rows[0].Value), `"status":"success"`) {
			t.Errorf("it is not recorded: %v, %v", rows, err)
		}
		h.says("BackupFailed", event.Firing, time.Now(), time.Minute)
		want(t, "mail, when it fires again", h.mail.said(), "ann@example.org success", "bob@example.org success")
	})
}

// named is an alert that knows the plan's name alone.
func (h *house) named(status string, d time.Duration) {
	h.t.Helper()
	h.accept(event.Signal{
		Plan:  event.PlanRef{Name: "Nightly"},
		Alert: event.Alert{Status: status, Fingerprint: "by name", Labels: map[string]string{"name": "Nightly"}},
	}, d)
}

func TestR4AnIncidentOpenedByNameWhileRedisWasAwayIsThePlansOwn(t *testing.T) {
	inNights(t, func(h *house) {
		h.named(event.Firing, 10*time.Minute)
		h.calls("open backup REPO_FAILURE")
		h.restart()
		h.backup(0, 1)
		h.pass(10 * time.Minute)
		h.calls("open backup REPO_FAILURE", "changed backup PARTIAL")
		h.says("BackupFailed", event.Firing, time.Now(), time.Hour)
		h.sweep()
		h.pass(day)
		h.backup(0, 0)
		h.sweep()
		h.calls("open backup REPO_FAILURE", "changed backup PARTIAL", "resolved backup SUCCESS")
		if in := h.incidents(); len(in) != 1 || in[0].State != event.StatusResolved || in[0].FailedRuns != 1 {
			t.Errorf("got %+v", in)
		}
		h.nothingOpen()
	})
}

func TestR4TwoIncidentsOfOnePlanBothEnd(t *testing.T) {
	inNights(t, func(h *house) {
		h.named(event.Firing, time.Second) // neither knows of the other: Redis is away
		h.says("BackupFailed", event.Firing, time.Now(), 10*time.Minute)
		h.calls("open backup REPO_FAILURE", "open backup REPO_FAILURE")
		h.backup(0, 1)
		h.pass(10 * time.Minute)
		h.pass(day)
		h.backup(0, 0)
		h.sweep()
		h.nothingOpen()
		for _, in := range h.incidents() {
			if in.State != event.StatusResolved {
				t.Errorf("incident %s stays %s", in.Key, in.State)
			}
		}
		h.pass(day)
		h.backup(0, 1)
		h.named(event.Firing, time.Hour)
		if in := h.incidents(); len(in) != 3 || in[2].Key != "bellhop/c1/backup/1" {
			t.Errorf("got %+v", in)
		}
	})
}

// nothingOpen checks that no sweep has anything to do.
func (h *house) nothingOpen() {
	h.t.Helper()
	rows, err := h.engine.Scan(h.t.Context(), queue.RowQuery{Prefix: record.OpenPlans})
	if err != nil || len(rows) != 0 {
		h.t.Errorf("still open: %d, %v", len(rows), err)
	}
}
