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

	mu     sync.Mutex
	alerts []Alert
	events []Taken
	taken  map[string][]time.Time // by routing key, those inside the window
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

// ServeHTTP answers POST /v2/enqueue.
func (p *PagerDuty) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.serve(w, r, func(body []byte) answer {
		switch {
		case r.URL.Path != "/v2/enqueue":
			return answer{status: http.StatusNotFound}
		case r.Method != http.MethodPost:
			return answer{status: http.StatusMethodNotAllowed, header: http.Header{"Allow": {http.MethodPost}}}
		}
		return p.enqueue(body)
	})
}

func (p *PagerDuty) enqueue(body []byte) answer {
	if len(body) > maxEventBytes {
		return pdAnswer(http.StatusBadRequest, "invalid event", "Event object exceeds the size limit of 512 KB", nil)
	}
	var e pdEvent
	if err := json.Unmarshal(body, &e); err != nil {
		return pdAnswer(http.StatusBadRequest, "invalid event", "Event object is invalid", []string{"JSON cannot be read"})
	}
	if wrong := e.faults(); len(wrong) > 0 {
		return pdAnswer(http.StatusBadRequest, "invalid event", "Event object is invalid", wrong)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if !slices.Contains(p.keys, e.RoutingKey) {
		return pdAnswer(http.StatusBadRequest, "invalid key", "Invalid routing key", nil)
	}
	if !p.pace(e.RoutingKey) {
		return pdAnswer(http.StatusTooManyRequests, "throttle exceeded", "Events for this key arrive too quickly", nil)
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
