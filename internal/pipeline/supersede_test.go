package pipeline

import (
	"slices"
	"strings"
	"testing"

	"bellhop/internal/event"
	"bellhop/internal/record"
	"bellhop/sinks"
)

func TestR14WhatANewerMessageDoesToThoseThatWait(t *testing.T) {
	const open, changed, resolved = event.StatusOpen, event.StatusChanged, event.StatusResolved
	for _, c := range []struct {
		name   string
		how    sinks.Superseding
		before string // of those that wait; with ! when they may have been heard, with + when others were
		next   event.Status
		drop   string // ids, from 1
		as     event.Status
		put    bool
		passed int
	}{
		{"all goes", sinks.KeepAll, "open changed", resolved, "", resolved, true, 0},
		{"nothing waits", sinks.KeepLatest, "", changed, "", changed, true, 0},

		{"latest: a change of an open one is what is heard first", sinks.KeepLatest, "open", changed, "1", open, true, 1},
		{"latest: the end tells all", sinks.KeepLatest, "open changed", resolved, "1 2", resolved, true, 2},
		{"latest: what may be heard stays", sinks.KeepLatest, "open! changed", changed, "2", changed, true, 1},

		{"news: the latest trigger", sinks.KeepNews, "open changed", changed, "1 2", open, true, 0},
		{"news: nobody heard, nobody hears the end", sinks.KeepNews, "open changed", resolved, "1 2", resolved, false, 0},
		{"news: it was heard, so its end is", sinks.KeepNews, "open! changed", resolved, "2", resolved, true, 0},
		{"news: it was sent, so its end is", sinks.KeepNews, "changed", resolved, "1", resolved, true, 0},

		{"begun: each goes by itself", sinks.KeepBegun, "open changed", changed, "", changed, true, 0},
		{"begun: nothing was begun, so nothing is to end", sinks.KeepBegun, "open changed", resolved, "1 2", resolved, false, 0},
		{"begun: what runs is to hear the end, what waits is not begun", sinks.KeepBegun, "open! changed", resolved, "2", resolved, true, 0},
		{"begun: what runs is to hear the end, whichever it is", sinks.KeepBegun, "open changed!", resolved, "1", resolved, true, 0},
		{"begun: it has run, so its end goes out", sinks.KeepBegun, "", resolved, "", resolved, true, 0},
		{"begun: it has run, so its end goes out though a change waits", sinks.KeepBegun, "changed", resolved, "1", resolved, true, 0},

		{"open and end: updates are one", sinks.KeepOpenEnd, "open changed", changed, "2", changed, true, 0},
		{"open and end: both go", sinks.KeepOpenEnd, "open", resolved, "", resolved, true, 0},
		{"open and end: what may be heard stays", sinks.KeepOpenEnd, "changed!", changed, "", changed, true, 0},
		{"news: it was sent once more by hand, so its end is", sinks.KeepNews, "open+", resolved, "1", resolved, true, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			var before []waiting
			for i, word := range strings.Fields(c.before) {
				as, heard := strings.CutSuffix(word, "!")
				as, again := strings.CutSuffix(as, "+")
				before = append(before, waiting{
					id: string(rune('1' + i)), heard: heard,
					Delivery: record.Delivery{As: event.Status(as), Again: again, Brief: event.Passed{Event: word}},
				})
			}
			got := supersede(c.how, before, record.Delivery{Event: "new", As: c.next})
			if strings.Join(got.drop, " ") != c.drop || got.put != c.put || got.next.As != c.as || len(got.next.Earlier) != c.passed {
				t.Errorf("got %+v", got)
			}
			if !strings.Contains(got.reason, "event new") {
				t.Errorf("the reason %q does not name the event", got.reason)
			}
		})
	}
}

func TestR14AHistoryKeepsItsBeginningAndItsEnd(t *testing.T) {
	var d record.Delivery
	for i := range 50 {
		next := record.Delivery{As: event.StatusChanged, Brief: event.Passed{Failed: i + 1}}
		d = supersede(sinks.KeepLatest, []waiting{{Delivery: d}}, next).next
	}
	var failed []int
	for _, p := range d.Earlier {
		failed = append(failed, p.Failed)
	}
	if want := []int{0, 41, 42, 43, 44, 45, 46, 47, 48, 49}; !slices.Equal(failed, want) {
		t.Errorf("kept %v, want %v", failed, want)
	}
}
