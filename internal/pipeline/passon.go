package pipeline

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	api "github.com/PagerDuty/go-pagerduty"

	"bellhop/internal/event"
	"bellhop/internal/pdcef"
	"bellhop/internal/record"
	"bellhop/router/queue"
)

// passOn hands on one event of PagerDuty's format; the next one of the same dedup key has
// a turn of its own. A far end that takes such events gets each of them as it is. People
// hear of a trigger, of another one that says something else, and of the end.
func (p *Pipeline) passOn(ctx context.Context, look record.Look) (queue.Result, error) {
	v, err := p.readSome(ctx, look.Ref, p.Now(), 2) // this one, and whether there is another
	if err != nil {
		return queue.Result{}, err
	}
	v.firing, v.known.Firing, v.forEnd = nil, nil, look.Ending // events are no alerts
	if v.swept() {
		return p.forgetEvent(ctx, v)
	}
	more := len(v.waiting) > 1
	v.waiting = v.waiting[:1]
	told, err := p.oneEvent(ctx, v)
	if err != nil {
		return queue.Result{}, err
	}
	res, err := p.turnOut(ctx, v, told, p.Keep)
	if err != nil || !more {
		return res, err
	}
	job, err := lookJob(v.ref, p.Now())
	res.Step.Put = append(res.Step.Put, job)
	return res, err
}

// forgetEvent closes what was opened by an event so long ago that nothing else of that
// time is kept; nobody is told, because nobody knows that it is over (R9).
func (p *Pipeline) forgetEvent(ctx context.Context, v view) (queue.Result, error) {
	if v.known.Incident == "" {
		return queue.Result{}, nil
	}
	if left := p.Keep - p.Now().Sub(v.incident.Seen); left > 0 {
		return queue.Result{Again: p.Now().Add(left)}, nil
	}
	p.Log.Info("an event that was never resolved is forgotten", "about", subject(v.ref), "incident", v.incident.ID)
	in := v.incident
	in.State, in.Resolved, in.EndedBy = event.StatusResolved, p.Now(), event.EndedByUnreported
	return p.turnOut(ctx, v, outcome{incident: &in, closed: true}, 0)
}

// oneEvent is what the event that waits comes to. A row that cannot be read comes to
// nothing, and the log tells of it.
func (p *Pipeline) oneEvent(ctx context.Context, v view) (outcome, error) {
	var signal event.Signal
	if err := record.Decode(v.waiting[0], &signal); err != nil || signal.CEF == nil {
		return outcome{}, nil
	}
	cef := signal.CEF
	e, err := p.cefEvent(ctx, v, *cef)
	if err != nil { // far ends will refuse it with the reason, and so it is on record
		p.Log.Error("an event cannot be read; it is passed on as it is", "about", subject(v.ref), "err", err)
		return p.merely(e), nil
	}
	open := v.known.Incident != ""
	switch {
	case cef.Action == event.ActionChange, cef.Action != pdcef.Trigger && !open:
		return p.merely(e), nil
	case !open:
		return p.begin(v, e), nil
	case cef.Action == pdcef.Resolve:
		return p.resolve(v, &v.known, e, event.EndedBySuccess), nil
	}
	return p.develop(ctx, v, e)
}

// merely hands on an event that is about nothing that is open, as far as bellhop knows.
// An acknowledge and a resolve have no fields by which routes could choose, so where none
// does, they go to whoever may have heard what they are about.
func (p *Pipeline) merely(e event.Event) outcome {
	tell := p.passing(p.audience(nil, e))
	if len(tell) == 0 && e.CEF.Action != event.ActionChange {
		for _, o := range p.Outlets {
			if o.Kind.Passes {
				for _, target := range o.targets(nil, e.DedupKey, named(e)) {
					tell = append(tell, tells(event.Audience{Sink: o.Name, Target: target}, e, e.Status, false))
				}
			}
		}
	}
	if len(tell) == 0 {
		p.Log.Warn("an event was passed on to nobody: no route leads it to a sink of type pagerduty", "event", e.ID, "action", e.CEF.Action)
	}
	p.Observer.Told(e.Outcome)
	return outcome{event: &e, tell: tell}
}

// passing leaves those who take events as they are.
func (p *Pipeline) passing(all []telling) []telling {
	return slices.DeleteFunc(all, func(t telling) bool { return !p.outlets[t.to.Sink].Kind.Passes })
}

