package ns8sendmail

import (
	"html"
	"strings"
	"unicode/utf8"

	"bellhop/internal/letter"
	"bellhop/sinks"
)

const (
	// maxLine is how long a line of the body may be in bytes. RFC 5322 §2.1.1 allows
	// 998; relays on the way may add to it.
	maxLine = 900
	// maxSubject is how long a subject may be in bytes: the command makes one line of
	// it, in base64, which with what stands around it must stay below maxLine.
	maxSubject = 640
	// maxEntity is longer than any character reference that templates write.
	maxEntity = 32
)

// subject is one line that is short enough when it is encoded, too.
func subject(prefix, text string) string {
	line := letter.Subject(prefix, text)
	for len(line) > maxSubject {
		line = letter.Line(line, utf8.RuneCountInString(line)*maxSubject/len(line))
	}
	return line
}

// body is one HTML document, whatever the message holds.
func body(m sinks.Message) []byte {
	document := letter.Body(m.Text["mail.html"])
	switch {
	case strings.TrimSpace(document) == "":
		document = page(html.EscapeString(letter.Body(plain(m))))
	case !strings.Contains(document, "<"): // would be taken for plain text
		document = page(document)
	}
	return []byte(fold(document))
}

func plain(m sinks.Message) string {
	if text := m.Text["mail.text"]; strings.TrimSpace(text) != "" {
		return text
	}
	return m.Text["mail.subject"]
}

func page(content string) string {
	return "<!DOCTYPE html>\n<html><body><div style=\"white-space:pre-wrap\">\n" + content + "\n</div></body></html>\n"
}

// fold breaks lines that are too long.
func fold(document string) string {
	var b strings.Builder
	for line := range strings.Lines(document) {
		for len(strings.TrimSuffix(line, "\n")) > maxLine {
			at, skip := place(line)
			b.WriteString(line[:at] + "\n")
			line = line[at+skip:]
		}
		b.WriteString(line)
	}
	return b.String()
}

// place finds where to break a line that is too long, and how many bytes the break
// replaces: the last space, since HTML takes a line end for one; else the inside
// of a tag before its ">", where white space means nothing; else, in a word of 900
// bytes, between two characters, but never within a character reference.
func place(line string) (at, skip int) {
	head := line[:maxLine]
	if at := strings.LastIndexByte(head, ' '); at > 0 {
		return at, 1
	}
	if at := tagEnd(head); at > 0 {
		return at, 0
	}
	if i := strings.LastIndexByte(head, '&'); i > maxLine-maxEntity && !strings.Contains(head[i:], ";") {
		return i, 0
	}
	for at = maxLine; !utf8.RuneStart(line[at]); {
		at--
	}
	return at, 0
}

// tagEnd finds the last ">" that ends a tag, not a comment and not an empty element
// of XML; 0 when there is none.
func tagEnd(head string) int {
	at := strings.LastIndexByte(head, '>')
	for at > 0 && strings.IndexByte("-/]", head[at-1]) >= 0 {
		at = strings.LastIndexByte(head[:at], '>')
	}
	return max(at, 0)
}
