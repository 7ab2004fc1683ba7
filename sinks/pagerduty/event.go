package pagerduty

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"time"
	"unicode"

	api "github.com/PagerDuty/go-pagerduty"

	"bellhop/internal/event"
	"bellhop/sinks"
	"bellhop/sinks/wire"
)

// Limits of the fields, in characters
// (https://developer.pagerduty.com/docs/events-api-v2/trigger-events/). The last
// is ours: PagerDuty names none for the short fields.
const (
	maxSummary = 1024
	maxKey     = 255
	maxField   = 255
)

// event puts a message into PagerDuty's words. A resolve carries what PagerDuty
// needs and nothing it could stumble over.
func (s *Sink) event(k key, m sinks.Message) api.V2Event {
	e := api.V2Event{
		RoutingKey: k.secret.Reveal(),
		Action:     "trigger",
		DedupKey:   dedupKey(m),
		Client:     "bellhop",
	}
	if address, ok := wire.Web(s.external); ok {
		e.ClientURL = address
	}
	if m.Event.Status == event.StatusResolved {
		e.Action = "resolve"
		return e
	}
	for _, l := range wire.Links(s.external, m.Event) {
		e.Links = append(e.Links, link{Href: l.URL, Text: l.Text})
	}
	e.Payload = payload(m)
	return e
}

// link is an entry of V2Event.Links, to which the library gives no type.
type link struct {
	Href string `json:"href"`
	Text string `json:"text"`
}

func payload(m sinks.Message) *api.V2Payload {
	e := m.Event
	p := &api.V2Payload{
		Summary:  first(wire.Line(m.Text[summaryPart], maxSummary), wire.Line(string(e.Kind)+": "+e.About(), maxSummary), string(e.Kind)),
		Source:   first(field(e.Cluster.Name), field(e.Cluster.UUID), "NethServer"),
		Severity: string(severity(e.Severity)),
		Details:  details(m),
	}
	p.Component, p.Group, p.Class = whence(e)
	if !e.Time.IsZero() {
		p.Timestamp = e.Time.Format(time.RFC3339)
	}
	return p
}

// whence names what the event is about, for people's rules at PagerDuty.
func whence(e event.Event) (component, group, class string) {
	switch {
	case e.Payload != nil:
		return field(e.Payload.Component), field(e.Payload.Group), field(e.Payload.Class)
	case e.Kind == event.KindAlert && len(e.Alerts) > 0:
		l := e.Alerts[0].Labels
		return field(first(l["instance"], l["node"])), first(field(l["service"]), "alert"), field(l["alertname"])
	}
	return field(e.Plan.Label()), first(field(e.Destination.Name), field(e.Destination.ID), "backup"), field(string(e.Cause))
}

func field(text string) string { return wire.Line(text, maxField) }

// severity is a word that PagerDuty takes: it refuses an event with any other.
func severity(s event.Severity) event.Severity {
	switch s {
	case event.SeverityCritical, event.SeverityError, event.SeverityWarning, event.SeverityInfo:
		return s
	}
	return event.SeverityError
}

func first(texts ...string) string {
	for _, text := range texts {
		if text != "" {
			return text
		}
	}
	return ""
}

// dedupKey is the incident's key. PagerDuty would make up one of its own where
// there is none, and then a retry would open a second alert: so an event without
// a key gets its delivery's name. A key that PagerDuty might not take as it is
// (a plan can be named by anybody's label) keeps its beginning and a hash.
func dedupKey(m sinks.Message) string {
	if m.Event.CEF != nil { // what was triggered by it is resolved by it
		return m.Event.CEF.DedupKey
	}
	key := first(m.Event.DedupKey, "bellhop/delivery/"+m.ID)
	if len(key) <= maxKey && plain(key) {
		return key
	}
	sum := sha256.Sum256([]byte(key))
	head := wire.Line(key, maxKey)
	head = strings.ToValidUTF8(head[:min(len(head), maxKey-2*len(sum)-1)], "")
	return head + "/" + hex.EncodeToString(sum[:])
}

func plain(key string) bool {
	for _, r := range key {
		if r == unicode.ReplacementChar || !unicode.IsPrint(r) {
			return false
		}
	}
	return true
}
