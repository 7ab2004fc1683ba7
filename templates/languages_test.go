package templates_test

import (
	"html"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"bellhop/internal/event"
	"bellhop/internal/event/samples"
	"bellhop/templates"
	"bellhop/templates/wordstest"
)

var (
	defined = regexp.MustCompile(`{{define "([^"]+)"}}`)
	verb    = regexp.MustCompile(`%[sd]`)
)

// defines are the templates of a file by name, as they are written.
func defines(t *testing.T, file string) map[string]string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	at := defined.FindAllStringSubmatchIndex(string(text), -1)
	for i, m := range at {
		end := len(text)
		if i+1 < len(at) {
			end = at[i+1][0]
		}
		name := string(text[m[2]:m[3]])
		if _, twice := found[name]; twice {
			t.Errorf("%s defines %q twice", file, name)
		}
		found[name] = string(text[m[1]:end])
	}
	return found
}

// TestEveryLanguageHasTheSameTemplates compares file by file with English.
func TestEveryLanguageHasTheSameTemplates(t *testing.T) {
	files, err := filepath.Glob("en/*.tmpl")
	if err != nil || len(files) == 0 {
		t.Fatalf("no English templates: %v", err)
	}
	for _, language := range templates.Languages() {
		others, err := filepath.Glob(language + "/*.tmpl")
		if err != nil || len(others) != len(files) {
			t.Errorf("%s has the files %q, %v", language, others, err)
		}
		for _, file := range files {
			other := filepath.Join(language, filepath.Base(file))
			en, own := defines(t, file), defines(t, other)
			for name, text := range en {
				if _, there := own[name]; !there {
					t.Errorf("%s lacks %q", other, name)
				}
				if phrase := strings.HasPrefix(name, "plain."); phrase && !slices.Equal(verb.FindAllString(text, -1), verb.FindAllString(own[name], -1)) {
					t.Errorf("%s: %q is filled with other values than in English", other, name)
				}
			}
			for name := range own {
				if _, there := en[name]; !there {
					t.Errorf("%s has %q, which English has not", other, name)
				}
			}
		}
	}
}

// TestTheLayoutIsNoLanguage: a name that stands in both would hide the words.
func TestTheLayoutIsNoLanguage(t *testing.T) {
	files, err := filepath.Glob("layout/*.tmpl")
	if err != nil || len(files) == 0 {
		t.Fatalf("no layout: %v", err)
	}
	words := map[string]string{}
	english, _ := filepath.Glob("en/*.tmpl")
	for _, file := range english {
		for name := range defines(t, file) {
			words[name] = file
		}
	}
	for _, file := range files {
		for name := range defines(t, file) {
			if words[name] != "" {
				t.Errorf("%q is defined in %s and in %s", name, file, words[name])
			}
		}
	}
}

// englishWords are those that no Italian text has.
var englishWords = regexp.MustCompile(`(?i)\b(the|of|and|is|are|was|not|failed|run|node|since|trouble|details|module[s]?|plan|cause|old|days?|more)\b`)

// TestItalianIsItalian renders each sample without the words of others: no phrase of the
// English files may stand in it.
func TestItalianIsItalian(t *testing.T) {
	foreign := wordstest.Foreign(t, ".")
	for _, s := range samples.All() {
		if s.Name == "hostile" {
			continue // whose names are sentences
		}
		e := wordstest.Silent(s.Event)
		for _, part := range templates.Parts() {
			if part == templates.WebhookBody {
				continue
			}
			text := renderIn(t, "it", part, e)
			if part == templates.MailHTML {
				text = html.UnescapeString(regexp.MustCompile(`(?s)<style>.*?</style>|<[^>]*>`).ReplaceAllString(text, " "))
			}
			if part == templates.SlackDetails {
				text = regexp.MustCompile(`<!date[^|]*\|([^>]*)>`).ReplaceAllString(text, "$1")
			}
			for _, found := range []string{englishWords.FindString(text), foreign(text)} {
				if found != "" {
					t.Errorf("%s of %s says %q:\n%s", part, s.Name, found, text)
				}
			}
		}
	}
}

// TestItalianNumbersAgree holds number and gender.
func TestItalianNumbersAgree(t *testing.T) {
	for states, want := range map[string]string{
		"failed":                     "L'unico modulo è fallito.",
		"failed failed":              "Tutti e 2 i moduli sono falliti.",
		"failed ok":                  "1 modulo fallito su 2, 1 ok.",
		"failed failed ok":           "2 moduli falliti su 3, 1 ok.",
		"missing missing":            "Nessun modulo fallito su 2, 2 senza stato, nessuno ok.",
		"failed pending":             "1 modulo fallito su 2, 1 non ancora eseguito, nessuno ok.",
		"failed pending pending":     "1 modulo fallito su 3, 2 non ancora eseguiti, nessuno ok.",
		"failed unknown missing ok ": "1 modulo fallito su 4, 1 senza stato, 1 con stato illeggibile, 1 ok.",
	} {
		e := sample(t, "partial")
		e.Modules = nil
		for i, state := range strings.Fields(states) {
			e.Modules = append(e.Modules, event.Module{ID: string(rune('a' + i)), State: event.ModuleState(state)})
		}
		if text := renderIn(t, "it", templates.SlackText, e); !strings.Contains(text, "\n"+want+"\n") {
			t.Errorf("%s: %s", states, text)
		}
	}
}