// develop hands on an event about what is open.
func (p *Pipeline) develop(ctx context.Context, v view, e event.Event) (outcome, error) {
	in := v.incident
	last, err := p.event(ctx, in.Last)
	if err != nil {
		p.Log.Warn("what was told last of an incident cannot be read", "incident", in.ID, "err", err)
	}
	news := e.CEF.Action == pdcef.Trigger && (err != nil || !sameWords(last, e))
	e = belongs(e, in)
	tell := slices.DeleteFunc(p.audience(in.Told, e), func(t telling) bool {
		return !p.outlets[t.to.Sink].Kind.Passes && !news && t.before
	})
	in.Seen = e.Time
	switch {
	case news:
		in.State, in.Changed, in.Last, in.Acked = e.Status, e.Time, e.ID, false
	case e.CEF.Action == pdcef.Acknowledge:
		in.Acked = true
		tell = slices.DeleteFunc(tell, func(t telling) bool { return !t.before })
	default:
		in.Repeats++
	}
	in.Told = heard(in.Told, tell)
	p.Observer.Told(e.Outcome)
	return outcome{event: &e, incident: &in, tell: tell}, nil
}

// sameWords tells whether people would read the same twice.
func sameWords(a, b event.Event) bool {
	return a.Payload != nil && b.Payload != nil && *a.Payload == *b.Payload && a.Severity == b.Severity
}

// cefEvent is the event of one that is passed on.
func (p *Pipeline) cefEvent(ctx context.Context, v view, cef event.CEF) (event.Event, error) {
	status := event.StatusChanged
	switch {
	case cef.Action == pdcef.Resolve:
		status = event.StatusResolved
	case cef.Action == pdcef.Trigger && v.known.Incident == "":
		status = event.StatusOpen
	}
	e := p.blank(event.KindEvent, status)
	e.DedupKey, e.CEF, e.Severity = cef.DedupKey, &cef, event.SeverityInfo
	switch cef.Action {
	case event.ActionChange:
		e.DedupKey = v.ref.Topic
		return e, readChange(&e, cef.Body)
	case pdcef.Trigger:
		return e, readTrigger(&e, cef.Body)
	}
	// The others have no words of their own: they speak of what was triggered.
	if v.known.Incident == "" {
		return e, nil
	}
	last, err := p.event(ctx, v.incident.Last)
	if err != nil {
		p.Log.Warn("what was told last of an incident cannot be read", "incident", v.incident.ID, "err", err)
		return e, nil
	}
	e.Payload = last.Payload
	if cef.Action == pdcef.Acknowledge {
		e.Severity = last.Severity
	}
	return e, nil
}

// readTrigger takes over what people read of a trigger.
func readTrigger(e *event.Event, body []byte) error {
	c, err := pdcef.Parse(body)
	if err != nil {
		return fmt.Errorf("read event of dedup key %q of the queue: %w", e.DedupKey, err)
	}
	p := c.Payload
	e.Payload = &event.Payload{Summary: p.Summary, Source: p.Source, Component: p.Component, Group: p.Group, Class: p.Class}
	e.Severity = event.ReadSeverity(p.Severity)
	e.Notes = details(p)
	return nil
}

func readChange(e *event.Event, body []byte) error {
	c, err := pdcef.ParseChange(body)
	if err != nil {
		return fmt.Errorf("read change event of the queue: %w", err)
	}
	e.Payload = &event.Payload{Summary: c.Payload.Summary, Source: c.Payload.Source}
	return nil
}

const (
	maxDetails = 20
	maxDetail  = 500 // bytes
)

// details are the custom details, a line each.
func details(p *api.V2Payload) []string {
	all := []string{}
	m, _ := p.Details.(map[string]any)
	for _, name := range slices.Sorted(maps.Keys(m)) {
		if len(all) == maxDetails {
			return append(all, fmt.Sprintf("and %d more", len(m)-maxDetails))
		}
		text, ok := m[name].(string)
		if !ok {
			b, err := json.Marshal(m[name])
			if err != nil {
				continue // does not happen: it was JSON
			}
			text = string(b)
		}
		all = append(all, shortened(name+": "+text))
	}
	return all
}

func shortened(text string) string {
	if len(text) <= maxDetail {
		return text
	}
	return strings.ToValidUTF8(text[:maxDetail], "") + "…"
}
