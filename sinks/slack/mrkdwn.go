package slack

import (
	"cmp"
	"regexp"
	"strings"

	"bellhop/sinks"
	"bellhop/sinks/wire"
)

// maxText bounds the text, in bytes. Slack may split what is longer than
// 4000 characters (https://docs.slack.dev/reference/methods/chat.postMessage/).
const maxText = 3500

var (
	link = regexp.MustCompile(`<https?://[^<>]+>`)
	// date is a time that Slack shows in each reader's own zone, and what others read.
	date = regexp.MustCompile(`<!date\^-?[0-9]{1,12}\^[^<>^|@]{1,80}\|([^<>|@]*)>`)
	// tags may stand in what a template makes.
	tags = regexp.MustCompile(link.String() + `|` + date.String())
	// tokens are the other pieces of Slack's markup that must not be taken apart.
	tokens = regexp.MustCompile(`(?s)&(?:amp|lt|gt);|.`)
)

// escape makes one harmless line of outside text that takes at most limit bytes
// once & < > are written as Slack wants them
// (https://docs.slack.dev/messaging/formatting-message-text/#escaping). Bytes,
// because they are never fewer than the characters that Slack counts.
func escape(text string, limit int) string { return encode(wire.Defuse(wire.Line(text, limit)), limit) }

const ellipsis = "…"

// encode never cuts through an entity or a character.
func encode(text string, limit int) string {
	var b strings.Builder
	for _, r := range text {
		piece := encodeRune(r)
		if b.Len()+len(piece) > limit-len(ellipsis) {
			b.WriteString(ellipsis)
			break
		}
		b.WriteString(piece)
	}
	return b.String()
}

func encodeRune(r rune) string {
	switch r {
	case '&':
		return "&amp;"
	case '<':
		return "&lt;"
	case '>':
		return "&gt;"
	}
	return string(r)
}

// unmarked replaces < and > in text for a field that knows no markup, in which
// an entity might be shown as it is written.
func unmarked(text string) string {
	return strings.NewReplacer("<", "‹", ">", "›").Replace(wire.Defuse(text))
}

// rendered is the rendered text, within limit bytes.
func rendered(m sinks.Message, limit int) string {
	return cmp.Or(safe(m.Text[textPart], limit), encode(headline(m), limit))
}

// safe is what a template made, which is Slack's markup already: the template escapes
// what comes from outside. A template of somebody's own may forget it, so links, dates
// and entities stay, and any other tag, such as <!channel>, opens nothing. It takes at
// most limit bytes.
func safe(text string, limit int) string {
	var b strings.Builder
	rest := wire.Lines(text, limit)
	for rest != "" {
		from, to := len(rest), len(rest)
		if at := tags.FindStringIndex(rest); at != nil {
			from, to = at[0], at[1]
		}
		for _, token := range append(tokens.FindAllString(wire.Defuse(rest[:from]), -1), rest[from:to]) {
			if len(token) == 1 {
				token = encodeRune(rune(token[0]))
			}
			if b.Len()+len(token) > limit-len(ellipsis) {
				return b.String() + ellipsis
			}
			b.WriteString(token)
		}
		rest = rest[to:]
	}
	return b.String()
}

// undated has the dates in text read as others do: Mattermost knows none.
func undated(text string) string { return date.ReplaceAllString(text, "$1") }