func TestItalianWords(t *testing.T) {
	e := sample(t, "large")
	for call, want := range map[string]string{
		`{{streak 2}}, {{streak 10}}, {{streak 11}}`:                                       "seconda esecuzione di fila, decima esecuzione di fila, 11 esecuzioni di fila",
		`{{say "words.more" 1}}, {{say "words.more" 2}}`:                                   "e un altro, e altri 2",
		`{{size 52428800}}`:                                                                "50,0 MiB",
		`{{clock .Run.Start}}`:                                                             "21/11/2026 02:00 +01:00",
		`{{period .Run.Start .Run.End}}`:                                                   "21/11/2026 02:00 – 02:06 +01:00",
		`{{lasted .Run.Start .Time}}, {{lasted .Time .Time}}`:                              "30 min, meno di un minuto",
		`{{say "words.plan" .Plan}}`:                                                       "Nightly to B2",
		`{{range $i, $m := first 1 (only .Modules "failed")}}{{age .LastSnapshot}}{{end}}`: "1 giorno 2 h",
	} {
		got, err := loadIn(t, "it", folder(t, `{{define "slack.text"}}`+call+`{{end}}`), e.Time).Render(templates.SlackText, e)
		if err != nil || got != want {
			t.Errorf("%s: %q, %v", call, got, err)
		}
	}
}

// TestAPlanWithoutANameIsNamedInTheLanguage holds that no English comes from the code.
func TestAPlanWithoutANameIsNamedInTheLanguage(t *testing.T) {
	for plan, want := range map[event.Plan]string{{ID: "7"}: "piano 7 su", {}: "piano senza nome su"} {
		e := sample(t, "partial")
		e.Plan = plan
		if subject := renderIn(t, "it", templates.MailSubject, e); !strings.Contains(subject, want) {
			t.Errorf("%q is not in %s", want, subject)
		}
		if text := templates.Plain("it", e); !strings.Contains(text, want) {
			t.Errorf("%q is not in %s", want, text)
		}
	}
}

// TestAFaultyTemplateSpeaksTheLanguage: the plain text is in the words of the rest.
func TestAFaultyTemplateSpeaksTheLanguage(t *testing.T) {
	e := sample(t, "held-up")
	for _, part := range []string{templates.MailText, templates.MailHTML, templates.SlackText} {
		set := loadIn(t, "it", folder(t, `{{define "`+part+`"}}{{.Nothing}}{{end}}`), e.Time)
		text, err := set.Render(part, e)
		if err == nil {
			t.Fatal("the template should fail")
		}
		for _, want := range []string{"Backup parzialmente fallito", "Moduli ok: 2 su 4", "Prima di questa, non inviata", "Questo testo è semplice"} {
			if !strings.Contains(text, want) {
				t.Errorf("%s lacks %q:\n%s", part, want, text)
			}
		}
	}
}

// TestPlainSaysWhatItIsAbout goes through what is not of a plan, and what ended.
func TestPlainSaysWhatItIsAbout(t *testing.T) {
	for name, want := range map[string]string{
		"alert":            "Alert DiskSpaceCritical on ns8.example.org\n",
		"alert-unreported": "Ended: Alert DiskSpaceCritical on ns8.example.org\n",
		"event":            "Event: UPS in the server room runs on battery on ns8.example.org\n",
		"unreported":       "Backup no longer reported, no good run was seen: Nightly to B2 on ns8.example.org\n",
	} {
		text := templates.Plain("en", sample(t, name))
		if !strings.HasPrefix(text, want) || strings.Contains(text, "The trouble is over") {
			t.Errorf("%s: %s", name, text)
		}
	}
}

func TestAPlainTextCannotBeOverridden(t *testing.T) {
	conf := templates.DefaultConfig()
	conf.Dir = folder(t, `{{define "plain.test"}}x{{end}}`)
	if faults := conf.Validate(); len(faults) != 1 || !strings.Contains(faults[0].Text, "plain.test") {
		t.Errorf("%+v", faults)
	}
}

func TestALanguageThatIsNotThereIsAFault(t *testing.T) {
	for _, language := range []string{"", "de", "EN", "english"} {
		conf := templates.DefaultConfig()
		conf.Language = language
		faults := conf.Validate()
		if len(faults) != 1 || faults[0].Key != "language" || faults[0].Remedy != "write en or it" {
			t.Errorf("%q: %+v", language, faults)
		}
		if _, err := templates.Load(conf, "", time.Now); err == nil || !strings.Contains(err.Error(), "language") {
			t.Errorf("%q is loaded: %v", language, err)
		}
	}
}
