package templates_test

import (
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"bellhop/internal/event"
	"bellhop/internal/event/samples"
	"bellhop/templates"
)

func manual(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "docs", "templates.md"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestTheManualsExampleRenders takes the example from the manual, as a reader would.
func TestTheManualsExampleRenders(t *testing.T) {
	found := regexp.MustCompile("(?s)```gotemplate\n(.*?)```").FindStringSubmatch(manual(t))
	if found == nil {
		t.Fatal("docs/templates.md has no example")
	}
	dir := folder(t, found[1])
	for _, s := range samples.All() {
		set := load(t, dir, s.Event.Time)
		for _, part := range templates.Parts() {
			text, err := set.Render(part, s.Event)
			if err != nil {
				t.Errorf("%s of %s: %v", part, s.Name, err)
			}
			checkWhole(t, part, text)
		}
	}
	e := sample(t, "partial")
	set := load(t, dir, e.Time)
	for part, want := range map[string]string{
		templates.MailSubject: "⚠️ Nightly to B2: 1 of 4 modules in trouble",
		templates.SlackText:   "Nightly to B2 (2026-11-21 02:30 +01:00)\n• nextcloud1: somebody changed the repository's password",
		templates.WebhookBody: `{"summary": "Backup partially failed", "plan": "Nightly to B2"}`,
	} {
		if got, err := set.Render(part, e); err != nil || got != want {
			t.Errorf("%s: %q, %v", part, got, err)
		}
	}
}

func TestTheManualNamesEverything(t *testing.T) {
	text := manual(t)
	wanted := append(templates.FuncNames(), templates.Parts()...)
	for _, typ := range []reflect.Type{
		reflect.TypeFor[event.Event](), reflect.TypeFor[event.Cluster](), reflect.TypeFor[event.Plan](), reflect.TypeFor[event.Destination](),
		reflect.TypeFor[event.Run](), reflect.TypeFor[event.Module](), reflect.TypeFor[event.Trouble](), reflect.TypeFor[event.Alert](),
		reflect.TypeFor[event.Payload](), reflect.TypeFor[event.Note](), reflect.TypeFor[templates.Hint](), reflect.TypeFor[templates.Fact](),
		reflect.TypeFor[templates.Fitted](),
	} {
		wanted = append(wanted, fields(typ)...)
	}
	for _, name := range templates.BuiltinNames() {
		for _, prefix := range []string{"cause.", "note."} {
			if code, is := strings.CutPrefix(name, prefix); is {
				wanted = append(wanted, code)
			}
		}
	}
	for _, name := range wanted {
		if !regexp.MustCompile("[`.]" + regexp.QuoteMeta(name) + "[` .]").MatchString(text) {
			t.Errorf("docs/templates.md does not name %s", name)
		}
	}
}

// fields are a type's names in a template and in JSON.
func fields(typ reflect.Type) []string {
	var names []string
	for i := range typ.NumField() {
		f := typ.Field(i)
		names = append(names, f.Name)
		if tag, _, _ := strings.Cut(f.Tag.Get("json"), ","); tag != "" && tag != "-" {
			names = append(names, tag)
		}
	}
	return names
}

// TestFunctionsDoWhatTheManualSays calls each where what it gives is not seen above.
func TestFunctionsDoWhatTheManualSays(t *testing.T) {
	e := sample(t, "large")
	for call, want := range map[string]string{
		`{{truncate 4 "añbcdef"}}|{{truncate 9 "abc"}}|{{truncate 0 "abc"}}x`: "añb…|abc|x",
		`{{oneline "a\r\n  b\tc"}}`:                                 "a b c",
		`{{capital "àb"}}{{capital ""}}`:                            "Àb",
		`{{size 52428800}} {{size 4294967296}}`:                     "50.0 MiB 4.0 GiB",
		`{{streak 2}}, {{streak 11}}`:                               "second run in a row, 11 runs in a row",
		`{{len (first 400 .Modules)}} {{over 298 .Modules}}`:        "300 2",
		`{{range kin (bad .Modules)}}{{len .}} {{end}}`:             "3 2 2",
		`{{word "X" "a-1.b"}} {{word "X" "-a"}} {{word "X" "a b"}}`: "a-1.b X X",
		`{{len (only .Modules "ok" "failed")}}`:                     "300",
		`{{state "missing"}}, {{state "odd"}}, {{cause "odd"}}`:     "no status of this run, odd, odd",
		`{{(index .Alerts 0).Labels.nothing}}x`:                     "x",
		`{{printf "%03d" 7}}{{print 1 2}}`:                          "0071 2",
		`{{upper "è già"}} {{about .}}`:                             "È GIÀ backup",
		`{{with index (facts .) 1}}{{.Name}}={{.Value}}{{end}}`:     "Schedule=*-*-* 02:00:00",
		`{{range lots (bad .Modules)}}{{len .}} {{end}}{{(index (index (lots .Modules) 0) 0).ID}} {{len (lots .Modules)}}`: "1 1 1 1 1 1 1 mail21 8",
		`{{with fitting 20 "state.ok" (lots .Modules)}}{{.Lines}} {{.More}}{{end}}`:                                        "[ok ok ok ok ok ok] 294",
		`{{when .Time}}|{{with index .Modules 0}}{{when .LastSnapshot}}{{end}}`:                                            "<!date^1795224642^{date_short_pretty} {time}|2026-11-21 02:30 +01:00>|",
		`{{mrkdwn "<a&b>"}}`: "&lt;a&amp;b&gt;",
		`{{with index .Modules 0}}{{event.Plan.ID}}{{end}} {{link}}`: "1 " + externalURL,
	} {
		got, err := load(t, folder(t, `{{define "slack.text"}}`+call+`{{end}}`), e.Time).Render(templates.SlackText, e)
		if err != nil || got != want {
			t.Errorf("%s: %q, %v", call, got, err)
		}
	}
}

func TestAgesAreSaidAsPeopleDo(t *testing.T) {
	for ago, want := range map[time.Duration]string{
		-time.Hour:        "less than a minute",
		59 * time.Second:  "less than a minute",
		12 * time.Minute:  "12 min",
		200 * time.Minute: "3 h 20 min",
		4 * time.Hour:     "4 h",
		24 * time.Hour:    "1 day",
		26 * time.Hour:    "1 day 2 h",
		75 * time.Hour:    "3 days",
	} {
		e := sample(t, "partial")
		e.Modules[1].LastSnapshot = e.Time.Add(-ago)
		text := render(t, templates.MailText, e)
		if !strings.Contains(text, ", "+want+" old\n") {
			t.Errorf("%v is not said %q:\n%s", ago, want, text)
		}
	}
}
