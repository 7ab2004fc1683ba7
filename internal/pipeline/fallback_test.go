package pipeline_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"bellhop/internal/event"
	"bellhop/internal/record"
	"bellhop/internal/retry"
	"bellhop/router"
	"bellhop/router/queue"
	"bellhop/sinks"
)

// inHouseWithFallback routes everything to the pager alone, whose fallback is mail.
func inHouseWithFallback(t *testing.T, test func(h *house)) {
	inHouse(t, func(h *house) {
		h.routes = []router.Route{{Sinks: []string{"oncall"}}}
		h.fallback, h.giveUp = "mail", 24*time.Hour
		h.restart()
		test(h)
	})
}

// late is the task that the program runs every minute.
func (h *house) late() {
	h.t.Helper()
	if err := h.pipe.Late(h.t.Context()); err != nil {
		h.t.Fatal(err)
	}
	h.pass(time.Second)
}

func refusesForGood(sinks.Message) error { return retry.Permanent(errors.New("400 invalid event")) }

func TestR12WhatIsGivenUpIsToldToTheFallbackOnce(t *testing.T) {
	inHouseWithFallback(t, func(h *house) {
		h.pager.answer = refusesForGood
		h.cluster.set(night(-time.Hour, true, event.Partial, bad, good))
		h.alert(event.Firing, "1", 10*time.Minute)
		h.alert(event.Firing, "1", 10*time.Minute) // the repeat
		h.late()
		h.restart()
		h.pass(time.Hour)
		want(t, "mail", h.mail.said(), "ann@example.org open", "bob@example.org open")
		e := h.mail.last().Event
		if e.Instead == nil || e.Instead.Sink != "oncall" || e.Instead.Late || !strings.Contains(e.Instead.Reason, "400 invalid event") {
			t.Errorf("it does not say whom it could not be told to: %+v", e.Instead)
		}
		if in := h.incidents()[0]; len(in.Told) != 3 {
			t.Errorf("told: %+v, want the fallback's targets, too", in.Told)
		}
		// Who was told in place of the pager hears the end as well (R10).
		h.cluster.set(night(23*time.Hour, true, event.Success, good, good))
		h.alert(event.Resolved, "1", 10*time.Minute)
		want(t, "mail", h.mail.said(), "ann@example.org open", "bob@example.org open", "ann@example.org resolved", "bob@example.org resolved")
	})
}

func TestR12WhatIsLateIsToldToTheFallbackWhileTheSinkGoesOnTrying(t *testing.T) {
	inHouseWithFallback(t, func(h *house) {
		h.pager.answer = failing(2 * time.Hour)
		h.cluster.set(night(-time.Hour, true, event.Partial, bad, good))
		h.alert(event.Firing, "1", 14*time.Minute)
		h.late()
		want(t, "mail", h.mail.said())
		h.pass(3 * time.Minute)
		for range 3 {
			h.late()
		}
		want(t, "mail", h.mail.said(), "ann@example.org open", "bob@example.org open")
		if i := h.mail.last().Event.Instead; i == nil || !i.Late || !strings.Contains(i.Reason, "connection refused") {
			t.Errorf("got %+v", i)
		}
		h.pass(3 * time.Hour)
		want(t, "oncall", h.pager.said(), "key-1 open")
		h.late()
		h.restart()
		h.late()
		want(t, "mail", h.mail.said(), "ann@example.org open", "bob@example.org open")
	})
}

func TestR12WhatIsOldAndNeverArrivedIsToldToTheFallbackAsItStands(t *testing.T) {
	inHouseWithFallback(t, func(h *house) {
		h.pager.answer = failing(1000 * time.Hour)
		h.cluster.set(night(-time.Hour, true, event.Partial, bad, good))
		h.alert(event.Firing, "1", 10*time.Minute)
		h.cluster.set(night(23*time.Hour, true, event.RepoFailure, bad, bad))
		h.alert(event.Firing, "1", 24*time.Hour)
		want(t, "mail", h.mail.said(), "ann@example.org open", "bob@example.org open")
		if e := h.mail.last().Event; e.Outcome != event.RepoFailure || !strings.Contains(e.Instead.Reason, "given up after 24h") {
			t.Errorf("got %+v of %s", e.Instead, e.Outcome)
		}
	})
}

