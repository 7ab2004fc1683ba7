package pagerduty

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"bellhop/internal/retry"
	"bellhop/sinks/wire"
)

// throttled is the wait after a 429 that names none: PagerDuty advises tries
// 30 s apart (https://developer.pagerduty.com/docs/events-api-v2/rate-limits/)
// and promises no Retry-After for events, but one that comes is obeyed.
const throttled = 30 * time.Second

// reply is the body of PagerDuty's answers.
type reply struct {
	Status  string          `json:"status"`
	Message string          `json:"message"`
	Errors  json.RawMessage `json:"errors"` // a list, or one string
}

// verdict says what became of a call: nil when PagerDuty took the event over. A 2xx
// that is not PagerDuty's, a portal's page for one, means that it is not to be reached
// at the moment. It does not mean that the event was refused: nobody knows who
// answered, and a proxy may say so after it has handed the event on. Apart from a call
// that was never made, the library's error does not count: it knows neither the reason
// of a 400 nor any header, and it takes a 202 whose body broke off for a failure.
func (s *Sink) verdict(call *wire.Call, err error) error {
	switch {
	case call.Err != nil:
		return call.Err
	case call.Status == 0 && err != nil:
		return retry.Refused(retry.After(0, fmt.Errorf("make the request: %s", s.caller.Clean(err.Error()))))
	case call.Status == http.StatusAccepted:
		return nil
	}
	r, readable := read(call.Body)
	switch {
	case call.Status/100 == 2 && readable && r.Status == "success":
		return nil
	case call.Status/100 == 2:
		return retry.Down(0, fmt.Errorf("answered %s instead of 202; see whether url is PagerDuty's address", call.Said()))
	}
	return s.refused(call, r, readable)
}

func read(body []byte) (r reply, ok bool) {
	return r, json.Unmarshal(body, &r) == nil
}

// refused marks the refusals by PagerDuty's table
// (https://developer.pagerduty.com/docs/events-api-v2/overview/): 429 and 5xx are
// for later, 400 never. The table does not know 413; an event that is too large
// stays so. Nor does it know an address without PagerDuty behind it: that is the
// setting url.
func (s *Sink) refused(call *wire.Call, r reply, readable bool) error {
	reason := errors.New("answered " + call.Said())
	if readable && r.Message != "" {
		reason = fmt.Errorf("answered %s: %s", call.Answer(), s.caller.Clean(r.text()))
	}
	switch call.Status {
	case http.StatusTooManyRequests:
		wait := retry.RetryAfter(call.Header, s.now())
		if wait == 0 {
			wait = throttled
		}
		return retry.Refused(retry.Down(wait, reason))
	case http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusGone:
		return retry.Refused(retry.Broken(fmt.Errorf("%w; see whether url is PagerDuty's address", reason)))
	case http.StatusBadRequest:
		if !blamesKey(r, readable, call.Body) {
			return retry.Permanent(reason)
		}
		// Every event would be refused for it, and none is once the key is right.
		return retry.Refused(retry.Broken(fmt.Errorf("%w; the routing key is wrong or was removed: write the integration key of an Events API v2 integration into routing_keys", reason)))
	}
	return retry.HTTP(call.Status, call.Header, s.now(), reason)
}

// text is everything that PagerDuty says about the reason.
func (r reply) text() string {
	parts := []string{r.Status, r.Message}
	var many []string
	var one string
	switch {
	case json.Unmarshal(r.Errors, &many) == nil:
		parts = append(parts, many...)
	case json.Unmarshal(r.Errors, &one) == nil:
		parts = append(parts, one)
	}
	return strings.Join(parts, "; ")
}

// blamesKey reports whether a 400 is about the routing key ("Invalid routing
// key", "Length of 'routing_key' is incorrect") and not about this event. A body
// that is neither PagerDuty's JSON nor a short sentence blames nobody: it may be
// our own request, quoted.
func blamesKey(r reply, readable bool, body []byte) bool {
	const sentence = 200
	text := r.text()
	if !readable && len(body) <= sentence {
		text = string(body)
	}
	text = strings.ToLower(strings.ReplaceAll(text, "_", " "))
	return strings.Contains(text, "routing key") || strings.Contains(text, "integration key")
}
