package templates_test

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"bellhop/internal/event"
	"bellhop/internal/event/samples"
	"bellhop/templates"
)

var update = flag.Bool("update", false, "write the golden files instead of comparing with them")

const externalURL = "https://ns8.example.org:9099/"

// load returns an English set that prints times as in Rome, at the moment of the event.
func load(t testing.TB, dir string, at time.Time) *templates.Set {
	t.Helper()
	return loadIn(t, "en", dir, at)
}

func loadIn(t testing.TB, language, dir string, at time.Time) *templates.Set {
	t.Helper()
	c := templates.DefaultConfig()
	c.Language, c.Dir, c.Timezone = language, dir, "Europe/Rome"
	set, err := templates.Load(c, externalURL, func() time.Time { return at })
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func render(t testing.TB, part string, e event.Event) string {
	t.Helper()
	return renderIn(t, "en", part, e)
}

func renderIn(t testing.TB, language, part string, e event.Event) string {
	t.Helper()
	text, err := loadIn(t, language, "", e.Time).Render(part, e)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func sample(t testing.TB, name string) event.Event {
	t.Helper()
	e, found := samples.Get(name)
	if !found {
		t.Fatalf("there is no sample %q", name)
	}
	return e
}

// golden is the folder of a language's golden files.
func golden(language string) string {
	if language == "en" {
		return filepath.Join("testdata", "golden")
	}
	return filepath.Join("testdata", "golden", language)
}

func TestGolden(t *testing.T) {
	for _, language := range templates.Languages() {
		for _, s := range samples.All() {
			set := loadIn(t, language, "", s.Event.Time)
			for _, part := range templates.Parts() {
				if part == templates.WebhookBody && language != "en" {
					continue // which is the same in each
				}
				t.Run(language+"/"+s.Name+"/"+part, func(t *testing.T) {
					got, err := set.Render(part, s.Event)
					if err != nil {
						t.Fatal(err)
					}
					checkWhole(t, part, got)
					compare(t, filepath.Join(golden(language), s.Name+"."+part), got)
				})
			}
		}
	}
}

func compare(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs; look at it after go test ./templates -update\n%s", file, got)
	}
}

// checkWhole holds what is true of every text, whatever the event.
func checkWhole(t *testing.T, part, text string) {
	t.Helper()
	for _, bad := range []string{"<no value>", "%!", "ZgotmplZ", "0001-01-01 00"} {
		if strings.Contains(text, bad) {
			t.Errorf("%q in the text", bad)
		}
	}
	if part == templates.WebhookBody {
		if !json.Valid([]byte(text)) {
			t.Error("no JSON")
		}
		return
	}
	if !utf8.ValidString(text) || strings.ContainsAny(text, "\x00\r\x1b\u202e") {
		t.Error("characters that nobody can see")
	}
	if part == templates.MailSubject || part == templates.PagerDutySummary {
		if strings.Contains(text, "\n") || utf8.RuneCountInString(text) > 1024 || text == "" {
			t.Errorf("not one short line: %q", text)
		}
	}
	for line := range strings.Lines(text) {
		if len(line) >= 998 {
			t.Errorf("a line of %d bytes", len(line))
		}
	}
}

func TestMailTextFitsATerminal(t *testing.T) {
	for _, language := range templates.Languages() {
		for _, s := range samples.All() {
			checkWidth(t, s.Name, renderIn(t, language, templates.MailText, s.Event))
		}
	}
}

func checkWidth(t *testing.T, name, text string) {
	t.Helper()
	if strings.ContainsAny(text, "<>") {
		t.Errorf("%s: an angle bracket, for which NS8's mailer would take the text for HTML", name)
	}
	for line := range strings.Lines(text) {
		if n := utf8.RuneCountInString(strings.TrimRight(line, "\n")); n > 78 {
			t.Errorf("%s: %d columns: %s", name, n, line)
		}
	}
}
