package farend

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// pdEvent is an event as https://developer.pagerduty.com/docs/events-api-v2/trigger-events/
// describes it.
type pdEvent struct {
	RoutingKey string     `json:"routing_key"`
	Action     string     `json:"event_action"`
	DedupKey   string     `json:"dedup_key"`
	Payload    *pdPayload `json:"payload"`
	Links      []pdLink   `json:"links"`
	Images     []pdImage  `json:"images"`
}

type pdPayload struct {
	Summary   string          `json:"summary"`
	Source    string          `json:"source"`
	Severity  string          `json:"severity"`
	Timestamp string          `json:"timestamp"`
	Details   json.RawMessage `json:"custom_details"`
}

type pdLink struct {
	Href string `json:"href"`
}

type pdImage struct {
	Src string `json:"src"`
}

// faults lists what is wrong, in the way in which PagerDuty words it.
func (e pdEvent) faults() []string {
	all := e.keyFaults()
	add := adder(&all)
	add(utf8.RuneCountInString(e.DedupKey) > 255, "Length of 'dedup_key' is too long (max 255 characters)")
	switch e.Action {
	case "trigger":
		all = append(all, e.Payload.faults()...)
	case "acknowledge", "resolve":
		add(e.DedupKey == "", "'dedup_key' is missing or blank")
	default:
		add(true, "'event_action' is missing or invalid")
	}
	for _, l := range e.Links {
		add(l.Href == "", "'links.href' is missing or blank")
	}
	for _, i := range e.Images {
		u, err := url.Parse(i.Src)
		add(err != nil || u.Scheme != "https", "'images.src' must be served over HTTPS")
	}
	return all
}

// changeFaults lists what is wrong with a change event, of which less is asked.
func (e pdEvent) changeFaults() []string {
	all := e.keyFaults()
	if e.Payload == nil {
		return append(all, "'payload' is missing or blank")
	}
	return append(append(all, e.Payload.summaryFaults()...), e.Payload.formFaults()...)
}

func (e pdEvent) keyFaults() []string {
	var all []string
	add := adder(&all)
	add(len(e.RoutingKey) != 32, "Length of 'routing_key' is incorrect (should be 32 characters)")
	add(strings.ContainsFunc(e.RoutingKey, notAlphanumeric), "'routing_key' cannot contain non-alphanumeric characters.")
	return all
}

// adder adds to all what is wrong.
func adder(all *[]string) func(wrong bool, format string, args ...any) {
	return func(wrong bool, format string, args ...any) {
		if wrong {
			*all = append(*all, fmt.Sprintf(format, args...))
		}
	}
}

func notAlphanumeric(r rune) bool {
	return (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
}

func (p *pdPayload) faults() []string {
	if p == nil {
		return []string{"'payload' is missing or blank"}
	}
	all := p.summaryFaults()
	add := adder(&all)
	add(strings.TrimSpace(p.Source) == "", "'payload.source' is missing or blank")
	known := []string{"critical", "error", "warning", "info"}
	add(!slices.Contains(known, p.Severity), "'payload.severity' is missing or invalid (must be one of %s)", strings.Join(known, ", "))
	return append(all, p.formFaults()...)
}

func (p *pdPayload) summaryFaults() []string {
	var all []string
	add := adder(&all)
	add(strings.TrimSpace(p.Summary) == "", "'payload.summary' is missing or blank")
	add(utf8.RuneCountInString(p.Summary) > 1024, "Length of 'payload.summary' is too long (max 1024 characters)")
	return all
}

func (p *pdPayload) formFaults() []string {
	var all []string
	add := adder(&all)
	if p.Timestamp != "" {
		_, err := time.Parse(time.RFC3339Nano, p.Timestamp)
		add(err != nil, "'payload.timestamp' is no ISO 8601 time")
	}
	object := len(p.Details) == 0 || p.Details[0] == '{' || string(p.Details) == "null"
	add(!object, "'payload.custom_details' is no object")
	return all
}
