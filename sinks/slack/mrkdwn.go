package slack

import (
	"regexp"
	"strings"

	"bellhop/sinks"
	"bellhop/sinks/wire"
)

// maxText bounds the text, in bytes. Slack may split what is longer than
// 4000 characters (https://docs.slack.dev/reference/methods/chat.postMessage/).
const maxText = 3500

var (
	everybody = regexp.MustCompile(`(?i)@(here|channel|everyone)`)
	// tokens are the pieces of Slack's markup that must not be taken apart.
	tokens = regexp.MustCompile(`(?s)<https?://[^<>]+>|&(?:amp|lt|gt);|.`)
)

// escape makes one harmless line of outside text that takes at most limit bytes
// once & < > are written as Slack wants them
// (https://docs.slack.dev/messaging/formatting-message-text/#escaping). Bytes,
// because they are never fewer than the characters that Slack counts.
func escape(text string, limit int) string { return encode(defuse(wire.Line(text, limit)), limit) }

// defuse parts the @ from the words that would call everybody, for the eyes of
// whatever reads plain text for mentions. An invisible space does it.
func defuse(text string) string { return everybody.ReplaceAllString(text, "@\u200b$1") }

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
	return strings.NewReplacer("<", "‹", ">", "›").Replace(defuse(text))
}

// fallbackText is the rendered part, which is Slack's markup already: the template
// escapes what comes from outside. A template of somebody's own may forget it, so
// links and entities stay, and any other tag, such as <!channel>, opens nothing.
func fallbackText(m sinks.Message) string {
	var b strings.Builder
	for _, token := range tokens.FindAllString(defuse(wire.Lines(m.Text[textPart], maxText)), -1) {
		if len(token) == 1 {
			token = encodeRune(rune(token[0]))
		}
		if b.Len()+len(token) > maxText {
			break
		}
		b.WriteString(token)
	}
	return first(b.String(), encode(headline(m.Event), maxText))
}
