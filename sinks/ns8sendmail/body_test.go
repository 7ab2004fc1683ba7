package ns8sendmail_test

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/html"

	"bellhop/internal/letter"
	"bellhop/sinks/ns8sendmail"
)

// sent is the body that the command reads for a message with these parts.
func sent(t *testing.T, htm, text string) string {
	t.Helper()
	program := standIn(t, recorder)
	m := message("admin@example.org")
	m.Text["mail.html"], m.Text["mail.text"] = htm, text
	if _, err := build(t, program).Send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	return recorded(t, program, "body")
}

// shown is the text a reader sees, and each tag with its attributes, white space aside.
func shown(t *testing.T, document string) string {
	t.Helper()
	var b strings.Builder
	for z := html.NewTokenizer(strings.NewReader(document)); z.Next() != html.ErrorToken; {
		b.WriteString(z.Token().String())
	}
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return -1
		}
		return r
	}, b.String())
}

func TestABodyIsAlwaysAnHTMLDocument(t *testing.T) {
	for _, c := range []struct{ name, htm, text, want string }{
		{"only text", "  \n", "a < 3 and 4 > 2\nnext", "a &lt; 3 and 4 &gt; 2\nnext"},
		{"a document without a tag", "a &amp; b", "x", "a &amp; b"},
		{"nothing at all", "", "", "❌ Backup failed"},
		{"control characters", "", "a\x00b\x1b\r\nc", "ab\nc"},
	} {
		got := sent(t, c.htm, c.text)
		if !strings.HasPrefix(got, "<!DOCTYPE html>\n<html>") || !strings.Contains(got, c.want) {
			t.Errorf("%s: %q", c.name, got)
		}
	}
}

func TestLongLinesAreFoldedWithoutChangingTheDocument(t *testing.T) {
	for name, line := range map[string]string{
		"words":      "<p>" + strings.Repeat("wörter und ", 400) + "</p>",
		"tags":       strings.Repeat("<b>ä</b><br/>", 400),
		"attributes": "<p>" + strings.Repeat(`<a href="https://example.org/x">x</a>`, 200),
		"one word":   "<p>" + strings.Repeat("€", 2000),
		"entities":   "<p>" + strings.Repeat("&euro;", 1000),
		"comment":    "<!--" + strings.Repeat("-->x<!--", 300) + "-->",
		"indented":   "<p>\n   " + strings.Repeat("x", 3000),
	} {
		got := sent(t, line+"\n", "")
		for l := range strings.Lines(got) {
			if len(l) > 998 {
				t.Errorf("%s: a line of %d bytes", name, len(l))
			}
		}
		if !utf8.ValidString(got) {
			t.Errorf("%s: a character was cut", name)
		}
		if shown(t, got) != shown(t, line) {
			t.Errorf("%s: the document changed", name)
		}
	}
}

func FuzzFold(f *testing.F) {
	f.Add("<p>ä ö</p>&amp;<!-- x -->", 400)
	f.Fuzz(func(t *testing.T, piece string, n int) {
		document := letter.Body(strings.Repeat(piece, min(max(n, 0), 2000)))
		if len(document) > 1<<20 {
			t.Skip("longer than a notice ever is")
		}
		got := ns8sendmail.Fold(document)
		for l := range strings.Lines(got) {
			if len(l) > 998 {
				t.Fatalf("a line of %d bytes", len(l))
			}
		}
		if !utf8.ValidString(got) || strings.Join(strings.Fields(got), "") != strings.Join(strings.Fields(document), "") {
			t.Fatal("more than white space changed")
		}
	})
}
