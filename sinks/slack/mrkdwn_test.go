package slack

import (
	"strings"
	"testing"

	"bellhop/sinks"
)

// A link of the template's author stays one, whatever else is in the text.
func TestTemplateMayLinkAndMayNotCall(t *testing.T) {
	for in, want := range map[string]string{
		"see <https://example.org/a?b=1|the page>, A &amp; B": "see <https://example.org/a?b=1|the page>, A &amp; B",
		"forgot to escape A & B <!channel> <@U1>":             "forgot to escape A &amp; B &lt;!channel&gt; &lt;@\u200bU1&gt;",
		"ask backup@example.org, @all or @@admin, user@here":  "ask backup@example.org, @\u200ball or @\u200b@\u200badmin, user@\u200bhere",
		"a [bill](http://evil.example)":                       "a [bill]\u200b(http://evil.example)",
		"<https://example.org/@me|me> and @me":                "<https://example.org/@me|me> and @\u200bme",
		"one\r\n\r\n two\x00":                                 "one\ntwo",
		"half a tag <https://example.org":                     "half a tag &lt;https://example.org",
		"":                                                    "bellhop",
		"<!date^1793671200^{date_short_pretty} {time}|2:00> & <!date^1^{x}^https://evil.example|now>": "<!date^1793671200^{date_short_pretty} {time}|2:00> &amp; &lt;!date^1^{x}^https://evil.example|now&gt;",
	} {
		if got := rendered(sinks.Message{Text: map[string]string{textPart: in}}, maxText); got != want {
			t.Errorf("%q became %q, want %q", in, got, want)
		}
	}
}

func FuzzEscape(f *testing.F) {
	for _, seed := range []string{"", "<!channel>", "a & b", "@here", "💥<>&", "\xff\x00", strings.Repeat("&", 100)} {
		f.Add(seed, 40)
	}
	f.Fuzz(func(t *testing.T, text string, limit int) {
		limit = 10 + abs(limit)%3000
		got := escape(text, limit)
		if len(got) > limit {
			t.Errorf("%d bytes, more than %d", len(got), limit)
		}
		plain := strings.NewReplacer("&amp;", "", "&lt;", "", "&gt;", "").Replace(got)
		if strings.ContainsAny(plain, "<>&\r\n\x00") || strings.Contains(strings.ToLower(plain), "@here") {
			t.Errorf("%q became %q", text, got)
		}
	})
}

func FuzzRendered(f *testing.F) {
	for _, seed := range []string{"", "<!channel> <https://example.org/@a|b>", "a &amp; b & c", "<!date^1^{time}|now> <!date^1^{time}^https://x|now>", "@here <@U1>", "[a](b)", "\xff\x00", strings.Repeat("<https://x>", 50)} {
		f.Add(seed, 40)
	}
	f.Fuzz(func(t *testing.T, text string, limit int) {
		limit = 10 + abs(limit)%3000
		got := rendered(sinks.Message{Text: map[string]string{textPart: text}}, limit)
		if got == "" || len(got) > limit {
			t.Errorf("%d bytes, more than %d", len(got), limit)
		}
		if rest := tags.ReplaceAllString(got, ""); strings.ContainsAny(rest, "<>\r\x00") || strings.Contains(strings.ToLower(rest), "@here") {
			t.Errorf("%q became %q", text, got)
		}
	})
}

func abs(n int) int {
	if n < 0 {
		return -(n + 1)
	}
	return n
}
