package templates_test

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"golang.org/x/net/html"

	"bellhop/internal/event"
	"bellhop/templates"
)

// elements are those that the mail is made of; one more came from the data.
var elements = []string{"html", "head", "meta", "title", "style", "body", "div", "h1", "h2", "p", "bdi", "span", "a", "table", "tbody", "tr", "td"}

func checkHTML(t *testing.T, text string) {
	t.Helper()
	doc, err := html.Parse(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	for n := range doc.Descendants() {
		switch n.Type {
		case html.CommentNode:
			t.Errorf("a comment: %s", n.Data)
		case html.ElementNode:
			checkElement(t, n)
		}
	}
}

func checkElement(t *testing.T, n *html.Node) {
	t.Helper()
	known := false
	for _, e := range elements {
		known = known || e == n.Data
	}
	if !known {
		t.Errorf("an element <%s> that the template does not have", n.Data)
	}
	for _, a := range n.Attr {
		if strings.HasPrefix(a.Key, "on") || a.Key == "src" || a.Key == "href" && a.Val != externalURL {
			t.Errorf("an attribute %s=%q", a.Key, a.Val)
		}
	}
}

func TestHostileTextStaysText(t *testing.T) {
	e := sample(t, "hostile")
	text := render(t, templates.MailHTML, e)
	checkHTML(t, text)
	if !strings.Contains(text, "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;") {
		t.Error("the far end's words should be there to read")
	}
	for _, part := range []string{templates.MailText, templates.MailHTML} {
		if text := render(t, part, e); !strings.Contains(text, "runagent -m MODULE") && !strings.Contains(text, ">MODULE<") {
			t.Errorf("%s puts a name with a command in it into a line to copy", part)
		}
	}
	if slack := render(t, templates.SlackText, e); strings.Contains(slack, "<!channel>") || !strings.Contains(slack, "&lt;!channel&gt;") {
		t.Errorf("Slack would shout: %s", slack)
	}
	for _, line := range strings.Split(render(t, templates.MailText, e), "\n") {
		if strings.HasPrefix(line, "Subject:") || strings.HasPrefix(line, "Bcc:") || line == "." {
			t.Errorf("a line that looks like a header: %q", line)
		}
	}
}

func TestHostileFallbackIsHarmless(t *testing.T) {
	e := sample(t, "hostile")
	for _, part := range templates.Parts() {
		set := load(t, folder(t, `{{define "`+part+`"}}{{.Nothing}}{{end}}`), e.Time)
		text, err := set.Render(part, e)
		if err == nil {
			t.Fatal("the template should fail")
		}
		checkWhole(t, part, text)
		if part == templates.MailHTML && strings.Contains(text, "<script") || part == templates.SlackText && strings.Contains(text, "<!") {
			t.Errorf("%s: %s", part, text)
		}
	}
}

// FuzzEvent puts any text into every place of an event that comes from others.
func FuzzEvent(f *testing.F) {
	for _, seed := range []string{"", "a\r\nBcc: b", "</style><script>", "{{", "\xff\x00\u202e", "<!channel>", strings.Repeat("x", 5000), "%s%d%!", "'\"`&#"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		checkHarmless(t, "en", fuzzed(t, s))
		checkHarmless(t, "it", fuzzedAlert(t, s))
		checkHarmless(t, "en", fuzzedEvent(t, s))
	})
}

func checkHarmless(t *testing.T, language string, e event.Event) {
	t.Helper()
	set := loadIn(t, language, "", e.Time)
	for _, part := range templates.Parts() {
		text, err := set.Render(part, e)
		if err != nil {
			t.Fatalf("%s: %v", part, err)
		}
		if !utf8.ValidString(text) || strings.ContainsAny(text, "\x00\r") && part != templates.WebhookBody {
			t.Errorf("%s: %q", part, text)
		}
		if part == templates.MailHTML {
			checkHTML(t, text)
		}
		if part == templates.MailText && strings.ContainsAny(text, "<>") {
			t.Errorf("an angle bracket: %q", text)
		}
	}
}

func fuzzedAlert(t *testing.T, s string) event.Event {
	t.Helper()
	e := sample(t, "alert")
	e.Cluster.Name, e.Severity, e.EndedBy = s, event.Severity(s), event.EndedBy(s)
	e.Alerts[0].Labels = map[string]string{"alertname": s, "node": s, "instance": s, s: s, "x" + s: s}
	e.Alerts[0].Annotations = map[string]string{"summary_it": s, "description_it": "x " + s, s: s}
	return e
}

func fuzzedEvent(t *testing.T, s string) event.Event {
	t.Helper()
	e := sample(t, "event")
	e.Severity, e.Notes = event.Severity(s), []string{s, s}
	e.Payload = &event.Payload{Summary: s, Source: s, Component: s, Group: s, Class: s}
	return e
}

func fuzzed(t *testing.T, s string) event.Event {
	t.Helper()
	e := sample(t, "third-run")
	e.Cluster.Name, e.Plan.ID, e.Plan.Name, e.Plan.Schedule, e.Destination.Name = s, s, s, s, s
	e.Cause = event.Cause(s)
	for i := range e.Modules {
		m := &e.Modules[i]
		m.ID, m.Name, m.Node, m.Error, m.State = s, s, s, s, event.StateFailed
	}
	e.Notes = []string{s}
	return e
}

// FuzzOverride takes any file for a user's templates: it is refused, or what it
// renders can be sent.
func FuzzOverride(f *testing.F) {
	for _, seed := range []string{
		`{{define "mail.html"}}<a href="{{.Plan.Name}}">{{end}}`, `{{define "mail.html"}}<script>{{.}}</script>{{end}}`,
		`{{define "mail.html"}}{{range .Modules}}{{break}}{{end}}{{end}}`, `{{block "mail.html" .}}{{end}}`, `{{define "mail.html"}}{{template "mail.html" .}}{{end}}`,
	} {
		f.Add(seed)
	}
	e := sample(f, "partial")
	f.Fuzz(func(t *testing.T, content string) {
		c := templates.DefaultConfig()
		c.Dir = folder(t, content)
		set, err := templates.Load(c, "", func() time.Time { return e.Time })
		if faults := c.Validate(); (err == nil) != (len(faults) == 0) {
			t.Fatalf("Load says %v, Validate %v", err, faults)
		}
		if err != nil {
			return
		}
		for _, part := range templates.Parts() {
			if text, _ := set.Render(part, e); strings.TrimSpace(text) == "" {
				t.Errorf("%s: nothing to send", part)
			}
		}
	})
}
