package shoutrrr

import (
	"cmp"
	"strings"
	"unicode/utf8"

	"bellhop/sinks"
	"bellhop/sinks/wire"
)

// words are title and text as the service takes them.
func (s service) words(m sinks.Message) (title, text string) {
	const enough = 1 << 15 // characters; more than any service takes
	title = cmp.Or(wire.Line(m.Text[titlePart], enough), wire.Line(m.Event.About(), enough), "bellhop")
	text = wire.Lines(m.Text[textPart], enough)
	if s.chat {
		title, text = harmless(title), harmless(text)
	}
	if s.title == 0 {
		return "", cut(strings.TrimSuffix(title+"\n"+text, "\n"), s.text)
	}
	return cut(title, s.title), cut(cmp.Or(text, title), s.text)
}

// harmless keeps text from calling somebody, and replaces the brackets that enclose a
// chat's commands.
func harmless(text string) string {
	return wire.Defuse(strings.NewReplacer("<", "‹", ">", "›").Replace(text))
}

// cut keeps the first bytes of text, whole characters and whole lines where a line
// ends near, and shows that something is missing.
func cut(text string, limit int) string {
	const mark, near = "…", 200
	if len(text) <= limit {
		return text
	}
	end := limit - len("\n"+mark)
	for end > 0 && !utf8.RuneStart(text[end]) {
		end--
	}
	kept := text[:end]
	if at := strings.LastIndexByte(kept, '\n'); at > end-near && at > 0 {
		return kept[:at] + "\n" + mark
	}
	return kept + mark
}
