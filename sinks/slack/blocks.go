package slack

import (
	"cmp"
	"strings"
	"unicode/utf16"

	api "github.com/slack-go/slack"

	"bellhop/internal/event"
	"bellhop/sinks"
	"bellhop/sinks/wire"
)

// Slack's limits are 50 blocks, 150 characters of a header, 3000 of a section,
// ten fields of 2000 (https://docs.slack.dev/reference/block-kit/blocks/), and
// about 13,200 characters over all blocks, which no page tells
// (https://github.com/slackapi/bolt-js/issues/2509). Ours, in bytes, keep away
// from them: at most 7 blocks and 11,000 bytes.
const (
	maxHeader  = 150 // counted as Slack does
	maxName    = 40
	maxField   = 200
	maxFields  = 10
	maxSection = 2900
	maxBody    = 7300 // what the built-in template reckons with
	maxLine    = 500
	maxFooter  = 1200
)

// color is the bar beside the details.
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

func header(m sinks.Message) api.Block {
	return api.NewHeaderBlock(api.NewTextBlockObject(api.PlainTextType, headline(m), false, false))
}

// headline is the subject of a mail, in a field that knows no markup. Without one it
// is a name, because Slack takes no empty header.
func headline(m sinks.Message) string {
	text := func(s string) string { return units(unmarked(wire.Line(s, maxHeader)), maxHeader) }
	return cmp.Or(text(m.Text[titlePart]), text(m.Event.Plan.Name), text(m.Event.Plan.ID), "bellhop")
}

// units cuts text to so many of the units in which Slack counts: two for what lies
// beyond the first plane of Unicode, such as most emoji.
func units(text string, limit int) string {
	if len(utf16.Encode([]rune(text))) <= limit {
		return text
	}
	n := 1 // the ellipsis
	for i, r := range text {
		if n += max(1, utf16.RuneLen(r)); n > limit {
			return text[:i] + ellipsis
		}
	}
	return text
}

// attached is what stands beneath the header: details, body, links.
func attached(m sinks.Message, links []wire.Link) []api.Block {
	var all []api.Block
	var fields []*api.TextBlockObject
	for _, f := range details(m) {
		fields = append(fields, markup(f.text()))
	}
	if len(fields) > 0 {
		all = append(all, api.NewSectionBlock(nil, fields, nil))
	}
	for _, text := range body(m) {
		all = append(all, api.NewSectionBlock(markup(text), nil, nil))
	}
	if text := footer(links); text != "" {
		all = append(all, api.NewContextBlock("", markup(text)))
	}
	if len(all) == 0 { // templates of somebody's own say no more than the header
		all = append(all, api.NewSectionBlock(markup(encode(headline(m), maxField)), nil, nil))
	}
	return all
}

// markup is verbatim: Slack obeys our markup and reads nothing else into it.
func markup(text string) *api.TextBlockObject {
	return api.NewTextBlockObject(api.MarkdownType, text, false, true)
}

// detail is a short fact, in Slack's markup. In a template of somebody's own it may
// have no name.
type detail struct{ name, value string }

func (d detail) text() string {
	if d.name == "" {
		return d.value
	}
	return "*" + d.name + "*\n" + d.value
}

// details are the lines of the part, each a name, a colon and a value.
func details(m sinks.Message) []detail {
	var all []detail
	for line := range strings.Lines(m.Text[detailsPart]) {
		name, value, named := strings.Cut(strings.TrimSpace(line)+" ", ": ")
		if !named {
			name, value = "", line
		}
		d := detail{name: safe(name, maxName), value: safe(value, maxField)}
		if d.value != "" && len(all) < maxFields {
			all = append(all, d)
		}
	}
	return all
}

// body is that part in pieces of a section's size.
func body(m sinks.Message) []string {
	var texts []string
	room := maxBody
	for line := range strings.Lines(m.Text[bodyPart]) {
		if line = safe(line, maxLine); line == "" {
			continue
		}
		if room -= len(line) + 1; room < len(ellipsis) {
			return pack(texts, ellipsis)
		}
		texts = pack(texts, line)
	}
	return texts
}

// pack adds a line to the last text, or begins another where that one is full.
func pack(texts []string, line string) []string {
	last := len(texts) - 1
	if last < 0 || len(texts[last])+1+len(line) > maxSection {
		return append(texts, line)
	}
	texts[last] += "\n" + line
	return texts
}

// footer holds the links, as one element.
func footer(links []wire.Link) string {
	var parts []string
	room := maxFooter
	for _, l := range links {
		part := "<" + escape(l.URL, 6*len(l.URL)) + "|" + escape(strings.ReplaceAll(l.Text, "|", "/"), maxField) + ">"
		if len(part) <= room {
			parts = append(parts, part)
			room -= len(part)
		}
	}
	return strings.Join(parts, " · ")
}
