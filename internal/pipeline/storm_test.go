package pipeline_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"bellhop/internal/event"
	"bellhop/internal/record"
	"bellhop/internal/retry"
	"bellhop/router/queue"
	"bellhop/sinks"
)

// refusing is a far end that lets nobody in until it is told to.
func refusing(open *bool) func(sinks.Message) error {
	return func(sinks.Message) error {
		if *open {
			return nil
		}
		return retry.Refused(retry.Down(0, errors.New("connection refused")))
	}
}

// letIn opens both far ends, and lets what waits go out.
func (h *house) letIn(open *bool) {
	h.mail.mu.Lock()
	h.pager.mu.Lock()
	*open = true
	h.pager.mu.Unlock()
	h.mail.mu.Unlock()
	h.pass(5 * time.Minute)
}

func inHouseOfLatest(t *testing.T, test func(h *house, open *bool)) {
	inHouse(t, func(h *house) {
		open := new(bool)
		h.how = [2]sinks.Superseding{sinks.KeepLatest, sinks.KeepNews}
		h.mail.answer, h.pager.answer = refusing(open), refusing(open)
		h.restart()
		test(h, open)
	})
}

func TestR14OneMessageTellsTheLatestAndWhatCameBefore(t *testing.T) {
	inHouseOfLatest(t, func(h *house, open *bool) {
		h.cluster.set(night(-time.Hour, true, event.Partial, bad, good, good))
		h.alert(event.Firing, "1", 10*time.Minute)
		h.cluster.set(night(23*time.Hour, true, event.RepoFailure, bad, bad, bad))
		h.alert(event.Firing, "1", 10*time.Minute)
		h.letIn(open)
		want(t, "mail", h.mail.said(), "ann@example.org open", "bob@example.org open")
		want(t, "oncall", h.pager.said(), "key-1 open")
		e := h.mail.last().Event
		if e.Outcome != event.RepoFailure || len(e.History) != 1 {
			t.Fatalf("got %+v", e)
		}
		if p := e.History[0]; p.Status != event.StatusOpen || p.Outcome != event.Partial || p.Failed != 1 || p.Modules != 3 {
			t.Errorf("history %+v", p)
		}
		if got := h.pager.last().Event; got.Outcome != event.RepoFailure {
			t.Errorf("the pager heard %+v", got)
		}
	})
}

func TestR14AnIncidentThatEndedUnheardPagesNobodyAndIsOneMail(t *testing.T) {
	inHouseOfLatest(t, func(h *house, open *bool) {
		h.cluster.set(night(-time.Hour, true, event.Partial, bad, good))
		h.alert(event.Firing, "1", 10*time.Minute)
		h.cluster.set(night(23*time.Hour, true, event.Success, good, good))
		h.alert(event.Resolved, "1", 10*time.Minute)
		h.letIn(open)
		want(t, "oncall", h.pager.said())
		want(t, "mail", h.mail.said(), "ann@example.org resolved", "bob@example.org resolved")
		if e := h.mail.last().Event; len(e.History) != 1 || e.History[0].Status != event.StatusOpen {
			t.Errorf("history %+v", e.History)
		}
		jobs, err := h.engine.Jobs(h.t.Context(), queue.JobQuery{Lane: record.Lane("oncall")})
		if err != nil || len(jobs) != 1 || jobs[0].State != queue.Superseded {
			t.Fatalf("the log holds %+v, error %v", jobs, err)
		}
		if reason := jobs[0].Reason; reason == "" || len(jobs[0].Attempts) == 0 {
			t.Errorf("the log does not tell why nobody was paged: %+v", jobs[0])
		}
	})
}

func TestR14ABacklogIsAsLongAsTheNumberOfIncidents(t *testing.T) {
	inHouseOfLatest(t, func(h *house, open *bool) {
		const incidents, nights = 10, 20
		for n := range nights {
			h.cluster.set(night(time.Duration(n)*24*time.Hour, true, event.RepoFailure, bad, bad))
			for i := range incidents {
				id := fmt.Sprint(i)
				h.accept(event.Signal{
					Plan:  event.PlanRef{ID: id},
					Alert: event.Alert{Status: event.Firing, Fingerprint: id, Labels: map[string]string{"alertname": "BackupFailed", "id": id}},
				}, 0)
			}
			h.pass(time.Hour)
		}
		lanes, err := h.engine.Lanes(h.t.Context(), record.Outbound)
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range lanes {
			targets := map[string]int{"to/mail": 2, "to/oncall": 1}[l.Lane]
			if l.Depth != incidents*targets {
				t.Errorf("%d wait in %s, want one an incident and target: %d", l.Depth, l.Lane, incidents*targets)
			}
		}
		h.letIn(open)
		if n := len(h.pager.said()); n != incidents {
			t.Errorf("the pager heard %d messages, want one an incident", n)
		}
	})
}
