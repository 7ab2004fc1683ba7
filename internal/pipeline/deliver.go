package pipeline

import (
	"context"
	"fmt"

	"bellhop/internal/event"
	"bellhop/internal/record"
	"bellhop/internal/retry"
	"bellhop/router/queue"
	"bellhop/sinks"
)

// Sends returns the handler of a sink's lane.
func (p *Pipeline) Sends(o Outlet) queue.Handler { return sends{p, o} }

type sends struct {
	p *Pipeline
	o Outlet
}

// Handle renders a delivery as things stand now and hands it to the sink.
func (s sends) Handle(ctx context.Context, lease queue.Lease) (queue.Result, error) {
	s.p = s.p.live.Load()
	d, err := record.ReadDelivery(lease.Job)
	if err != nil {
		return queue.Result{}, retry.Permanent(err)
	}
	e, err := s.event(ctx, d)
	if err != nil {
		return queue.Result{}, err
	}
	memory, err := s.p.Engine.Get(ctx, record.MemoryKey(d.Incident, audienceOf(d)))
	if err != nil {
		return queue.Result{}, ours(fmt.Errorf("read what %s remembers of incident %s: %w", d.Sink, d.Incident, err))
	}
	text, fault := s.render(e)
	receipt, err := s.o.Sink.Send(ctx, sinks.Message{
		ID: lease.ID, Target: d.Target, Event: e, Text: text, Memory: memory.Value, Heard: lease.Heard, Attempt: attempt(lease.Job),
	})
	if err == nil {
		s.p.Log.Info("delivered", "sink", d.Sink, "target", d.Target, "status", e.Status, "about", e.About(),
			"delivery", lease.ID, "answer", receipt.Status)
	}
	result := queue.Result{Status: receipt.Status}
	if fault != nil {
		result.Status += " (as plain text: " + fault.Error() + ")"
	}
	if receipt.Memory != nil && d.Incident != "" {
		result.Step.Set = []queue.Row{{Key: memory.Key, Value: receipt.Memory}}
	}
	return result, err
}

// attempt is which attempt of the job this is. Of those before, one that never ended is
// in no record.
func attempt(j queue.Job) int {
	n := 1 + max(len(j.Attempts), j.Tries)
	if !j.Begun.IsZero() {
		n++
	}
	return n
}

// ours marks trouble with the queue itself: this delivery comes again, and no far end
// is taken for down.
func ours(err error) error { return retry.Refused(retry.After(0, err)) }

func audienceOf(d record.Delivery) event.Audience {
	return event.Audience{Sink: d.Sink, Target: d.Target}
}

// event reads the event as this target shall hear it.
func (s sends) event(ctx context.Context, d record.Delivery) (event.Event, error) {
	e, err := s.p.event(ctx, d.Event)
	e.Status, e.History, e.Instead = d.As, d.Earlier, d.Instead
	if d.Alerts != nil {
		e.Alerts = d.Alerts
	}
	if !d.Reminder.IsZero() {
		e = asReminder(e, d.Reminder)
	}
	return e, err
}

// event reads an event. That it is gone, or cannot be read, no later try mends.
func (p *Pipeline) event(ctx context.Context, id string) (event.Event, error) {
	var e event.Event
	row, err := p.Engine.Get(ctx, record.EventKey(id))
	if err != nil {
		return e, ours(fmt.Errorf("read event %s: %w", id, err))
	}
	if row.Rev == 0 {
		return e, retry.Permanent(fmt.Errorf("read event %s: it is no longer in the queue", id))
	}
	return e, retry.Permanent(record.Decode(row, &e))
}

// render words the parts that the kind asks for. A template that fails costs its
// wording, not the notice: the renderer's plain text goes out and the fault is
// reported.
func (s sends) render(e event.Event) (map[string]string, error) {
	text := make(map[string]string)
	var fault error
	for _, part := range s.o.Kind.Parts {
		var err error
		if text[part], err = s.p.Templates.Render(part, e); err != nil {
			fault = err
			s.p.Log.Error("a template failed, its plain text goes out", "sink", s.o.Name, "event", e.ID, "err", err)
		}
	}
	return text, fault
}
