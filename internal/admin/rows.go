package admin

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"bellhop/internal/event"
	"bellhop/internal/record"
	"bellhop/router/queue"
)

// scan reads a page of the rows under prefix, the newest first.
func (h *handler) scan(r *http.Request, prefix string) ([]queue.Row, tail, error) {
	p, err := pageOf(r.URL.Query())
	if err != nil {
		return nil, tail{}, err
	}
	q := queue.RowQuery{Prefix: prefix, Limit: p.limit, Desc: true}
	if p.after != "" {
		q.After = prefix + p.after
	}
	rows, err := h.Engine.Scan(r.Context(), q)
	if err != nil {
		return nil, tail{}, fmt.Errorf("read the rows %s…: %w", prefix, err)
	}
	var t tail
	if len(rows) == p.limit {
		t.Next = strings.TrimPrefix(rows[len(rows)-1].Key, prefix)
	}
	return rows, t, nil
}

// damaged notes a row, or a job, that cannot be read.
func (h *handler) damaged(t *tail, err error) {
	t.Unreadable++
	h.Log.Error("a damaged row is left out of the answer", "reason", err)
}

func (h *handler) events(r *http.Request) (any, error) {
	rows, t, err := h.scan(r, record.Events)
	if err != nil {
		return nil, err
	}
	all := make([]event.Event, 0, len(rows))
	for _, row := range rows {
		e, err := readEvent(row)
		if err != nil {
			h.damaged(&t, err)
			continue
		}
		all = append(all, e)
	}
	return struct {
		Events []event.Event `json:"events"`
		tail
	}{all, t}, nil
}

func (h *handler) event(r *http.Request) (any, error) {
	id := r.PathValue("id")
	row, err := h.Engine.Get(r.Context(), record.EventKey(id))
	if err != nil {
		return nil, fmt.Errorf("read event %q: %w", id, err)
	}
	if row.Rev == 0 {
		return nil, refusal{code: http.StatusNotFound, text: fmt.Sprintf("there is no event %q: /api/v1/events lists those that are kept", id)}
	}
	e, err := readEvent(row)
	if err != nil {
		h.Log.Error("a damaged row cannot be shown", "reason", err)
		return nil, refusal{code: http.StatusInternalServerError, text: err.Error()}
	}
	return e, nil
}

// errHollow is said of a row that is JSON, but not of what its key says.
var errHollow = errors.New("it has no id of its own")

// readEvent reads an event, with lists that are empty rather than null.
func readEvent(row queue.Row) (event.Event, error) {
	var e event.Event
	if err := record.Decode(row, &e); err != nil {
		return e, err
	}
	if record.EventKey(e.ID) != row.Key {
		return e, fmt.Errorf("read row %q of the queue: %w", row.Key, errHollow)
	}
	filled(&e.Modules)
	filled(&e.Alerts)
	filled(&e.Notes)
	return e, nil
}

func filled[T any](list *[]T) {
	if *list == nil {
		*list = []T{}
	}
}

// incident is an incident whose times are null, not absent, until they come. Ending is
// since when none of its alerts fires.
type incident struct {
	event.Incident
	Changed  *time.Time `json:"changed"`
	Ending   *time.Time `json:"ending"`
	Resolved *time.Time `json:"resolved"`
}

func (h *handler) incidents(r *http.Request) (any, error) {
	rows, t, err := h.scan(r, record.Incidents)
	if err != nil {
		return nil, err
	}
	all := make([]incident, 0, len(rows))
	for _, row := range rows {
		i, err := readIncident(row)
		if err != nil {
			h.damaged(&t, err)
			continue
		}
		all = append(all, i)
	}
	return struct {
		Incidents []incident `json:"incidents"`
		tail
	}{all, t}, nil
}

func readIncident(row queue.Row) (incident, error) {
	var i event.Incident
	if err := record.Decode(row, &i); err != nil {
		return incident{}, err
	}
	if record.IncidentKey(i.ID) != row.Key {
		return incident{}, fmt.Errorf("read row %q of the queue: %w", row.Key, errHollow)
	}
	filled(&i.Told)
	filled(&i.Was.Modules)
	shown := incident{Incident: i, Changed: known(i.Changed), Resolved: known(i.Resolved)}
	if i.Ending != nil {
		shown.Ending = &i.Ending.Since
	}
	return shown, nil
}

// known is nil for a time that has not come.
func known(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
