package pipeline_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"bellhop/internal/event"
	"bellhop/internal/record"
	"bellhop/router"
	"bellhop/router/queue"
	"bellhop/sinks"
)

// An incident that was open for longer than things are kept has only just ended.
func TestPruneCountsTheAgeOfAnIncidentFromItsEnd(t *testing.T) {
	inHouse(t, func(h *house) {
		h.keep = 30 * day
		h.restart()
		h.cluster.set(night(-time.Hour, true, event.Partial, good, bad))
		h.alert(event.Firing, "1", time.Hour)
		h.pass(40 * day)
		h.cluster.set(night(40*day+time.Hour, true, event.Success, good, good))
		h.sweep()
		h.prune()
		h.counts("incident/", 1, "memory/", 3)
		h.pass(31 * day)
		h.prune()
		h.counts("incident/", 0, "memory/", 0)
	})
}

// Where an end has waited for longer than things are kept, its sink must still know
// what it was told of the beginning.
func TestPruneKeepsWhatSinksRememberOfWhatWaits(t *testing.T) {
	inHouse(t, func(h *house) {
		h.keep = 30 * day
		h.restart()
		h.cluster.set(night(-time.Hour, true, event.Partial, good, bad))
		h.alert(event.Firing, "1", time.Hour)
		h.pager.answer = later(40 * day)
		h.cluster.set(night(time.Hour, true, event.Success, good, good))
		h.sweep()
		h.pass(35 * day)
		h.prune()
		h.pass(6 * day)
		if m := h.pager.last(); string(m.Memory) != "key-1 was told open" || m.Event.Status != event.StatusResolved {
			t.Errorf("the end, %s, comes with the memory %q", m.Event.Status, m.Memory)
		}
	})
}

// What is sent by hand is put today and tells of an event of long ago.
func TestPruneKeepsTheEventOfWhatWaitsBehindOthers(t *testing.T) {
	inHouse(t, func(h *house) {
		h.keep = 30 * day
		h.restart()
		h.pager.answer = refuses(event.StatusResolved)
		h.cluster.set(night(-time.Hour, true, event.Partial, good, bad))
		h.alert(event.Firing, "1", time.Hour)
		h.cluster.set(night(time.Hour, true, event.Success, good, good))
		h.sweep()
		dead := h.dead(1)[0]
		h.pass(29 * day)
		h.pager.answer = later(3 * day)
		if _, err := h.pipe.Retry(h.t.Context(), dead.ID); err != nil {
			t.Fatal(err)
		}
		h.pass(2 * day)
		if err := h.pipe.Prune(h.t.Context()); err != nil {
			t.Fatal(err)
		}
		h.pass(5 * day)
		want(t, "oncall", h.pager.said(), "key-1 open", "key-1 resolved")
	})
}

// Room that was given back shows only after a while: what is young must not go for it.
func TestPruneForgetsNoMoreThanItMust(t *testing.T) {
	inHouse(t, func(h *house) {
		h.keep = 30 * day
		for i := range 20 {
			h.fill(i, 400<<10)
			h.pass(day)
		}
		h.pass(time.Hour)
		used := h.used()
		h.keepBytes = used * 3 / 4
		h.restart()
		for range 48 { // as the program does, two days long
			h.prune()
		}
		rows, err := h.engine.Scan(h.t.Context(), queue.RowQuery{Prefix: record.Events})
		if err != nil {
			t.Fatal(err)
		}
		if n := len(rows); n < 11 || n > 15 || h.used() > h.keepBytes {
			t.Errorf("%d of 20 events are left where three quarters had room; %d bytes of %d, used before %d", n, h.used(), h.keepBytes, used)
		}
	})
}

// passes lets so many days pass, with an event a day that is over at once, and prunes
// every day.
func (h *house) passes(days int) {
	h.t.Helper()
	for range days {
		h.cef("trigger", "disk/7", "full", time.Second)
		h.cef("resolve", "disk/7", "", day-time.Hour-time.Second)
		h.prune()
	}
}

