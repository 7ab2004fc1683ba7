package router_test

import (
	"testing"
	"time"

	"bellhop/internal/event"
	"bellhop/router"
)

// at is so many hours after noon.
func at(hours int) time.Time { return noon.Add(time.Duration(hours) * time.Hour) }

func run(start, end int) event.Run {
	return event.Run{Start: at(start), End: at(end), Settled: true}
}

// found is what a look sees: states by module, "a" first.
func found(r event.Run, o event.Outcome, states ...event.ModuleState) event.Event {
	e := event.Event{Kind: event.KindBackup, Outcome: o, Run: r}
	for i, s := range states {
		e.Modules = append(e.Modules, event.Module{ID: string(rune('a' + i)), State: s})
	}
	return e
}

func unsettled(e event.Event) event.Event {
	e.Run.Settled = false
	return e
}

func because(e event.Event, c event.Cause) event.Event {
	e.Cause, e.Run = c, event.Run{}
	return e
}

func missed() event.Event {
	return event.Event{Kind: event.KindMissed, Outcome: event.RepoFailure, Cause: event.CauseNotRun}
}

const (
	ok      = event.StateOK
	failed  = event.StateFailed
	pending = event.StatePending
	gone    = event.StateMissing
)

// told is the record after e was said.
func told(e event.Event, newest time.Time) router.Told {
	return router.Told{}.Tell(router.Seen{Event: e, Newest: newest})
}

