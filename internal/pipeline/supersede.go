package pipeline

import (
	"cmp"
	"fmt"
	"slices"

	"bellhop/internal/event"
	"bellhop/internal/record"
	"bellhop/sinks"
)

// waiting is a delivery that has not ended.
type waiting struct {
	id    string
	heard bool // the far end may know of it already
	record.Delivery
}

// change is what the coming of a newer delivery changes.
type change struct {
	drop   []string // ids of those whose place it takes
	reason string   // why, for their records
	put    bool     // it is to be sent itself
	next   record.Delivery
}

// maxEarlier is how many superseded messages one tells of: the first and the newest.
const maxEarlier = 10

// supersede decides by R14 what becomes of those that wait, oldest first, when next
// comes. Only what nobody can have heard of may be dropped.
func supersede(how sinks.Superseding, before []waiting, next record.Delivery) change {
	c := change{put: true, next: next, reason: fmt.Sprintf("event %s took its place", next.Event)}
	unheard := slices.DeleteFunc(slices.Clone(before), func(w waiting) bool { return w.heard })
	switch how {
	case sinks.KeepLatest:
		c.takePlaceOf(unheard)
		for _, w := range unheard {
			c.next.Earlier = passed(append(append(c.next.Earlier, w.Earlier...), w.Brief))
		}
	case sinks.KeepNews:
		c.takePlaceOf(unheard)
		if next.As == event.StatusResolved && opens(unheard) {
			c.put = false
			c.reason = fmt.Sprintf("the incident ended (event %s) before anybody had heard of it", next.Event)
		}
	case sinks.KeepDistinct:
		n := len(before)
		c.put = n == 0 || next.Same == "" || before[n-1].Same != next.Same
	case sinks.KeepBegun:
		if next.As != event.StatusResolved {
			break
		}
		c.takePlaceOf(unheard)
		if opens(unheard) && len(unheard) == len(before) {
			c.put = false
			c.reason = fmt.Sprintf("the incident ended (event %s) before it was begun", next.Event)
		}
	case sinks.KeepOpenEnd:
		if next.As == event.StatusChanged {
			c.takePlaceOf(slices.DeleteFunc(unheard, func(w waiting) bool { return w.As != event.StatusChanged }))
		}
	}
	return c
}

// takePlaceOf drops those deliveries. Where one of them would have been the first
// that was heard of the incident, the newer one is, and where one of them was told in
// place of another sink, it says so.
func (c *change) takePlaceOf(unheard []waiting) {
	for _, w := range unheard {
		c.drop = append(c.drop, w.id)
		c.next.Instead = cmp.Or(c.next.Instead, w.Instead)
	}
	if opens(unheard) {
		c.next.Again = false
		if c.next.As == event.StatusChanged {
			c.next.As = event.StatusOpen
		}
	}
}

// opens tells whether one of them is the first that its target hears of the incident.
func opens(all []waiting) bool {
	return slices.ContainsFunc(all, func(w waiting) bool { return w.As == event.StatusOpen && !w.Again })
}

// passed bounds a history.
func passed(all []event.Passed) []event.Passed {
	if over := len(all) - maxEarlier; over > 0 {
		return append(all[:1:1], all[1+over:]...)
	}
	return all
}
