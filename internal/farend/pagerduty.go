package farend

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"slices"
	"sync"
	"time"
)

// What PagerDuty bears: 512 KB an event
// (https://developer.pagerduty.com/docs/events-api-v2/overview/) and about 120
// events of a key in any 60 s
// (https://developer.pagerduty.com/docs/events-api-v2/rate-limits/).
const (
	maxEventBytes = 512 * 1000
	keyPace       = 120
	keyWindow     = time.Minute
)

// Alert is an alert as PagerDuty would show it.
type Alert struct {
	RoutingKey string
	DedupKey   string
	Open       bool
	Acked      bool
	Triggers   int // how often it was triggered while it was open
	Severity   string
	Summary    string
	Source     string
	Details    json.RawMessage // custom_details of the latest trigger
	Opened     time.Time
	Closed     time.Time // zero while it is open
}

// Change is a change event as PagerDuty would show it.
type Change struct {
	At         time.Time
	RoutingKey string
	Summary    string
	Source     string
	Details    json.RawMessage
}

// Taken is an event that PagerDuty answered with 202.
type Taken struct {
	At         time.Time
	RoutingKey string
	Action     string // trigger, acknowledge or resolve
	DedupKey   string
	// Dropped is true when it was thrown away all the same: an acknowledge or a
	// resolve of what is not open through this routing key.
	Dropped bool
}

// PagerDuty stands in for the Events API v2. It is ready to use as an http.Handler.
type PagerDuty struct {
	Door
	keys []string

	mu      sync.Mutex
	alerts  []Alert
	changes []Change
	events  []Taken
	taken   map[string][]time.Time // by routing key, those inside the window
}

// NewPagerDuty makes a PagerDuty that knows these routing keys.
func NewPagerDuty(now func() time.Time, keys ...string) *PagerDuty {
	return &PagerDuty{Door: Door{now: now}, keys: slices.Clone(keys), taken: map[string][]time.Time{}}
}

// Alerts returns all alerts so far, open and closed, the oldest first.
func (p *PagerDuty) Alerts() []Alert {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.alerts)
}

// Changes returns all change events so far, the oldest first.
func (p *PagerDuty) Changes() []Change {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.changes)
}

// Events returns all events that were answered with 202 so far, the oldest first.
func (p *PagerDuty) Events() []Taken {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.events)
}

// Know replaces the routing keys that are known: one that is missing was removed,
// and is called invalid from now on. Its alerts stay as they are.
func (p *PagerDuty) Know(keys ...string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.keys = slices.Clone(keys)
}

// ServeHTTP answers POST /v2/enqueue and POST /v2/change/enqueue.
func (p *PagerDuty) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.serve(w, r, func(body []byte) answer {
		work, known := map[string]func(pdEvent, []byte) answer{"/v2/enqueue": p.enqueue, "/v2/change/enqueue": p.change}[r.URL.Path]
		switch {
		case !known:
			return answer{status: http.StatusNotFound}
		case r.Method != http.MethodPost:
			return answer{status: http.StatusMethodNotAllowed, header: http.Header{"Allow": {http.MethodPost}}}
		case len(body) > maxEventBytes:
			return pdAnswer(http.StatusBadRequest, "invalid event", "Event object exceeds the size limit of 512 KB", nil)
		}
		var e pdEvent
		if err := json.Unmarshal(body, &e); err != nil {
			return invalidEvent("JSON cannot be read")
		}
		p.mu.Lock()
		defer p.mu.Unlock()
		return work(e, body)
	})
}

// refuse is the answer to an event that is not taken; nil: it is taken, and counts.
func (p *PagerDuty) refuse(key string, wrong []string) *answer {
	var a answer
	switch {
	case len(wrong) > 0:
		a = invalidEvent(wrong...)
	case !slices.Contains(p.keys, key):
		a = invalidEvent("Invalid routing key")
	case !p.pace(key):
		a = pdAnswer(http.StatusTooManyRequests, "throttle exceeded", "Events for this key arrive too quickly", nil)
	default:
		return nil
	}
	return &a
}