func TestR12AFallbackHasNoFallback(t *testing.T) {
	inHouseWithFallback(t, func(h *house) {
		h.pager.answer, h.mail.answer = refusesForGood, refusesForGood
		h.cluster.set(night(-time.Hour, true, event.Partial, bad, good))
		h.alert(event.Firing, "1", time.Hour)
		jobs, err := h.engine.Jobs(h.t.Context(), queue.JobQuery{Prefix: record.Outbound})
		if err != nil || len(jobs) != 3 {
			t.Fatalf("%d deliveries, error %v, want one to the pager and two in its place", len(jobs), err)
		}
		for _, j := range jobs {
			if j.State != queue.Dead {
				t.Errorf("%+v", j)
			}
		}
	})
}

func TestR12ALateNoticeOfAnIncidentThatIsOverIsNotTold(t *testing.T) {
	inHouseWithFallback(t, func(h *house) {
		h.pager.answer = failing(2 * time.Hour)
		h.cluster.set(night(-time.Hour, true, event.Partial, bad, good))
		h.alert(event.Firing, "1", 16*time.Minute)
		h.cluster.set(night(time.Hour, true, event.Success, good, good))
		h.alert(event.Resolved, "1", time.Minute)
		h.late()
		want(t, "mail", h.mail.said())
	})
}

func TestR22WhatIsSentByHandTellsHowThingsStandNow(t *testing.T) {
	inHouse(t, func(h *house) {
		h.pager.answer = refusesForGood
		h.cluster.set(night(-time.Hour, true, event.Partial, bad, good))
		h.alert(event.Firing, "1", 10*time.Minute)
		h.cluster.set(night(23*time.Hour, true, event.RepoFailure, bad, bad))
		h.alert(event.Firing, "1", 10*time.Minute)
		dead := h.dead(2)
		h.pager.answer = nil
		id, err := h.pipe.Retry(h.t.Context(), dead[1].ID) // the older one
		if err != nil {
			t.Fatal(err)
		}
		h.pass(time.Minute)
		if e := h.pager.last().Event; e.Outcome != event.RepoFailure || h.pager.last().ID != id {
			t.Errorf("sent %s of %s", h.pager.last().ID, e.Outcome)
		}
		if j := h.delivery(dead[1].ID); j.State != queue.Dropped || !strings.Contains(j.Reason, id) {
			t.Errorf("the old one is %+v", j)
		}
		for what, err := range map[string]error{
			"again":   second(h.pipe.Retry(h.t.Context(), dead[1].ID)),
			"a sent":  second(h.pipe.Retry(h.t.Context(), id)),
			"drop it": h.pipe.Drop(h.t.Context(), id),
		} {
			if !errors.Is(err, record.ErrRefused) {
				t.Errorf("%s: %v", what, err)
			}
		}
		if _, err := h.pipe.Retry(h.t.Context(), "nobody"); !errors.Is(err, record.ErrUnknown) {
			t.Errorf("an unknown one: %v", err)
		}
		if err := h.pipe.Drop(h.t.Context(), dead[0].ID); err != nil || h.delivery(dead[0].ID).State != queue.Dropped {
			t.Errorf("drop: %v", err)
		}
	})
}

func TestR22ATriggerWhoseIncidentHasEndedIsRefused(t *testing.T) {
	inHouse(t, func(h *house) {
		h.pager.answer = refusesForGood
		h.cluster.set(night(-time.Hour, true, event.Partial, bad, good))
		h.alert(event.Firing, "1", 10*time.Minute)
		h.cluster.set(night(23*time.Hour, true, event.Success, good, good))
		h.alert(event.Resolved, "1", 10*time.Minute)
		dead := h.dead(2)
		_, err := h.pipe.Retry(h.t.Context(), dead[1].ID)
		if !errors.Is(err, record.ErrRefused) || !strings.Contains(err.Error(), "the incident has ended (success, 2000-01-01") {
			t.Errorf("the trigger: %v", err)
		}
		h.pager.answer = nil
		if _, err := h.pipe.Retry(h.t.Context(), dead[0].ID); err != nil {
			t.Errorf("the end: %v", err)
		}
		h.pass(time.Minute)
		want(t, "oncall", h.pager.said(), "key-1 resolved")
	})
}

func second[T any](_ T, err error) error { return err }

