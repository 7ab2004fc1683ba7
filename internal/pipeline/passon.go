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
	v, err := p.read(ctx, look.Ref, p.Now())
	if err != nil {
		return queue.Result{}, err
	}
	v.firing, v.known.Firing = nil, nil // events are no alerts
	if v.swept() {
		return p.forgetEvent(ctx, v)
	}
	more := len(v.waiting) > 1
	v.waiting, v.signals = v.waiting[:1], v.signals[:min(len(v.signals), 1)]
	o, err := p.oneEvent(ctx, v)
	if err != nil {
		return queue.Result{}, err
	}
	res, err := p.turnOut(ctx, v, o, p.Keep)
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

// oneEvent is what the first event that waits comes to. One that cannot be read is told of
// in the log by whoever read it, and comes to nothing.
func (p *Pipeline) oneEvent(ctx context.Context, v view) (outcome, error) {
	if len(v.signals) == 0 || v.signals[0].CEF == nil {
		return outcome{}, nil
	}
	cef := v.signals[0].CEF
	e, err := p.cefEvent(ctx, v, *cef)
	if err != nil {
		return outcome{}, err
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

// merely hands on an event that is about nothing that is open.
func (p *Pipeline) merely(e event.Event) outcome {
	tell := slices.DeleteFunc(p.audience(nil, e), func(t telling) bool { return !p.outlets[t.to.Sink].Kind.Passes })
	if len(tell) == 0 {
		p.Log.Warn("an event was passed on to nobody: no route leads it to a sink of type pagerduty", "event", e.ID, "action", e.CEF.Action)
	}
	return outcome{event: &e, tell: tell}
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
	in.Seen, in.Repeats = e.Time, in.Repeats+1
	if e.CEF.Action == pdcef.Trigger {
		in.State, in.Changed, in.Last, in.Told = e.Status, e.Time, e.ID, heard(in.Told, tell)
	} else {
		tell = slices.DeleteFunc(tell, func(t telling) bool { return !t.before })
	}
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
	case v.known.Incident == "":
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
