package templates_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"bellhop/internal/event"
	"bellhop/templates"
)

// folder returns a folder with one file of templates.
func folder(t testing.TB, content string) string {
	t.Helper()
	dir := t.TempDir()
	write(t, dir, "own.tmpl", content)
	return dir
}

func write(t testing.TB, dir, name, content string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestOverrideByName(t *testing.T) {
	e := sample(t, "partial")
	dir := folder(t, `{{define "mail.subject"}}{{template "my.sign"}} {{.Plan.Name}}{{end}}
{{define "my.sign"}}!!{{end}}
{{define "mail.html"}}<!DOCTYPE html><p title="{{.Plan.Name}}">{{range .Modules}}{{.Name}} {{end}}</p>{{end}}
{{define "cause.wrong_password"}}il segreto è un altro{{end}}`)
	write(t, dir, "second.tmpl", `{{define "slack.text"}}{{cause .Cause}}{{end}}`)
	write(t, dir, "README", "no template")
	set := load(t, dir, e.Time)
	for part, want := range map[string]string{
		templates.MailSubject: "!! Nightly to B2",
		templates.MailHTML:    "<!DOCTYPE html><p title=\"Nightly to B2\">Company mail Files &amp; calendars AD DC  </p>\n",
		templates.SlackText:   "il segreto è un altro",
		templates.PagerDutySummary: "ns8.example.org: backup Nightly to B2 partially failed: nextcloud1 " +
			"(il segreto è un altro)",
	} {
		if got, err := set.Render(part, e); err != nil || got != want {
			t.Errorf("%s: %q, %v", part, got, err)
		}
	}
}

func TestAnEmptyOverrideSilencesAPiece(t *testing.T) {
	e := sample(t, "partial")
	text, err := load(t, folder(t, `{{define "text.todo"}}{{end}}`), e.Time).Render(templates.MailText, e)
	if err != nil || strings.Contains(text, "WHAT TO DO") {
		t.Errorf("%v:\n%s", err, text)
	}
}

// TestAFaultyTemplateCostsNoNotice goes through what can go wrong while rendering.
func TestAFaultyTemplateCostsNoNotice(t *testing.T) {
	faults := map[string]struct{ body, says string }{
		"no such field":    {"\n{{.Plan.Nme}}", "own.tmpl:2"},
		"index":            {"{{(index .Modules 99).ID}}", "out of range"},
		"endless output":   {`{{range 100000}}{{range 1000}}a rather long text for each{{end}}{{end}}`, "1 MiB"},
		"endless silence":  {"\n\n{{range 100000000000}}{{end}}", "own.tmpl:3"},
		"nested silence":   {`{{range 10000000}}{{range 10000000}}{{end}}{{end}}`, "does not come to an end"},
		"recursion":        {`{{template "my.loop" .}}{{end}}{{define "my.loop"}}{{template "my.loop" .}}`, "does not come to an end"},
		"mutual recursion": {`{{say "my.loop" .}}{{end}}{{define "my.loop"}}{{say "my.loop" .}}`, "does not come to an end"},
		"doubling":         {`{{$s := "ab"}}{{range 100}}{{$s = print $s $s}}{{end}}`, "does not come to an end"},
		"growing":          {`{{$s := "\\"}}{{range 100}}{{$s = json $s}}{{end}}`, "does not come to an end"},
		"nothing":          {`{{if false}}x{{end}}  `, "prints nothing"},
		"unknown say":      {`{{say "nobody" .}}`, "nobody"},
		"not a list":       {`{{first 3 .Plan}}`, "no list"},
	}
	e := sample(t, "partial")
	for name, f := range faults {
		for _, part := range templates.Parts() {
			t.Run(name+"/"+part, func(t *testing.T) {
				set := load(t, folder(t, `{{define "`+part+`"}}`+f.body+`{{end}}`), e.Time)
				text, err := set.Render(part, e)
				if f.says == "prints nothing" {
					switch part {
					case templates.WebhookBody:
						f.says = "no JSON"
					case templates.SlackDetails, templates.SlackBody: // pieces, which may be left out
						if err != nil || text != "" {
							t.Errorf("%q, %v", text, err)
						}
						return
					}
				}
				if err == nil || !strings.Contains(err.Error(), f.says) || !strings.Contains(err.Error(), part) {
					t.Fatalf("the error does not say what and where: %v", err)
				}
				checkWhole(t, part, text)
				checkPlain(t, part, text)
			})
		}
	}
}

// checkPlain holds what a fallback for the sample partial must tell.
func checkPlain(t *testing.T, part, text string) {
	t.Helper()
	want := []string{"Nightly to B2"}
	switch part {
	case templates.SlackDetails:
		want = []string{"a template is faulty"}
	case templates.MailSubject, templates.PagerDutySummary:
		want = append(want, "Backup partially failed", "ns8.example.org")
	case templates.WebhookBody:
		want = append(want, `"version":1`, `"nextcloud1"`)
	default:
		want = append(want, "nextcloud1", "wrong_password", "wrong password or no key found", "a template is faulty")
	}
	for _, w := range want {
		if !strings.Contains(text, w) {
			t.Errorf("the plain form lacks %q:\n%s", w, text)
		}
	}
}

func TestAWebhookBodyIsJSONOrTheEvent(t *testing.T) {
	e := sample(t, "partial")
	text, err := load(t, folder(t, `{{define "webhook.body"}}{"text": {{json .Plan.Name}}}{{end}}`), e.Time).Render(templates.WebhookBody, e)
	if err != nil || text != `{"text": "Nightly to B2"}` {
		t.Errorf("%v: %s", err, text)
	}
	text, err = load(t, folder(t, `{{define "webhook.body"}}{"text": {{.Plan.Name}}}{{end}}`), e.Time).Render(templates.WebhookBody, e)
	var back event.Event
	if err == nil || json.Unmarshal([]byte(text), &back) != nil || back.ID != e.ID {
		t.Errorf("%v: %s", err, text)
	}
}

func TestAPanicIsAnErrorToo(t *testing.T) {
	text, err := new(templates.Set).Render(templates.MailText, sample(t, "partial"))
	if err == nil || !strings.Contains(err.Error(), "panicked") {
		t.Error(err)
	}
	checkPlain(t, templates.MailText, text)
}

func TestUnknownPart(t *testing.T) {
	e := sample(t, "partial")
	text, err := load(t, "", e.Time).Render("fax.text", e)
	if err == nil {
		t.Error("a part that does not exist was rendered")
	}
	checkPlain(t, "fax.text", text)
}

func TestATimeThatJSONCannotHold(t *testing.T) {
	e := sample(t, "partial")
	e.Modules[0].End = time.Date(12026, 1, 1, 0, 0, 0, 0, time.UTC)
	text, err := load(t, "", e.Time).Render(templates.WebhookBody, e)
	if err == nil || !json.Valid([]byte(text)) || !strings.Contains(text, e.ID) {
		t.Errorf("%v: %s", err, text)
	}
}

func TestManyRenderAtOnce(t *testing.T) {
	e := sample(t, "third-run")
	set := load(t, "", e.Time)
	want := render(t, templates.MailHTML, e)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if got, err := set.Render(templates.MailHTML, e); err != nil || got != want {
				t.Errorf("another text than alone: %v", err)
			}
		})
	}
	all.Wait()
}
