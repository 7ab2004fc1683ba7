package intake

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"bellhop/internal/event"
	"bellhop/internal/pdcef"
)

// What PagerDuty answers (https://developer.pagerduty.com/docs/events-api-v2/overview/),
// so that its clients find nothing strange.
type (
	processed struct {
		Status   string `json:"status"`
		Message  string `json:"message"`
		DedupKey string `json:"dedup_key,omitempty"`
	}
	invalid struct {
		Status  string   `json:"status"`
		Message string   `json:"message"`
		Errors  []string `json:"errors"`
	}
)

// enqueued is what POST / answers to an event.
type enqueued struct {
	Status string          `json:"status"`
	Data   json.RawMessage `json:"data"`
}

// enqueue takes an event of PagerDuty's format.
func (h *Handler) enqueue(r *http.Request, body []byte) (answer, error) {
	cef, err := h.cef(r, body)
	if err != nil {
		return answer{}, err
	}
	return answer{code: http.StatusAccepted, body: processed{"success", "Event processed", cef.DedupKey}}, nil
}

// either takes an alert or an event.
func (h *Handler) either(r *http.Request, body []byte) (answer, error) {
	if !looksLikeCEF(body) {
		return h.alerts(r, body)
	}
	cef, err := h.cef(r, body)
	if err != nil {
		return answer{}, err
	}
	return answer{code: http.StatusAccepted, body: enqueued{"enqueued", cef.Body}}, nil
}

// looksLikeCEF tells an event from an alert by a field that an alert does not have.
func looksLikeCEF(body []byte) bool {
	var shape struct {
		Action  json.RawMessage `json:"event_action"`
		Payload json.RawMessage `json:"payload"`
		Alerts  json.RawMessage `json:"alerts"`
	}
	return json.Unmarshal(body, &shape) == nil && shape.Alerts == nil && (shape.Action != nil || shape.Payload != nil)
}

// cef reads an event and has it kept.
func (h *Handler) cef(r *http.Request, body []byte) (event.CEF, error) {
	e, err := pdcef.Parse(body)
	if err != nil {
		return event.CEF{}, h.unfit(err)
	}
	if e.DedupKey == "" {
		e.DedupKey = strings.ToLower(rand.Text())
	}
	key := e.RoutingKey
	e.RoutingKey = ""
	return h.pass(r, key, event.CEF{Action: e.Action, DedupKey: e.DedupKey}, e)
}

// change takes a change event.
func (h *Handler) change(r *http.Request, body []byte) (answer, error) {
	e, err := pdcef.ParseChange(body)
	if err != nil {
		return answer{}, h.unfit(err)
	}
	key := e.RoutingKey
	e.RoutingKey = ""
	if _, err := h.pass(r, key, event.CEF{Action: event.ActionChange}, e); err != nil {
		return answer{}, err
	}
	return answer{code: http.StatusAccepted, body: processed{Status: "success", Message: "Change event processed"}}, nil
}

// pass has an event kept that was read.
func (h *Handler) pass(r *http.Request, routingKey string, cef event.CEF, e any) (event.CEF, error) {
	if err := admit(r, h.cfg.BearerToken, routingKey); err != nil {
		h.obs.Received(EventsSource, ResultRefused, 1)
		return cef, err
	}
	if routingKey != "" && !equal(h.cfg.BearerToken, routingKey) {
		cef.Target = pdcef.Target(routingKey)
	}
	ref := event.PlanRef{Topic: event.TopicChange + rand.Text()}
	if cef.Action != event.ActionChange {
		ref.Topic = event.EventTopic(cef.Target, cef.DedupKey)
	}
	var err error
	if cef.Body, err = withoutKey(e); err != nil {
		return cef, h.unfit(err)
	}
	_, err = h.keep(r.Context(), EventsSource, []event.Signal{{Source: EventsSource, Plan: ref, CEF: &cef}}, 1)
	return cef, err
}

// maxRoutingKey is what a routing key takes in an event, in bytes: PagerDuty's have 32.
const maxRoutingKey = 64

// withoutKey writes an event down without the field of its routing key, which is
// empty by now.
func withoutKey(e any) (json.RawMessage, error) {
	text, err := json.Marshal(e) // as PagerDuty's library will send it
	if err != nil {
		return nil, fmt.Errorf("write the event down: %w", err)
	}
	if len(text)+maxRoutingKey > pdcef.MaxBytes {
		return nil, pdcef.Faults{fmt.Sprintf("the event has %d bytes as it is sent on, and %d are the most", len(text)+maxRoutingKey, pdcef.MaxBytes)}
	}
	return bytes.Replace(text, []byte(`"routing_key":"",`), nil, 1), nil
}

// unfit refuses an event as PagerDuty does.
func (h *Handler) unfit(err error) error {
	h.obs.Received(EventsSource, ResultRefused, 1)
	var faults pdcef.Faults
	if !errors.As(err, &faults) {
		faults = pdcef.Faults{err.Error()}
	}
	return refusal{code: http.StatusBadRequest, text: faults.Error(),
		body: invalid{"invalid event", "Event object is invalid", faults}}
}
