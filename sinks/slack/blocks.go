package slack

import (
	"fmt"
	"strings"
	"time"

	api "github.com/slack-go/slack"

	"bellhop/internal/event"
	"bellhop/sinks/wire"
)

// Slack's limits are 50 blocks, 150 characters of a header, 3000 of a section,
// ten fields of 2000 (https://docs.slack.dev/reference/block-kit/blocks/), and
// about 13,200 characters over all blocks, which no page tells
// (https://github.com/slackapi/bolt-js/issues/2509). Ours, in bytes, keep away
// from them: at most 8 blocks and 11,000 bytes.
const (
	maxHeader  = 150
	maxPlan    = 55 // in the header, in characters: some count as two
	maxField   = 200
	maxFields  = 10
	maxSection = 2900
	maxModules = 2 * maxSection
	maxLine    = 500 // one module
	maxNotes   = 1500
	maxFooter  = 1200
)

// color is the bar beside the facts.
func color(e event.Event) string {
	const red, orange, green, grey = "#d40e0d", "#e8912d", "#2eb67d", "#808080"
	switch {
	case e.Status == event.StatusSuccess:
		return green
	case e.Status == event.StatusResolved:
		if e.EndedBy != "" && e.EndedBy != event.EndedBySuccess {
			return grey // it is over, and nobody saw a good run
		}
		return green
	case e.Severity == event.SeverityCritical:
		return red
	case e.Severity == event.SeverityInfo:
		return grey
	}
	return orange
}

func header(e event.Event) api.Block {
	return api.NewHeaderBlock(api.NewTextBlockObject(api.PlainTextType, headline(e), false, false))
}

// facts are what the event tells, the most telling first.
func facts(e event.Event, links []wire.Link) []api.Block {
	var fields []*api.TextBlockObject
	for _, f := range details(e) {
		fields = append(fields, markup("*"+f.name+"*\n"+f.local()))
	}
	all := []api.Block{api.NewSectionBlock(nil, fields, nil)}
	for _, text := range bodies(e) {
		all = append(all, api.NewSectionBlock(markup(text), nil, nil))
	}
	if text := footer(e, links); text != "" {
		all = append(all, api.NewContextBlock("", markup(text)))
	}
	return all
}

// texts are the facts beside the details, for a reader of text alone.
func texts(e event.Event, links []wire.Link) []string {
	all := bodies(e)
	if text := footer(e, links); text != "" {
		all = append(all, text)
	}
	return all
}

// bodies are the modules and what else is to be known, in pieces of a section's size.
func bodies(e event.Event) []string {
	return append(sections(moduleLines(e), maxModules), sections(noteLines(e), maxNotes)...)
}

// markup is verbatim: Slack obeys our markup and reads nothing else into it.
func markup(text string) *api.TextBlockObject {
	return api.NewTextBlockObject(api.MarkdownType, text, false, true)
}

// headline names plan and outcome.
func headline(e event.Event) string {
	text := wire.Line(e.Plan.Label(), maxPlan) + ": " + wire.Line(verdictWord(e), 30)
	if e.Kind == event.KindTest {
		text = "Test: " + text
	}
	return wire.Line(unmarked(text), maxHeader)
}

func verdictWord(e event.Event) string {
	switch {
	case e.Status == event.StatusResolved:
		return "resolved"
	case e.Kind == event.KindMissed:
		return "did not run"
	}
	return string(e.Outcome)
}

// detail is a short fact: a text, as markup, or a time.
type detail struct {
	name, text string
	at         time.Time
}

func details(e event.Event) []detail {
	var all []detail
	add := func(d detail) {
		if (d.text != "" || !d.at.IsZero()) && len(all) < maxFields {
			all = append(all, d)
		}
	}
	text := func(name, value string) { add(detail{name: name, text: escape(value, maxField)}) }
	text("Plan", first(wire.Line(e.Plan.Label(), maxField), "unnamed plan"))
	text("Cluster", first(e.Cluster.Name, e.Cluster.UUID))
	text("Outcome", string(e.Outcome))
	text("Cause", words(e.Cause))
	text("Destination", first(e.Destination.Name, e.Destination.ID))
	add(detail{name: "Run", at: e.Run.Start})
	if e.Status != event.StatusOpen { // else that is now
		add(detail{name: "Opened", at: e.Opened})
	}
	if e.FailedRuns > 1 {
		text("Failed runs", fmt.Sprint(e.FailedRuns))
	}
	text("Ended by", string(e.EndedBy))
	return all
}

// plain is for those who read it as it stands.
func (d detail) plain() string {
	if d.at.IsZero() {
		return d.text
	}
	return d.at.UTC().Format("2006-01-02 15:04 UTC")
}

// local is for Slack, which shows a time in each reader's own zone
// (https://docs.slack.dev/messaging/formatting-message-text/#date-formatting).
func (d detail) local() string {
	if d.at.IsZero() {
		return d.text
	}
	return fmt.Sprintf("<!date^%d^{date_short_pretty} {time}|%s>", d.at.Unix(), d.plain())
}

func words(c event.Cause) string { return strings.ReplaceAll(string(c), "_", " ") }

func first(texts ...string) string {
	for _, text := range texts {
		if text != "" {
			return text
		}
	}
	return ""
}

// footer holds the links and the event's name, as one element.
func footer(e event.Event, links []wire.Link) string {
	var parts []string
	room := maxFooter
	for _, l := range links {
		part := "<" + escape(l.URL, 6*len(l.URL)) + "|" + escape(strings.ReplaceAll(l.Text, "|", "/"), maxField) + ">"
		if len(part) <= room {
			parts = append(parts, part)
			room -= len(part)
		}
	}
	if e.ID != "" {
		parts = append(parts, "event "+escape(e.ID, 64))
	}
	return strings.Join(parts, " · ")
}
