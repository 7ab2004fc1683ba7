package pagerduty

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"bellhop/internal/retry"
	"bellhop/sinks/wire"
)

// throttled is the wait after a 429 that names none: PagerDuty advises tries
// 30 s apart (https://developer.pagerduty.com/docs/events-api-v2/rate-limits/)
// and promises no Retry-After for events, but one that comes is obeyed.
const throttled = 30 * time.Second

// errInvalid is in the chain of an error in which PagerDuty calls the routing key
// itself invalid: it knows no integration of it.
var errInvalid = errors.New("the routing key is invalid")

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
		reason = fmt.Errorf("answered %s: %s", call.Answer(), s.caller.Clean(strings.Join(r.sentences(), "; ")))
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
		said := sentences(r, readable, call.Body)
		if !slices.ContainsFunc(said, blamesKey) {
			return retry.Permanent(reason)
		}
		// Every event would be refused for it, and none is once the key is right.
		reason = fmt.Errorf("%w; the routing key is wrong or was removed: write the integration key of an Events API v2 integration into routing_keys", reason)
		if slices.ContainsFunc(said, callsKeyInvalid) {
			reason = fmt.Errorf("%w: %w", errInvalid, reason)
		}
		return retry.Refused(retry.Broken(reason))
	}
	return retry.HTTP(call.Status, call.Header, s.now(), reason)
}

// sentences are what PagerDuty says about the reason.
func (r reply) sentences() []string {
	said := []string{r.Status, r.Message}
	var many []string
	var one string
	switch {
	case json.Unmarshal(r.Errors, &many) == nil:
		said = append(said, many...)
	case json.Unmarshal(r.Errors, &one) == nil:
		said = append(said, one)
	}
	return said
}

// sentences are what was said with an answer. A body that is neither PagerDuty's JSON
// nor a short sentence says nothing: it may be our own request, quoted.
func sentences(r reply, readable bool, body []byte) []string {
	const short = 200
	switch {
	case readable:
		return r.sentences()
	case len(body) <= short:
		return []string{string(body)}
	}
	return nil
}

// blamesKey reports whether a 400 is about the routing key ("Invalid routing key",
// "Length of 'routing_key' is incorrect") and not about this event.
func blamesKey(sentence string) bool {
	sentence = strings.ToLower(strings.ReplaceAll(sentence, "_", " "))
	return strings.Contains(sentence, "routing key") || strings.Contains(sentence, "integration key")
}

// callsKeyInvalid reports whether PagerDuty says that it does not know the key.
func callsKeyInvalid(sentence string) bool {
	return strings.EqualFold(strings.Trim(sentence, " .\r\n"), "invalid routing key")
}
