package wire_test

import (
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"

	"bellhop/internal/event"
	"bellhop/sinks/wire"
)

func TestLine(t *testing.T) {
	for in, want := range map[string]string{
		"  a \r\n\t b  ":              "a b",
		"a\x00b\x1b[31m":              "ab[31m",
		"re\u202egpj.exe":             "regpj.exe",
		"\xffab\xc3":                  "ab",
		"one\u2028two":                "one two",
		"exactly ten":                 "exactly t…",
		"exactly10!":                  "exactly10!",
		"👩‍👩‍👧":                       "👩‍👩‍👧",
		strings.Repeat("ü", 1<<20):    "üüüüüüüüü…",
		strings.Repeat(" \n", 1<<19):  "",
		strings.Repeat("\x00", 1<<20): "",
	} {
		if got := wire.Line(in, 10); got != want {
			t.Errorf("%.30q became %q, want %q", in, got, want)
		}
	}
	if got := wire.Lines(" a \n\n b\tc \r\n", 10); got != "a\nb c" {
		t.Errorf("lines became %q", got)
	}
}

func FuzzLine(f *testing.F) {
	f.Add("a\r\nb", 3)
	f.Add("\xff\u202e💥 ", 0)
	f.Fuzz(func(t *testing.T, text string, limit int) {
		limit %= 50
		for _, got := range []string{wire.Line(text, limit), wire.Lines(text, limit)} {
			if n := utf8.RuneCountInString(got); n > max(limit, 0) || !utf8.ValidString(got) {
				t.Errorf("%q at most %d became %q", text, limit, got)
			}
			if strings.ContainsAny(got, "\r\x00\u202e\u2028") {
				t.Errorf("%q became %q", text, got)
			}
		}
	})
}

func TestWeb(t *testing.T) {
	for in, want := range map[string]string{
		"https://example.org/a?b=1&c=<|>":     "https://example.org/a?b=1&c=%3C%7C%3E",
		" http://user:pass@example.org:9090 ": "http://example.org:9090",
		"https://example.org/ü?ü":             "https://example.org/%C3%BC?%C3%BC",
		"javascript:alert(1)":                 "",
		"file:///etc/passwd":                  "",
		"//example.org":                       "",
		"https://":                            "",
		"":                                    "",
		"https://example.org/" + strings.Repeat("x", 2000): "",
	} {
		got, ok := wire.Web(in)
		if !ok {
			got = ""
		}
		if got != want {
			t.Errorf("%.60q became %q, want %q", in, got, want)
		}
	}
}

func TestHiddenAreThePartsThatCouldBeAKey(t *testing.T) {
	address, err := url.Parse("https://bob:hunter2@example.org/in/T0%2FTEAMTEAM/abc?token=q%2Fue&x=1")
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]bool{}
	for _, s := range wire.Hidden(address) {
		got[s.Reveal()] = true
	}
	for _, want := range []string{"hunter2", "Ym9iOmh1bnRlcjI=", "TEAMTEAM", "/in/T0/TEAMTEAM/abc", "/in/T0%2FTEAMTEAM/abc", "token=q%2Fue&x=1", "q/ue"} {
		if !got[want] {
			t.Errorf("%q is not hidden: %v", want, got)
		}
	}
	if got["in"] || got["abc"] || got["example.org"] {
		t.Errorf("what is no key is hidden: %v", got)
	}
}

func TestLinksAreFewAndEachOnce(t *testing.T) {
	e := event.Event{}
	for _, address := range []string{"https://a.example", "https://a.example", "https://b.example", "ftp://c", "https://d.example", "https://e.example", "https://f.example"} {
		e.Alerts = append(e.Alerts, event.Alert{GeneratorURL: address})
	}
	e.Alerts[2].Labels = map[string]string{"alertname": "BackupFailed"}
	e.Alerts[4].GeneratorURL += "/graph?a=https://x"
	links := wire.Links("https://bellhop.example", e)
	if len(links) != 5 || links[0].Text != "bellhop" || links[1].URL != "https://a.example" || links[2].URL != "https://b.example" ||
		links[1].Text != "a.example" || links[2].Text != "BackupFailed" || links[3].Text != "d.example" {
		t.Errorf("links %+v", links)
	}
}

func TestTally(t *testing.T) {
	ms := []event.Module{{State: event.StateOK}, {State: event.StateFailed}, {State: event.StateOK}, {State: event.StateMissing}}
	if got := wire.Tally(ms); got != "1 failed, 1 missing, 2 ok" {
		t.Errorf("tally %q", got)
	}
	if got := wire.WorstFirst(ms); got[0].State != event.StateFailed || ms[0].State != event.StateOK {
		t.Errorf("worst first %v, and the argument is %v", got, ms)
	}
	if got := wire.Tally(nil); got != "" {
		t.Errorf("tally of nothing %q", got)
	}
}
