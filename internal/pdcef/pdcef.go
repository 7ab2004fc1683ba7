// Package pdcef reads events in the format of PagerDuty's Events API v2, and says
// what is wrong with one in the way in which PagerDuty would. The promise: what is
// read without an error is taken by PagerDuty, as far as its documentation tells;
// whatever PagerDuty would refuse is refused here, while the sender still listens.
// Fields that PagerDuty does not document are left out. Numbers keep all their digits.
// The functions are pure.
package pdcef

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	api "github.com/PagerDuty/go-pagerduty"
)

// The actions of an event.
const (
	Trigger     = "trigger"
	Acknowledge = "acknowledge"
	Resolve     = "resolve"
)

// Limits of https://developer.pagerduty.com/docs/events-api-v2/overview/ and
// …/trigger-events/: bytes of an event, and characters of fields.
const (
	MaxBytes    = 512 * 1000
	maxSummary  = 1024
	maxDedupKey = 255
)

// Faults says what is wrong with an event, as PagerDuty words it.
type Faults []string

// Error lists them.
func (f Faults) Error() string { return "the event is invalid: " + strings.Join(f, "; ") }

// Parse reads an event. Its routing key may be missing. The error is a [Faults].
func Parse(body []byte) (api.V2Event, error) {
	var e api.V2Event
	if err := read(body, &e); err != nil {
		return e, err
	}
	var f Faults
	f.add(utf8.RuneCountInString(e.DedupKey) > maxDedupKey, "Length of 'dedup_key' is too long (max %d characters)", maxDedupKey)
	switch e.Action {
	case Trigger:
		f.payload(e.Payload)
	case Acknowledge, Resolve:
		f.add(e.DedupKey == "", "'dedup_key' is missing or blank")
	default:
		f.add(true, "'event_action' is missing or invalid (must be one of %s, %s, %s)", Trigger, Acknowledge, Resolve)
	}
	for _, l := range e.Links {
		f.add(text(l, "href") == "", "'links.href' is missing or blank")
	}
	for _, i := range e.Images {
		u, err := url.Parse(text(i, "src"))
		f.add(err != nil || u.Scheme != "https" || u.Host == "", "'images.src' must be served over HTTPS")
	}
	return e, f.err()
}

// ParseChange reads a change event. Its routing key may be missing. The error is a
// [Faults].
func ParseChange(body []byte) (api.ChangeEvent, error) {
	var e api.ChangeEvent
	if err := read(body, &e); err != nil {
		return e, err
	}
	var f Faults
	f.summary(e.Payload.Summary)
	for _, l := range e.Links {
		f.add(l.Href == "", "'links.href' is missing or blank")
	}
	return e, f.err()
}

// Target names a routing key without giving it away: "key-" and eight hex digits of
// its SHA-256.
func Target(routingKey string) string {
	sum := sha256.Sum256([]byte(routingKey))
	return "key-" + hex.EncodeToString(sum[:4])
}

func read(body []byte, e any) error {
	if len(body) > MaxBytes {
		return Faults{fmt.Sprintf("the event has %d bytes, and %d are the most", len(body), MaxBytes)}
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	err := d.Decode(e)
	if err == nil {
		if _, more := d.Token(); !errors.Is(more, io.EOF) {
			err = errors.New("something follows the event")
		}
	}
	var wrong *json.UnmarshalTypeError
	switch {
	case errors.As(err, &wrong) && wrong.Field == "":
		return Faults{"the event is no JSON object"}
	case errors.As(err, &wrong):
		return Faults{fmt.Sprintf("'%s' has a value of the wrong type: %s", wrong.Field, wrong.Value)}
	case err != nil:
		return Faults{fmt.Sprintf("the event is not valid JSON: %v", err)}
	}
	return nil
}

func (f *Faults) add(wrong bool, format string, args ...any) {
	if wrong {
		*f = append(*f, fmt.Sprintf(format, args...))
	}
}

// err is nil for no faults.
func (f Faults) err() error {
	if len(f) == 0 {
		return nil
	}
	return f
}

func (f *Faults) payload(p *api.V2Payload) {
	if p == nil {
		f.add(true, "'payload' is missing or blank")
		return
	}
	f.summary(p.Summary)
	f.add(strings.TrimSpace(p.Source) == "", "'payload.source' is missing or blank")
	known := []string{"critical", "error", "warning", "info"}
	f.add(!slices.Contains(known, p.Severity), "'payload.severity' is missing or invalid (must be one of %s)", strings.Join(known, ", "))
}

func (f *Faults) summary(s string) {
	f.add(strings.TrimSpace(s) == "", "'payload.summary' is missing or blank")
	f.add(utf8.RuneCountInString(s) > maxSummary, "Length of 'payload.summary' is too long (max %d characters)", maxSummary)
}

// text is a field of an object to which the library gives no type.
func text(object any, field string) string {
	m, _ := object.(map[string]any)
	s, _ := m[field].(string)
	return strings.TrimSpace(s)
}
