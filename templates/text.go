package templates

import (
	"encoding/json"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	textWidth = 76  // of a mail as text, in columns
	foldWidth = 120 // of a line of HTML, in runes of which one may become `&#34;`
)

func asJSON(v any) (string, error) {
	text, err := json.Marshal(v)
	return string(text), err
}

// oneline returns s as one line: space of any kind becomes one blank.
func oneline(s string) string { return strings.Join(strings.Fields(tidy(s)), " ") }

// capital returns s with a capital at its start, as a line of its own wants it.
func capital(s string) string {
	first, n := utf8.DecodeRuneInString(s)
	if n == 0 {
		return ""
	}
	return string(unicode.ToUpper(first)) + s[n:]
}

// truncate returns the first n runes of s, the last of them an ellipsis if
// something is left out.
func truncate(n int, s string) string {
	if n <= 0 {
		return ""
	}
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	return strings.TrimRightFunc(string([]rune(s)[:n-1]), unicode.IsSpace) + "…"
}

// wrap breaks s at blanks into lines of at most 76 columns, each indented by n
// blanks. Line breaks that are in s stay.
func wrap(n int, s string) string {
	n = min(max(n, 0), textWidth/2)
	indent := strings.Repeat(" ", n)
	var out []string
	for line := range strings.Lines(strings.TrimSpace(s)) {
		for _, l := range broken(line, textWidth-n) {
			out = append(out, strings.TrimRight(indent+l, " "))
		}
	}
	return strings.Join(out, "\n")
}

// fold breaks s so that no line of an HTML source gets long. A browser shows the
// breaks as blanks, or not at all.
func fold(s string) string {
	var out []string
	for line := range strings.Lines(strings.TrimSpace(s)) {
		out = append(out, broken(line, foldWidth)...)
	}
	return strings.Join(out, "\n")
}

// broken breaks one line at blanks into lines of at most width runes; a word that
// is longer is cut.
func broken(line string, width int) []string {
	var out []string
	current, length := "", 0
	for _, word := range strings.Fields(line) {
		for _, piece := range pieces(word, width) {
			n := utf8.RuneCountInString(piece)
			switch {
			case length == 0:
				current, length = piece, n
			case length+1+n <= width:
				current, length = current+" "+piece, length+1+n
			default:
				out = append(out, current)
				current, length = piece, n
			}
		}
	}
	return append(out, current)
}

// pieces cuts a word into pieces of at most width runes.
func pieces(word string, width int) []string {
	runes := []rune(word)
	var out []string
	for len(runes) > width {
		out = append(out, string(runes[:width]))
		runes = runes[width:]
	}
	return append(out, string(runes))
}

// mrkdwn makes text harmless in Slack's markup: the three characters that
// https://docs.slack.dev/messaging/formatting-message-text asks to escape.
func mrkdwn(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(s)
}

// plainWord is what a shell takes for one word and nothing else.
var plainWord = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*$`)

// word returns s if it can stand in a command as it is, else the placeholder, so
// that nobody copies a name with a command in it into a shell.
func word(placeholder, s string) string {
	if plainWord.MatchString(s) {
		return s
	}
	return placeholder
}
