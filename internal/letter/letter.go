// Package letter holds what every sink that sends mail must get right, whatever
// carries the mail: the subject, the body's characters, the addresses, and what a
// mail server's refusal means. The promise: what leaves [Subject] fits into one
// header line or one argument of a command and cannot become a second one; what
// leaves [Parse] is an address and nothing beside it. The functions are pure.
package letter

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	// Prefix goes before every subject unless the settings name another; people's
	// mail filters know it from ns8-backup-monitor.
	Prefix = "[NS8 Backup]"

	// MaxSubject is how many characters of a subject are sent. Mail programs show
	// fewer, and no relay folds a longer one wrongly.
	MaxSubject = 250
)

// Subject joins prefix and text with one space into one clean line.
func Subject(prefix, text string) string { return Line(prefix+" "+text, MaxSubject) }

// Line makes one line of at most n characters of text: any white space becomes a
// single space; control characters, broken UTF-8 and marks that turn the writing
// direction go; what is cut ends in "…".
func Line(text string, n int) string {
	words := strings.Fields(strings.Map(visible, valid(text)))
	line := []rune(strings.Join(words, " "))
	if len(line) <= n {
		return string(line)
	}
	return string(line[:n-1]) + "…"
}

// Body cleans a text or an HTML document: line ends become "\n"; broken UTF-8,
// NUL and the other control characters go, because no mail may hold them.
func Body(text string) string {
	text = strings.ReplaceAll(valid(text), "\r\n", "\n")
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n', r == '\t':
			return r
		case r == '\r':
			return '\n'
		case unicode.IsControl(r):
			return -1
		}
		return r
	}, text)
}

func valid(text string) string {
	return strings.ToValidUTF8(text, string(utf8.RuneError))
}

// visible maps white space to a space and drops what is not seen. Of the invisible
// format characters only those that hold emoji and words together stay.
func visible(r rune) rune {
	const joiner, nonJoiner = '\u200d', '\u200c'
	switch {
	case unicode.IsSpace(r):
		return ' '
	case r == joiner, r == nonJoiner:
		return r
	case unicode.IsControl(r), unicode.Is(unicode.Cf, r):
		return -1
	}
	return r
}
