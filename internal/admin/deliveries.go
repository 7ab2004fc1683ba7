package admin

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"bellhop/internal/event"
	"bellhop/internal/record"
	"bellhop/router/queue"
)

// delivery is one event for one target of one sink.
type delivery struct {
	ID       string       `json:"id"`
	Event    string       `json:"event"`
	Incident string       `json:"incident"` // empty for an event that belongs to none
	Sink     string       `json:"sink"`
	Target   string       `json:"target"`
	As       event.Status `json:"as"` // how the target hears it
	State    queue.State  `json:"state"`
	Attempts []attempt    `json:"attempts"`
	Put      time.Time    `json:"put"`
	// Due is the time before which it is not tried; null once it has ended.
	Due *time.Time `json:"due"`
	Seq uint64     `json:"seq"` // order of putting; what after takes
}

type attempt struct {
	At          time.Time `json:"at"`
	TookSeconds float64   `json:"took_seconds"`
	Status      string    `json:"status"`
	Error       string    `json:"error"`
}

func (h *handler) deliveries(r *http.Request) (any, error) {
	q, err := jobQuery(r)
	if err != nil {
		return nil, err
	}
	jobs, err := h.engine.Jobs(r.Context(), q)
	if err != nil {
		return nil, fmt.Errorf("read the deliveries: %w", err)
	}
	var t tail
	if len(jobs) == q.Limit {
		t.Next = strconv.FormatUint(jobs[len(jobs)-1].Seq, 10)
	}
	all := make([]delivery, 0, len(jobs))
	for _, j := range jobs {
		d, err := readDelivery(j)
		if err != nil {
			h.damaged(&t, err)
			continue
		}
		all = append(all, d)
	}
	return struct {
		Deliveries []delivery `json:"deliveries"`
		tail
	}{all, t}, nil
}

func jobQuery(r *http.Request) (queue.JobQuery, error) {
	values := r.URL.Query()
	p, err := pageOf(values)
	if err != nil {
		return queue.JobQuery{}, err
	}
	q := queue.JobQuery{Prefix: record.Outbound, Limit: p.limit, State: queue.State(values.Get("state"))}
	if sink := values.Get("sink"); sink != "" {
		q.Lane = record.Lane(sink)
	}
	states := []queue.State{"", queue.Queued, queue.Sent, queue.Dead, queue.Superseded, queue.Dropped}
	if !slices.Contains(states, q.State) {
		return q, bad("state", string(q.State), "give queued, sent, dead, superseded or dropped")
	}
	if p.after != "" {
		q.After, err = strconv.ParseUint(p.after, 10, 64)
		if err != nil || q.After == 0 {
			return q, bad("after", p.after, `give the seq of the last delivery seen, which the answer also calls "next"`)
		}
	}
	return q, nil
}

func readDelivery(j queue.Job) (delivery, error) {
	d, err := record.ReadDelivery(j)
	if err != nil {
		return delivery{}, err
	}
	if d.Event == "" || d.Sink == "" {
		return delivery{}, fmt.Errorf("read delivery %q of the queue: it names no event or no sink", j.ID)
	}
	out := delivery{
		ID: j.ID, Event: d.Event, Incident: d.Incident, Sink: d.Sink, Target: d.Target, As: d.As,
		State: j.State, Attempts: make([]attempt, 0, len(j.Attempts)), Put: j.Put, Seq: j.Seq,
	}
	if j.State == queue.Queued {
		out.Due = known(j.Due)
	}
	for _, a := range j.Attempts {
		out.Attempts = append(out.Attempts, attempt{At: a.At, TookSeconds: a.Took.Seconds(), Status: a.Status, Error: a.Error})
	}
	return out, nil
}
