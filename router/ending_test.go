package router_test

import (
	"testing"
	"time"

	"bellhop/internal/event"
	"bellhop/router"
)

func TestR7WhatEndsAnIncidentOfWhichNoAlertFires(t *testing.T) {
	const minute = time.Minute
	read := func(newest time.Time) router.Glance {
		return router.Glance{Readable: true, Newest: newest}
	}
	gone := router.Glance{Readable: true, Gone: true, GoneBy: event.EndedByPlanGone}
	blind := router.Glance{Newest: at(-1)}
	fresh := event.Ending{Since: noon}
	seen := event.Ending{Since: noon, Read: true}
	blindSince := func(from, last time.Duration) event.Ending {
		return event.Ending{Since: noon, Blind: noon.Add(from), Tried: noon.Add(last)}
	}
	for name, c := range map[string]struct {
		ending event.Ending
		now    time.Duration // after noon
		seen   router.Glance
		by     event.EndedBy
		again  time.Duration // after noon
	}{
		"a plan that is gone":                       {fresh, 0, gone, event.EndedByPlanGone, 6 * time.Hour},
		"of no plan there is nothing to wait for":   {fresh, 0, router.Glance{Readable: true, Gone: true, GoneBy: event.EndedByUnreported}, event.EndedByUnreported, 6 * time.Hour},
		"perhaps it is running again":               {fresh, 0, read(at(-1)), "", 6 * time.Hour},
		"no status comes":                           {seen, 6*time.Hour - 1, read(at(-1)), "", 6 * time.Hour},
		"for as long as a run may be silent":        {seen, 6 * time.Hour, read(at(-1)), event.EndedByUnreported, 6 * time.Hour},
		"while statuses arrive":                     {seen, 9 * time.Hour, read(at(5)), "", 11 * time.Hour},
		"until they no longer do":                   {seen, 11 * time.Hour, read(at(5)), event.EndedByUnreported, 11 * time.Hour},
		"and for a day at most":                     {seen, 24*time.Hour - 1, read(at(23)), "", 24 * time.Hour},
		"however many more arrive":                  {seen, 24 * time.Hour, read(at(23)), event.EndedByUnreported, 24 * time.Hour},
		"redis is away":                             {fresh, 0, blind, "", minute},
		"not for long":                              {blindSince(0, 4*minute), 5*minute - 1, blind, "", 6*minute - 1},
		"for 5 minutes":                             {blindSince(0, 4*minute), 5 * minute, blind, event.EndedByUnreadable, 6 * minute},
		"nobody looked in between":                  {blindSince(0, 0), time.Hour, blind, "", time.Hour + minute},
		"the clock was set back":                    {blindSince(0, 4*minute), -time.Hour, blind, "", minute - time.Hour},
		"away later on, nothing is made of it":      {seen, 5 * time.Hour, blind, "", 24 * time.Hour},
		"nor at the end of the day, not at once":    {seen, 24 * time.Hour, blind, "", 24*time.Hour + minute},
		"but after 5 minutes":                       {event.Ending{Since: noon, Read: true, Blind: at(24), Tried: at(24).Add(4 * minute)}, 24*time.Hour + 5*minute, blind, event.EndedByUnreadable, 24*time.Hour + 6*minute},
		"back again, it is as if it never was away": {blindSince(0, 4*minute), 5 * minute, read(at(-1)), "", 6 * time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			c.seen.Now = noon.Add(c.now)
			next, by, again := router.Ends(c.ending, c.seen)
			if by != c.by || !again.Equal(noon.Add(c.again)) {
				t.Errorf("got %q, again after %v, want %q, %v", by, again.Sub(noon), c.by, c.again)
			}
			if !next.Since.Equal(noon) || next.Read != (c.ending.Read || c.seen.Readable) || next.Blind.IsZero() == !c.seen.Readable && !c.ending.Read {
				t.Errorf("remembers %+v", next)
			}
		})
	}
}
