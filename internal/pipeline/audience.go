package pipeline

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"
	"time"

	"bellhop/internal/event"
)

// telling is one target that hears of one event.
type telling struct {
	to     event.Audience
	event  string       // the event's id
	as     event.Status // how it hears it
	before bool         // it was told of the incident before
	key    string       // the dedup key
	brief  event.Passed // what is said of it when something newer takes its place
	// reminder is when it was put, if it says again what has not changed.
	reminder time.Time
	repeat   int           // which repeat of the event it is; 0: it is told for the first time
	alerts   []event.Alert // that fire again, on a repeat
	failed   string        // the delivery that was set aside and that this one tries again; "": none
	// instead is there when a fallback is told.
	instead *event.Instead
	cef     *event.CEF // that is passed on
}

// named is the key that an event which is passed on wants to go through; "": any.
func named(e event.Event) string {
	if e.CEF == nil {
		return ""
	}
	return e.CEF.Target
}

// tells is that a target hears of e.
func tells(to event.Audience, e event.Event, as event.Status, before bool) telling {
	t := telling{to: to, event: e.ID, as: as, before: before, key: e.DedupKey, brief: e.Brief(), cef: e.CEF}
	t.brief.Status = as
	return t
}

// audience lists who hears of e: everybody in told, and whom the routes name
// besides, who hears it as something new (R10, R11).
func (p *Pipeline) audience(told []event.Audience, e event.Event) []telling {
	var all []telling
	for _, a := range told {
		all = append(all, tells(a, e, e.Status, true))
	}
	as := e.Status
	if as == event.StatusChanged {
		as = event.StatusOpen
	}
	for _, name := range p.Table.Sinks(e) {
		o := p.outlets[name]
		if e.Status == event.StatusSuccess && !o.Kind.Calm {
			continue
		}
		for _, target := range o.targets(told, e.DedupKey, named(e)) {
			a := event.Audience{Sink: name, Target: target}
			if !slices.Contains(told, a) {
				all = append(all, tells(a, e, as, false))
			}
		}
	}
	return all
}

// heard adds those who are told now to those who were.
func heard(told []event.Audience, now []telling) []event.Audience {
	all := slices.Clone(told)
	for _, t := range now {
		if !t.before {
			all = append(all, t.to)
		}
	}
	return all
}

// deliveryID is the same whenever the same event goes to the same target, so that
// the engine refuses to say it twice. It is printable and short, as a Message-ID
// must be.
func deliveryID(t telling) string {
	whom := t.to.Sink + "\x00" + t.to.Target
	if t.instead != nil { // the same event may have gone there by itself
		whom += "\x00" + t.instead.Sink + "\x00" + t.instead.Kind()
	}
	if !t.reminder.IsZero() {
		whom += "\x00" + t.reminder.Format(time.RFC3339Nano)
	}
	if t.repeat > 0 {
		whom += "\x00repeat " + strconv.Itoa(t.repeat)
	}
	return deliveryName(t.event, t.to.Sink, whom)
}

func deliveryName(event, sink, whom string) string {
	sum := sha256.Sum256([]byte(whom))
	return event + "-" + sink + "-" + hex.EncodeToString(sum[:8])
}