// change takes a change event, as
// https://developer.pagerduty.com/docs/events-api-v2/send-change-events/ describes it:
// it is shown beside the alerts, and alerts nobody.
func (p *PagerDuty) change(e pdEvent, _ []byte) answer {
	if a := p.refuse(e.RoutingKey, e.changeFaults()); a != nil {
		return *a
	}
	p.changes = append(p.changes, Change{
		At: p.now(), RoutingKey: e.RoutingKey, Summary: e.Payload.Summary, Source: e.Payload.Source, Details: e.Payload.Details,
	})
	return jsonAnswer(http.StatusAccepted, map[string]string{"status": "success", "message": "Change event processed"})
}

func (p *PagerDuty) enqueue(e pdEvent, body []byte) answer {
	if a := p.refuse(e.RoutingKey, e.faults()); a != nil {
		return *a
	}
	if e.DedupKey == "" {
		sum := sha256.Sum256(append(body, byte(len(p.alerts))))
		e.DedupKey = hex.EncodeToString(sum[:16]) // PagerDuty makes one up as well
	}
	dropped := !p.apply(e)
	p.events = append(p.events, Taken{At: p.now(), RoutingKey: e.RoutingKey, Action: e.Action, DedupKey: e.DedupKey, Dropped: dropped})
	return pdTaken(e.DedupKey)
}

// pace reports whether the key may send one more now, and counts it. What is
// refused is not counted; PagerDuty does not say how it does it.
func (p *PagerDuty) pace(key string) bool {
	now := p.now()
	recent := slices.DeleteFunc(p.taken[key], func(t time.Time) bool { return now.Sub(t) >= keyWindow })
	if len(recent) >= keyPace {
		p.taken[key] = recent
		return false
	}
	p.taken[key] = append(recent, now)
	return true
}

// apply follows https://developer.pagerduty.com/docs/events-api-v2/trigger-events/:
// a key means an open alert of the same routing key, a trigger after the end is a
// new alert, and an end of what is not open is dropped, for which it returns false.
func (p *PagerDuty) apply(e pdEvent) bool {
	at := slices.IndexFunc(p.alerts, func(a Alert) bool {
		return a.Open && a.RoutingKey == e.RoutingKey && a.DedupKey == e.DedupKey
	})
	if at < 0 {
		if e.Action != "trigger" {
			return false
		}
		p.alerts = append(p.alerts, Alert{RoutingKey: e.RoutingKey, DedupKey: e.DedupKey, Open: true, Opened: p.now()})
		at = len(p.alerts) - 1
	}
	a := &p.alerts[at]
	switch e.Action {
	case "trigger":
		a.Triggers++
		a.Severity, a.Summary, a.Source = e.Payload.Severity, e.Payload.Summary, e.Payload.Source
		a.Details = e.Payload.Details
	case "acknowledge":
		a.Acked = true
	case "resolve":
		a.Open, a.Closed = false, p.now()
	}
	return true
}

func pdTaken(key string) answer {
	return jsonAnswer(http.StatusAccepted, map[string]string{
		"status": "success", "message": "Event processed", "dedup_key": key})
}

func invalidEvent(wrong ...string) answer {
	return pdAnswer(http.StatusBadRequest, "invalid event", "Event object is invalid", wrong)
}

func pdAnswer(status int, state, message string, wrong []string) answer {
	body := map[string]any{"status": state, "message": message}
	if wrong != nil {
		body["errors"] = wrong
	}
	return jsonAnswer(status, body)
}

func jsonAnswer(status int, body any) answer {
	b, err := json.Marshal(body)
	if err != nil {
		return answer{status: http.StatusInternalServerError}
	}
	return answer{status: status, header: http.Header{"Content-Type": {"application/json"}}, body: b}
}
