package admin

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"bellhop/internal/event"
	"bellhop/internal/record"
	"bellhop/internal/secret"
	"bellhop/router/queue"
)

// Delivery is one event for one target of one sink.
type Delivery struct {
	ID       string       `json:"id"`
	Event    string       `json:"event"`
	Incident string       `json:"incident"` // empty for an event that belongs to none
	Plan     string       `json:"plan"`     // what the event's plan, alert or event is called; empty when it is no longer kept
	Sink     string       `json:"sink"`
	Target   string       `json:"target"`
	As       event.Status `json:"as"` // how the target hears it
	// Reminder is true when it says again what has not changed.
	Reminder bool `json:"reminder,omitempty"`
	// Instead is there when a fallback is told: in whose place, and why.
	Instead *event.Instead `json:"instead,omitempty"`
	// Earlier is what it took the place of, oldest first.
	Earlier []event.Passed `json:"earlier,omitempty"`
	State   queue.State    `json:"state"`
	// Reason says why it ended as it did where the state does not tell.
	Reason   string    `json:"reason"`
	Attempts []Attempt `json:"attempts"`
	// Heard is true when the far end may know of it.
	Heard bool      `json:"heard"`
	Put   time.Time `json:"put"`
	// Due is the time before which it is not tried; null once it has ended.
	Due   *time.Time `json:"due"`
	Ended *time.Time `json:"ended"` // null while it waits
	Seq   uint64     `json:"seq"`   // order of putting; what after takes
}

// Attempt is what became of one try.
type Attempt struct {
	At          time.Time `json:"at"`
	TookSeconds float64   `json:"took_seconds"`
	Status      string    `json:"status"` // the far end's answer
	Error       string    `json:"error"`
}

// Deliveries is a part of the delivery log, newest first.
type Deliveries struct {
	Deliveries []Delivery `json:"deliveries"`
	tail
}

func (h *handler) deliveries(r *http.Request) (any, error) {
	q, err := jobQuery(r)
	if err != nil {
		return nil, err
	}
	jobs, err := h.jobs(r.Context(), q, r.URL.Query().Get("sink"))
	if err != nil {
		return nil, fmt.Errorf("read the deliveries: %w", err)
	}
	var t tail
	if len(jobs) == q.Limit {
		t.Next = strconv.FormatUint(jobs[len(jobs)-1].Seq, 10)
	}
	all := make([]Delivery, 0, len(jobs))
	plans := make(map[string]string)
	for _, j := range jobs {
		d, err := readDelivery(j)
		if err != nil {
			h.damaged(&t, err)
			continue
		}
		if d.Plan, err = h.plan(r.Context(), d.Event, plans); err != nil {
			return nil, err
		}
		all = append(all, d)
	}
	return Deliveries{all, t}, nil
}

// jobs reads a page, of all sinks or of one, which may have lanes of keys beside its own.
func (h *handler) jobs(ctx context.Context, q queue.JobQuery, sink string) ([]queue.Job, error) {
	if sink == "" {
		return h.Engine.Jobs(ctx, q)
	}
	own, keys := q, q
	own.Lane, keys.Prefix = record.Lane(sink), record.KeyLane(sink, "")
	all, err := h.Engine.Jobs(ctx, own)
	if err != nil {
		return nil, err
	}
	more, err := h.Engine.Jobs(ctx, keys)
	all = append(all, more...)
	slices.SortFunc(all, func(a, b queue.Job) int { return cmp.Compare(b.Seq, a.Seq) })
	return all[:min(len(all), q.Limit)], err
}

// delivery shows the newest delivery of an id.
func (h *handler) delivery(r *http.Request) (any, error) {
	id := r.PathValue("id")
	jobs, err := h.Engine.Jobs(r.Context(), queue.JobQuery{ID: id, Prefix: record.Outbound, Limit: 1})
	if err != nil {
		return nil, fmt.Errorf("read delivery %q: %w", id, err)
	}
	if len(jobs) == 0 {
		return nil, refusal{code: http.StatusNotFound, text: fmt.Sprintf("there is no delivery %q: /api/v1/deliveries lists those that are kept", id)}
	}
	d, err := readDelivery(jobs[0])
	if err != nil {
		h.Log.Error("a damaged delivery cannot be shown", "reason", err)
		return nil, refusal{code: http.StatusInternalServerError, text: err.Error()}
	}
	d.Plan, err = h.plan(r.Context(), d.Event, make(map[string]string))
	return d, err
}

// plan says what an event's plan is called. Known holds those asked for before.
func (h *handler) plan(ctx context.Context, id string, known map[string]string) (string, error) {
	if name, ok := known[id]; ok {
		return name, nil
	}
	row, err := h.Engine.Get(ctx, record.EventKey(id))
	if err != nil {
		return "", fmt.Errorf("read event %q: %w", id, err)
	}
	if e, err := readEvent(row); err == nil { // else it is gone, or the list of events tells
		known[id] = e.About()
	} else {
		known[id] = ""
	}
	return known[id], nil
}

// States lists the states of a delivery.
func States() []queue.State {
	return []queue.State{queue.Queued, queue.Sent, queue.Dead, queue.Superseded, queue.Skipped, queue.Dropped}
}

func jobQuery(r *http.Request) (queue.JobQuery, error) {
	values := r.URL.Query()
	p, err := pageOf(values)
	if err != nil {
		return queue.JobQuery{}, err
	}
	q := queue.JobQuery{Prefix: record.Outbound, Limit: p.limit, State: queue.State(values.Get("state"))}
	if q.State != "" && !slices.Contains(States(), q.State) {
		return q, bad("state", string(q.State), "give queued, sent, dead, superseded, skipped or dropped")
	}
	if p.after != "" {
		q.After, err = strconv.ParseUint(p.after, 10, 64)
		if err != nil || q.After == 0 {
			return q, bad("after", p.after, `give the seq of the last delivery seen, which the answer also calls "next"`)
		}
	}
	return q, nil
}

func readDelivery(j queue.Job) (Delivery, error) {
	d, err := record.ReadDelivery(j)
	if err != nil {
		return Delivery{}, err
	}
	if d.Event == "" || d.Sink == "" {
		return Delivery{}, fmt.Errorf("read delivery %q of the queue: it names no event or no sink", j.ID)
	}
	out := Delivery{
		ID: j.ID, Event: d.Event, Incident: d.Incident, Sink: d.Sink, Target: d.Target, As: d.As,
		State: j.State, Reason: secret.Redact(j.Reason), Attempts: make([]Attempt, 0, len(j.Attempts)),
		Heard: j.Heard, Put: j.Put, Ended: known(j.Ended), Seq: j.Seq,
		Reminder: !d.Reminder.IsZero(), Instead: d.Instead, Earlier: d.Earlier,
	}
	if d.Instead != nil {
		out.Instead.Reason = secret.Redact(d.Instead.Reason)
	}
	if j.State == queue.Queued {
		out.Due = known(j.Due)
	}
	for _, a := range j.Attempts {
		out.Attempts = append(out.Attempts, Attempt{
			At: a.At, TookSeconds: a.Took.Seconds(), Status: secret.Redact(a.Status), Error: secret.Redact(a.Error),
		})
	}
	return out, nil
}
