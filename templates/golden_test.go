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

// load returns a set that prints times as in Rome, at the moment of the event.
func load(t testing.TB, dir string, at time.Time) *templates.Set {
	t.Helper()
	c := templates.DefaultConfig()
	c.Dir, c.Timezone = dir, "Europe/Rome"
	set, err := templates.Load(c, externalURL, func() time.Time { return at })
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func render(t testing.TB, part string, e event.Event) string {
	t.Helper()
	text, err := load(t, "", e.Time).Render(part, e)
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

func TestGolden(t *testing.T) {
	for _, s := range samples.All() {
		for _, part := range templates.Parts() {
			t.Run(s.Name+"/"+part, func(t *testing.T) {
				got := render(t, part, s.Event)
				checkWhole(t, part, got)
				compare(t, filepath.Join("testdata", "golden", s.Name+"."+part), got)
			})
		}
	}
}

func compare(t *testing.T, file, got string) {
	t.Helper()
	if *update {
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
	for _, s := range samples.All() {
		text := render(t, templates.MailText, s.Event)
		if strings.ContainsAny(text, "<>") {
			t.Errorf("%s: an angle bracket, for which NS8's mailer would take the text for HTML", s.Name)
		}
		if s.Name == "hostile" { // has a name of a plan that is longer
			continue
		}
		for line := range strings.Lines(text) {
			if n := utf8.RuneCountInString(strings.TrimRight(line, "\n")); n > 78 {
				t.Errorf("%s: %d columns: %s", s.Name, n, line)
			}
		}
	}
}