func TestNews(t *testing.T) {
	partial := found(run(0, 1), event.Partial, ok, failed)
	firing := func(e event.Event) router.Seen { return router.Seen{Event: e, Fresh: true, Firing: true} }
	repeat := func(e event.Event) router.Seen { return router.Seen{Event: e, Firing: true} }
	open := func(e event.Event) router.Past { return router.Past{Open: true, Told: told(e, e.Run.End)} }
	closed := func(e event.Event) router.Past { return router.Past{Told: told(e, e.Run.End)} }
	unknown := because(found(event.Run{}, event.RepoFailure), event.CauseRedisUnavailable)
	noStatus := because(found(event.Run{}, event.RepoFailure), event.CauseNoStatus)
	missedAfterRun := router.Past{Open: true, Told: told(missed(), at(1))}

	for name, c := range map[string]struct {
		past router.Past
		seen router.Seen
		want event.Status
	}{
		"R5 a first failure opens":                           {router.Past{}, firing(partial), event.StatusOpen},
		"R6 the same again is silent":                        {open(partial), repeat(partial), ""},
		"R6 a stale repeat after the end is silent":          {closed(partial), repeat(partial), ""},
		"R6 a newer settled run that failed is news":         {open(partial), repeat(found(run(24, 25), event.Partial, ok, failed)), event.StatusChanged},
		"R6 a newer failed run opens again after the end":    {closed(partial), repeat(found(run(24, 25), event.Partial, ok, failed)), event.StatusOpen},
		"R6 a module more of the same run is news":           {open(partial), repeat(found(run(0, 2), event.Partial, ok, failed, failed)), event.StatusChanged},
		"R6 a worse outcome of the same run is news":         {open(partial), repeat(found(run(0, 2), event.RepoFailure, failed, failed)), event.StatusChanged},
		"R6 a set that shrinks is silent":                    {open(found(run(0, 1), event.Partial, ok, failed, failed)), repeat(partial), ""},
		"R6 pending that stays pending is silent":            {open(unsettled(found(run(0, 1), event.Partial, failed, pending))), repeat(unsettled(found(run(0, 1), event.Partial, failed, pending))), ""},
		"R6 pending that went missing is silent":             {open(unsettled(found(run(0, 1), event.Partial, failed, pending))), repeat(found(run(0, 1), event.Partial, failed, gone)), ""},
		"R6 pending that failed is news":                     {open(unsettled(found(run(0, 1), event.Partial, failed, pending))), repeat(found(run(0, 2), event.Partial, failed, failed)), event.StatusChanged},
		"R6 an unsettled new run that fails the same way":    {open(partial), repeat(unsettled(found(run(24, 25), event.Partial, pending, failed))), ""},
		"R6 an unsettled new run with a new failure is news": {open(partial), repeat(unsettled(found(run(24, 25), event.Partial, failed, pending))), event.StatusChanged},
		"R7 a newer success resolves":                        {open(partial), router.Seen{Event: found(run(24, 25), event.Success, ok, ok)}, event.StatusResolved},
		"R7 a success that is not newer does not":            {open(partial), router.Seen{Event: found(run(0, 1), event.Success, ok)}, ""},
		"R7 a resolve of the same failing run does not":      {open(partial), router.Seen{Event: partial}, ""},
		"R7 a success older than the missed run does not":    {missedAfterRun, router.Seen{Event: found(run(0, 1), event.Success, ok)}, ""},
		"R7 a success after the missed run does":             {missedAfterRun, router.Seen{Event: found(run(2, 3), event.Success, ok)}, event.StatusResolved},
		"R8 a firing alert whose run is well is a success":   {router.Past{}, firing(found(run(0, 1), event.Success, ok)), event.StatusSuccess},
		"R8 once a run":                                       {router.Past{Success: at(1)}, repeat(found(run(0, 1), event.Success, ok)), ""},
		"R8 not without a firing alert":                       {router.Past{}, router.Seen{Event: found(run(0, 1), event.Success, ok)}, ""},
		"R3 redis away opens":                                 {router.Past{}, firing(unknown), event.StatusOpen},
		"R3 redis away says nothing new of an open incident":  {open(partial), repeat(unknown), ""},
		"R1 what redis then says is news":                     {open(unknown), repeat(partial), event.StatusChanged},
		"R1 or that there is no status":                       {open(unknown), repeat(noStatus), event.StatusChanged},
		"R1 and a success resolves it":                        {open(unknown), repeat(found(run(0, 1), event.Success, ok)), event.StatusResolved},
		"R4 a missed run opens":                               {router.Past{}, firing(missed()), event.StatusOpen},
		"R4 and is news in an incident about a run":           {open(partial), repeat(missed()), event.StatusChanged},
		"R4 but only once":                                    {missedAfterRun, repeat(missed()), ""},
		"R4 a stale repeat of it is silent":                   {closed(missed()), repeat(missed()), ""},
		"R4 a fresh one is not":                               {closed(missed()), firing(missed()), event.StatusOpen},
		"R3 no status while a run is told is silent":          {open(partial), repeat(noStatus), ""},
		"R6 a run after a missed one that failed is news":     {missedAfterRun, repeat(found(run(2, 3), event.Partial, ok, failed)), event.StatusChanged},
		"R6 the run before the missed one is not news either": {missedAfterRun, repeat(found(run(0, 1), event.RepoFailure, failed)), ""},
		"R1 what was told half done and ends well is over":    {open(unsettled(found(run(0, 1), event.Partial, ok, pending))), router.Seen{Event: found(run(0, 1), event.Success, ok, ok)}, event.StatusResolved},
		"R1 but not when something in it had failed":          {open(unsettled(found(run(0, 1), event.Partial, failed, pending))), router.Seen{Event: found(run(0, 1), event.Success, ok)}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			if got := router.News(c.past, c.seen); got != c.want {
				t.Fatalf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestR6FailedRunsAreCountedByRun(t *testing.T) {
	first := told(found(run(0, 1), event.Partial, failed), at(1))
	for name, c := range map[string]struct {
		told router.Told
		e    event.Event
		want bool
	}{
		"the first":         {router.Told{}, found(run(0, 1), event.Partial, failed), true},
		"more of the same":  {first, found(run(0, 2), event.Partial, failed, failed), false},
		"the next night":    {first, found(run(24, 25), event.Partial, failed), true},
		"a missed one":      {first, missed(), true},
		"redis came back":   {told(because(event.Event{Kind: event.KindBackup}, event.CauseRedisUnavailable), time.Time{}), found(run(0, 1), event.Partial, failed), false},
		"a run of no state": {first, because(found(run(0, 1), event.RepoFailure), event.CauseNoStatus), true},
	} {
		if got := c.told.CountsAsRun(c.e); got != c.want {
			t.Errorf("%s: got %v", name, got)
		}
	}
}

func TestR6WhatWasToldOfARunStaysTold(t *testing.T) {
	both := told(found(run(0, 1), event.Partial, failed, failed), at(1))
	after := both.Tell(router.Seen{Event: found(run(0, 1), event.Partial, failed, ok)})
	if after.Modules["b"] != failed {
		t.Fatalf("module b was forgotten: %+v", after)
	}
	next := both.Tell(router.Seen{Event: found(run(24, 25), event.Partial, failed, ok)})
	if _, there := next.Modules["b"]; there {
		t.Fatalf("a newer run keeps nothing of the older one: %+v", next)
	}
}
