package wire

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Line makes outside text one harmless line of at most limit characters: white space of any
// kind becomes single spaces; control characters, broken UTF-8 and the marks that
// turn the direction of text around are left out; what is cut ends in "…".
func Line(text string, limit int) string { return tidy(text, limit, false) }

// Lines is Line for text that may keep its line breaks.
func Lines(text string, limit int) string { return tidy(text, limit, true) }

func tidy(text string, limit int, breaks bool) string {
	var b strings.Builder
	written, gap := 0, ""
	for _, r := range text {
		if unicode.IsSpace(r) {
			gap = wider(gap, r, breaks)
			continue
		}
		if hidden(r) {
			continue
		}
		if b.Len() > 0 {
			b.WriteString(gap)
			written += len(gap)
		}
		gap = ""
		b.WriteRune(r)
		if written++; written > limit {
			return cut(b.String(), limit)
		}
	}
	return b.String()
}

// wider is the white space that stands for gap and r together.
func wider(gap string, r rune, breaks bool) string {
	if breaks && (r == '\n' || gap == "\n") {
		return "\n"
	}
	return " "
}

func hidden(r rune) bool {
	return r == utf8.RuneError || r == '\uFEFF' || unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r)
}

// cut keeps limit-1 characters of a text that has more than limit.
func cut(text string, limit int) string {
	if limit < 1 {
		return ""
	}
	kept := 0
	for at := range text {
		if kept == limit-1 {
			return text[:at] + "…"
		}
		kept++
	}
	return text
}
