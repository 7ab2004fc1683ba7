package templates_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"bellhop/internal/event"
	"bellhop/internal/event/samples"
	"bellhop/templates"
	"bellhop/templates/wordstest"
)

// said is a note as a part says it.
func said(t *testing.T, language, own string, notes ...event.Note) string {
	t.Helper()
	e := sample(t, "partial")
	for _, n := range notes {
		e.AddNote(n)
	}
	dir := folder(t, own+`{{define "shoutrrr.text"}}{{range .Notes}}- {{.}}{{"\n"}}{{end}}{{end}}`)
	text, err := loadIn(t, language, dir, e.Time).Render(templates.ShoutrrrText, e)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// TestEveryCodeHasWords fails when a code is added and nobody says it.
func TestEveryCodeHasWords(t *testing.T) {
	source, err := os.ReadFile(filepath.Join("..", "internal", "event", "note.go"))
	if err != nil {
		t.Fatal(err)
	}
	var codes, worded, shown []string
	for _, m := range regexp.MustCompile(`NoteCode = "([^"]+)"`).FindAllStringSubmatch(string(source), -1) {
		codes = append(codes, m[1])
	}
	for _, name := range templates.BuiltinNames() {
		if code, is := strings.CutPrefix(name, "note."); is {
			worded = append(worded, code)
		}
	}
	for _, n := range samples.Notes() {
		shown = append(shown, string(n.Code))
	}
	slices.Sort(codes)
	slices.Sort(worded)
	slices.Sort(shown)
	if len(codes) == 0 || !slices.Equal(codes, worded) || !slices.Equal(codes, shown) {
		t.Errorf("codes, words and samples differ:\n%q\n%q\n%q", codes, worded, shown)
	}
}

// TestNotesAreSaidInTheLanguage shows each note as people read it.
func TestNotesAreSaidInTheLanguage(t *testing.T) {
	for _, language := range templates.Languages() {
		var b strings.Builder
		for _, n := range samples.Notes() {
			b.WriteString(string(n.Code) + " " + said(t, language, "", n))
		}
		compare(t, filepath.Join(golden(language), "notes.txt"), b.String())
	}
}

// TestItalianNotesAreItalian goes through each code and each reason why something
// cannot be read, without the words of others.
func TestItalianNotesAreItalian(t *testing.T) {
	foreign := wordstest.Foreign(t, ".")
	notes := samples.Notes()
	for _, reason := range []string{
		"empty", "too_long", "not_json", "no_object", "forbidden", "negative", "no_errors", "no_time", "odd_time", "odd_dates",
		"no_number", "no_timestamp", "odd_timestamp", "odd_result", "ends_first", "ends_ahead",
	} {
		for _, field := range []string{"start", "end"} {
			notes = append(notes, event.Note{Code: event.NoteStatusUnreadable, Values: map[string]string{"reason": reason, "field": field}})
		}
	}
	for _, n := range notes {
		if n.Values["reason"] == "negative" || n.Values["reason"] == "no_number" {
			n.Values["field"] = "total_size" // the name of a field is one
		}
		e := event.Event{}
		e.AddNote(n)
		text := said(t, "it", "", wordstest.Silent(e).Note(0))
		if found := foreign(text); found != "" {
			t.Errorf("%s %v says %q: %s", n.Code, n.Values, found, text)
		}
		if reason := n.Values["reason"]; reason != "" && strings.Contains(text, reason) && reason != "no_number" {
			t.Errorf("the reason %q has no words: %s", reason, text)
		}
	}
}

// TestANoteWithoutWordsStaysAsItCame: of an earlier version, of a later one, or of
// somebody else.
func TestANoteWithoutWordsStaysAsItCame(t *testing.T) {
	var old event.Event
	if err := json.Unmarshal([]byte(`{"kind":"backup","status":"open","notes":["an older sentence"]}`), &old); err != nil {
		t.Fatal(err)
	}
	old.AddNote(event.Note{Code: event.NotePlanDisabled, Text: "the plan is disabled"})
	old.AddNote(event.Note{Code: "of_tomorrow", Text: "a newer sentence"})
	text := renderIn(t, "it", templates.ShoutrrrText, old)
	if want := "an older sentence\nil piano è disabilitato\na newer sentence\n"; !strings.Contains(text, want) {
		t.Errorf("%q is not in\n%s", want, text)
	}
	old.NoteCodes = append(old.NoteCodes, event.Note{Code: event.NoteNoRun}) // of no note
	if again := renderIn(t, "it", templates.ShoutrrrText, old); again != text {
		t.Errorf("a code without a note is said:\n%s", again)
	}
}

// TestJSONHasNotesAsSentences holds what the API and webhooks give to others.
func TestJSONHasNotesAsSentences(t *testing.T) {
	e := event.Event{Notes: []string{"of somebody"}}
	e.AddNote(event.Note{Code: event.NoteNoFiles, Names: []string{"mail1"}, Text: "mail1 reports success, but not a single file"})
	var back map[string]any
	if err := json.Unmarshal([]byte(renderIn(t, "it", templates.WebhookBody, e)), &back); err != nil {
		t.Fatal(err)
	}
	notes, codes := back["notes"].([]any), back["note_codes"].([]any)
	if len(notes) != 2 || notes[1] != "mail1 reports success, but not a single file" || len(codes) != 2 ||
		len(codes[0].(map[string]any)) != 0 || codes[1].(map[string]any)["code"] != "no_files" {
		t.Errorf("got %v, %v", notes, codes)
	}
}

func TestANoteCanBeOverridden(t *testing.T) {
	n := event.Note{Code: event.NotePlanDisabled, Text: "the plan is disabled"}
	if text := said(t, "en", `{{define "note.plan_disabled"}}somebody switched the plan off{{end}}`, n); text != "- somebody switched the plan off\n" {
		t.Error(text)
	}
	other := event.Note{Code: event.NoteNoRun, Text: "no run"}
	if text := said(t, "en", `{{define "note.plan_disabled"}}{{end}}`, n, other); strings.Count(text, "\n") != 1 || strings.Contains(text, "disabled") {
		t.Errorf("an empty define leaves a note out: %s", text)
	}
}
