package pipeline

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"bellhop/internal/event"
	"bellhop/internal/record"
	"bellhop/router/queue"
)

// telling is one target that hears of one event.
type telling struct {
	to     event.Audience
	event  string       // the event's id
	as     event.Status // how it hears it
	before bool         // it was told of the incident before
	key    string       // the dedup key
}

// audience lists who hears of e: everybody in told, and whom the routes name
// besides, who hears it as something new (R10, R11).
func (p *Pipeline) audience(told []event.Audience, e event.Event) []telling {
	var all []telling
	for _, a := range told {
		all = append(all, telling{to: a, event: e.ID, as: e.Status, before: true, key: e.DedupKey})
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
		for _, target := range o.Sink.Targets() {
			a := event.Audience{Sink: name, Target: target}
			if !slices.Contains(told, a) {
				all = append(all, telling{to: a, event: e.ID, as: as, key: e.DedupKey})
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

// deliveries are the jobs that carry the event, one a target. Those of one
// incident and target share a key, and so keep their order; the key is the dedup
// key, because a new incident must not overtake the end of the one before.
func (p *Pipeline) deliveries(o outcome, due time.Time) ([]queue.Job, error) {
	var jobs []queue.Job
	for _, t := range o.tell {
		d := record.Delivery{Event: t.event, Sink: t.to.Sink, Target: t.to.Target, As: t.as}
		if o.incident != nil {
			d.Incident = o.incident.ID
		}
		payload, err := json.Marshal(d)
		if err != nil {
			return nil, fmt.Errorf("encode delivery of event %s to %s: %w", t.event, t.to.Sink, err)
		}
		jobs = append(jobs, queue.Job{
			ID:      deliveryID(t),
			Lane:    record.Lane(t.to.Sink),
			Key:     t.key + "\x00" + t.to.Target,
			Due:     due,
			Keep:    true,
			Payload: payload,
		})
	}
	return jobs, nil
}

// deliveryID is the same whenever the same event goes to the same target, so that
// the engine refuses to say it twice. It is printable and short, as a Message-ID
// must be.
func deliveryID(t telling) string {
	sum := sha256.Sum256([]byte(t.to.Sink + "\x00" + t.to.Target))
	return t.event + "-" + t.to.Sink + "-" + hex.EncodeToString(sum[:8])
}