// dead lists the pager's dead letters, the newest first.
func (h *house) dead(n int) []queue.Job {
	h.t.Helper()
	jobs, err := h.engine.Jobs(h.t.Context(), queue.JobQuery{Lane: record.Lane("oncall"), State: queue.Dead})
	if err != nil || len(jobs) != n {
		h.t.Fatalf("%d dead letters, error %v, want %d", len(jobs), err, n)
	}
	return jobs
}

func (h *house) delivery(id string) queue.Job {
	h.t.Helper()
	jobs, err := h.engine.Jobs(h.t.Context(), queue.JobQuery{ID: id})
	if err != nil || len(jobs) != 1 {
		h.t.Fatalf("%d deliveries %s, error %v", len(jobs), id, err)
	}
	return jobs[0]
}

func TestPruneForgetsWhatIsOldAndKeepsWhatIsNeeded(t *testing.T) {
	inHouse(t, func(h *house) {
		h.keep = 30 * 24 * time.Hour
		h.restart()
		h.cluster.set(night(-time.Hour, true, event.Partial, bad, good))
		h.alert(event.Firing, "1", 10*time.Minute)
		h.cluster.set(night(23*time.Hour, true, event.Success, good, good))
		h.alert(event.Resolved, "1", 10*time.Minute)
		h.pass(31 * 24 * time.Hour)
		h.cluster.set(night(31*24*time.Hour, true, event.Partial, bad, good))
		h.alert(event.Firing, "1", 10*time.Minute) // stays open
		h.pass(20 * 24 * time.Hour)
		if err := h.pipe.Prune(h.t.Context()); err != nil {
			t.Fatal(err)
		}
		h.counts("event/", 1, "incident/", 1, "memory/", 3, "plan/", 1)
		h.pass(40 * 24 * time.Hour)
		if err := h.pipe.Prune(h.t.Context()); err != nil {
			t.Fatal(err)
		}
		h.counts("event/", 1, "incident/", 1, "memory/", 3, "plan/", 1) // it is still open
	})
}

func TestPruneMakesRoomWhenThereIsTooLittle(t *testing.T) {
	inHouse(t, func(h *house) {
		h.keep, h.keepBytes = 30*24*time.Hour, 1
		h.restart()
		h.cluster.set(night(-time.Hour, true, event.Partial, bad, good))
		h.alert(event.Firing, "1", 10*time.Minute)
		h.cluster.set(night(23*time.Hour, true, event.Success, good, good))
		h.alert(event.Resolved, "1", 2*time.Hour)
		h.prune()
		h.counts("event/", 0, "incident/", 0, "memory/", 0, "plan/", 1)
		jobs, err := h.engine.Jobs(h.t.Context(), queue.JobQuery{Prefix: record.Outbound})
		if err != nil || len(jobs) != 0 {
			t.Errorf("%d deliveries are left, error %v", len(jobs), err)
		}
	})
}

// counts checks how many rows there are under each prefix.
func (h *house) counts(want ...any) {
	h.t.Helper()
	for i := 0; i < len(want); i += 2 {
		rows, err := h.engine.Scan(h.t.Context(), queue.RowQuery{Prefix: want[i].(string)})
		if err != nil || len(rows) != want[i+1].(int) {
			h.t.Errorf("%d rows under %s, error %v, want %d", len(rows), want[i], err, want[i+1])
		}
	}
}

// Two addresses die of one event, one after the other, while the fallback is down: the
// notice that waits for it already is neither lost nor said twice.
func TestR12TheSameNoticeToAFallbackIsToldOnce(t *testing.T) {
	for _, away := range []time.Duration{0, time.Hour} {
		inHouse(t, func(h *house) {
			h.routes = []router.Route{{Sinks: []string{"mail"}}}
			h.chain, h.how[1] = true, sinks.KeepNews
			h.restart()
			began, up := time.Now(), time.Now().Add(away)
			h.mail.answer = func(m sinks.Message) error {
				if m.Target == "bob@example.org" && time.Since(began) < 10*time.Minute {
					return retry.After(time.Minute, errors.New("450 greylisted"))
				}
				return refusesForGood(m)
			}
			h.pager.answer = func(sinks.Message) error {
				if time.Now().Before(up) {
					return retry.Refused(retry.Down(0, errors.New("connection refused")))
				}
				return nil
			}
			h.cluster.set(night(-time.Hour, true, event.Partial, bad, good))
			h.alert(event.Firing, "1", 2*time.Hour)
			want(t, "oncall", h.pager.said(), "key-1 open")
		})
	}
}
