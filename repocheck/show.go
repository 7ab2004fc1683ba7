package repocheck

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"bellhop/internal/secret"
)

// maxError is how many bytes of restic's words are shown.
const maxError = 300

// gateway is how NethServer's restic reaches any destination since May 2026: by a
// REST server on the node itself (rest:http://127.0.0.1:4694/…). To a person that
// address would read as the destination, so it is never shown.
var (
	gatewayURL  = regexp.MustCompile(`(?i)(?:rest:)?https?://(?:[^\s/"'<>]*@)?(?:127(?:\.\d+){3}|localhost|\[::1\])(?::\d+)?(?:/(?:[^\s"'<>,)]*[^\s"'<>,):])?)?`)
	gatewayPort = regexp.MustCompile(`(?i)(?:127(?:\.\d+){3}|localhost|\[::1\]):4694`)
)

// show makes a line of a program fit for people: one line of printable text, no
// secret, no gateway, at most maxError bytes.
func show(line string) string {
	text := strings.Map(printable, strings.ToValidUTF8(line, "?"))
	if at := retrying.FindStringIndex(text); at != nil {
		text = text[at[1]:]
	}
	text = strings.TrimPrefix(strings.Join(strings.Fields(text), " "), "Fatal: ")
	text = secret.Redact(text)
	text = gatewayURL.ReplaceAllString(text, "the node's gateway")
	text = gatewayPort.ReplaceAllString(text, "the node's gateway")
	return shorten(text)
}

func printable(r rune) rune {
	if unicode.IsPrint(r) {
		return r
	}
	return ' '
}

// shorten cuts text to maxError bytes, between characters.
func shorten(text string) string {
	const ellipsis = "…"
	if len(text) <= maxError {
		return text
	}
	n := maxError - len(ellipsis)
	for n > 0 && !utf8.RuneStart(text[n]) {
		n--
	}
	return text[:n] + ellipsis
}