// What never ends must not keep all that came after it.
func TestPruneForgetsWhatIsOldWhileAnIncidentStaysOpen(t *testing.T) {
	inHouse(t, func(h *house) {
		h.keep = 30 * day
		h.routes = []router.Route{{Sinks: []string{"oncall"}}}
		h.restart()
		h.cluster.set(night(-time.Hour, true, event.Partial, good, bad))
		h.alert(event.Firing, "1", day)
		h.cluster.set(night(23*time.Hour, true, event.Partial, bad, bad))
		h.alert(event.Firing, "1", time.Minute)
		h.passes(80)
		h.counts("event/", 2*30+1, "incident/", 30+1)
		// Whoever is new is told what was told last, and everybody hears of the end.
		h.restartWith(router.Route{Sinks: []string{"mail"}}, router.Route{Sinks: []string{"oncall"}})
		h.alert(event.Firing, "1", time.Minute)
		want(t, "the mail", h.mail.said(), "ann@example.org open", "bob@example.org open")
		if ms := h.mail.last().Event.Modules; len(ms) != 2 || ms[0].State != bad || ms[1].State != bad {
			t.Errorf("the mail tells of the modules %+v", ms)
		}
		h.cluster.set(night(82*day, true, event.Success, good, good))
		h.alert(event.Resolved, "1", time.Minute)
		want(t, "the mail", h.mail.said(), "ann@example.org open", "bob@example.org open", "ann@example.org resolved", "bob@example.org resolved")
	})
}

// Nor does what waits for a far end that is away for long.
func TestPruneForgetsWhatIsOldWhileSomethingElseWaits(t *testing.T) {
	inHouse(t, func(h *house) {
		h.keep = 30 * day
		h.restart()
		away := later(61 * day)
		h.pager.answer = func(m sinks.Message) error {
			if m.Event.Kind == event.KindBackup {
				return away(m)
			}
			return nil
		}
		h.cluster.set(night(-time.Hour, true, event.Partial, good, bad))
		h.alert(event.Firing, "1", time.Hour)
		h.cluster.set(night(time.Hour, true, event.Success, good, good))
		h.sweep()
		h.passes(60)
		h.counts("event/", 2*30+2, "incident/", 30+1)
		h.pass(2 * day)
		all := h.pager.said()
		want(t, "oncall at last", all[len(all)-2:], "key-1 open", "key-1 resolved")
	})
}

func TestPruneMakesRoomWhileAnIncidentStaysOpen(t *testing.T) {
	inHouse(t, func(h *house) {
		h.keep = 30 * day
		h.cluster.set(night(-time.Hour, true, event.Partial, good, bad))
		h.alert(event.Firing, "1", time.Hour)
		for i := range 20 {
			h.fill(i, 400<<10)
			h.pass(day)
		}
		h.keepBytes = h.used() / 2
		h.restart()
		for range 48 { // as the program does, two days long
			h.prune()
		}
		rows, err := h.engine.Scan(h.t.Context(), queue.RowQuery{Prefix: record.Events})
		if err != nil {
			t.Fatal(err)
		}
		if n := len(rows); n < 7 || n > 11 || h.used() > h.keepBytes {
			t.Errorf("%d of 21 events are left where half had room; %d bytes of %d", n, h.used(), h.keepBytes)
		}
		if last := record.EventKey(h.incidents()[0].Last); rows[0].Key != last {
			t.Errorf("the oldest event is %s, want what was told last of what is open, %s", rows[0].Key, last)
		}
	})
}

// prune is the task that the program runs every hour.
func (h *house) prune() {
	h.t.Helper()
	if err := h.pipe.Prune(h.t.Context()); err != nil {
		h.t.Fatal(err)
	}
	h.pass(time.Hour)
}

// fill stores an event of that size.
func (h *house) fill(i, size int) {
	h.t.Helper()
	e := event.Event{ID: h.id(), Time: time.Now(), Notes: []string{strings.Repeat(fmt.Sprint(i%10), size)}}
	row, err := record.Encode(record.EventKey(e.ID), e)
	if err == nil {
		err = h.engine.Do(h.t.Context(), queue.Step{Set: []queue.Row{row}})
	}
	if err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) used() int64 {
	h.t.Helper()
	u, err := h.engine.Usage(h.t.Context())
	if err != nil {
		h.t.Fatal(err)
	}
	return u.Used
}

// A limit counts the sends of the last moments from the log (R13).
func TestPruneLeavesTheLogOfTheLastHour(t *testing.T) {
	inHouse(t, func(h *house) {
		h.keep, h.keepBytes = 30*day, 1
		h.restart()
		h.cluster.set(night(-time.Hour, true, event.Partial, good, bad))
		h.alert(event.Firing, "1", 40*time.Second)
		if err := h.pipe.Prune(h.t.Context()); err != nil {
			t.Fatal(err)
		}
		jobs, err := h.engine.Jobs(h.t.Context(), queue.JobQuery{Lane: record.Lane("oncall")})
		if err != nil || len(jobs) != 1 {
			t.Errorf("%d sends of the last minute are on record, %v", len(jobs), err)
		}
	})
}
