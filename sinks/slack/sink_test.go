package slack_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"bellhop/internal/event"
	"bellhop/internal/farend"
	"bellhop/internal/retry"
	"bellhop/internal/secret"
	"bellhop/sinks"
	"bellhop/sinks/sinktest"
	"bellhop/sinks/slack"
	"bellhop/templates"
)

const token = "xoxb-1234-5678-AbCdEfGhIjKl"

func config(base, channel string) slack.Config {
	c := slack.DefaultConfig()
	c.Token, c.Channel, c.URL = secret.New(token), channel, base+"/api"
	return c
}

// message is one that is worded as templates do it.
func message(status event.Status) sinks.Message {
	m := wordless(status)
	m.Text = worded("en", m.Event)
	return m
}

func wordless(status event.Status) sinks.Message {
	at := time.Date(2026, 11, 3, 2, 30, 0, 0, time.UTC)
	m := sinks.Message{
		ID: "01JBQ0-chat-1",
		Event: event.Event{
			Version: event.Version, ID: "01JBQ0", Time: at, Kind: event.KindBackup, Status: status,
			Outcome: event.Partial, Cause: event.CauseWrongPassword, Severity: event.SeverityError,
			DedupKey: "bellhop/2c7b/backup/1", Opened: at.Add(-48 * time.Hour), FailedRuns: 3,
			Cluster:     event.Cluster{UUID: "2c7b", Name: "ns8.example.org"},
			Plan:        event.Plan{ID: "1", Name: "Nightly & co."},
			Destination: event.Destination{Name: "Backblaze"},
			Run:         event.Run{Start: at.Add(-30 * time.Minute), End: at.Add(-time.Minute), Settled: true},
			Modules: []event.Module{
				{ID: "mail1", State: event.StateOK},
				{ID: "nextcloud1", Name: "Files <3", Node: "1", State: event.StateFailed, Cause: event.CauseWrongPassword,
					Error: "Fatal: wrong password\nor no key found", LastSnapshot: at.Add(-26 * time.Hour)},
				{ID: "samba1", State: event.StatePending},
			},
			Alerts: []event.Alert{{Labels: map[string]string{"alertname": "BackupFailed"}, GeneratorURL: "https://prometheus.example.org/graph?a=1&b=<x|y>"}},
			Notes:  []string{"The repository was not asked."},
		},
	}
	if status == event.StatusResolved {
		m.Event.Was = &event.Trouble{Outcome: event.Partial, Modules: event.NotOK(m.Event.Modules), Since: m.Event.Opened}
		m.Event.Outcome, m.Event.Severity, m.Event.Cause = event.Success, event.SeverityInfo, ""
		m.Event.EndedBy, m.Event.Notes = event.EndedBySuccess, nil
		m.Event.Modules = []event.Module{{ID: "mail1", State: event.StateOK}, {ID: "nextcloud1", State: event.StateOK}}
	}
	return m
}

// worded are the parts of an event, as they are rendered at its time.
func worded(language string, e event.Event) map[string]string {
	set, err := templates.Load(templates.Config{Language: language, Timezone: "UTC"}, "https://bellhop.example.org/", func() time.Time { return e.Time })
	if err != nil {
		panic(err)
	}
	text := make(map[string]string)
	for _, part := range slack.Kind().Parts {
		if text[part], err = set.Render(part, e); err != nil {
			panic(err)
		}
	}
	return text
}

// desk is a sink in front of a Slack that behaves, with the pace of its lane.
type desk struct {
	*farend.Slack
	sink *slack.Sink
	url  string

	mu     sync.Mutex
	at     time.Time
	before func(path string) // a request is served, for what people do meanwhile
}

func newDesk(t *testing.T, token, channel string) *desk {
	t.Helper()
	return openDesk(t, token, func(url string) slack.Config { return config(url, channel) })
}

func openDesk(t *testing.T, token string, conf func(url string) slack.Config) *desk {
	t.Helper()
	d := &desk{at: time.Date(2026, 11, 3, 2, 30, 0, 0, time.UTC), before: func(string) {}}
	d.Slack = farend.NewSlack(d.now, token, "#backups", "#other")
	d.Hook(hookPath, "#backups")
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		d.mu.Lock()
		before := d.before
		d.mu.Unlock()
		before(r.URL.Path)
		d.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	d.url = server.URL
	d.restart(t, conf(d.url))
	return d
}

func (d *desk) now() time.Time {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.at
}

func (d *desk) pass(span time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.at = d.at.Add(span)
}

// meanwhile has something done before each request is served.
func (d *desk) meanwhile(do func(path string)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.before = do
}

// restart has a new sink with these settings take over.
func (d *desk) restart(t *testing.T, c slack.Config) {
	t.Helper()
	var err error
	d.sink, err = slack.New(c, sinks.Deps{Now: d.now, Client: http.DefaultClient, ExternalURL: "https://bellhop.example.org/"})
	if err != nil {
		t.Fatal(err)
	}
}

func (d *desk) send(t *testing.T, m sinks.Message) (sinks.Receipt, error) {
	t.Helper()
	d.pass(time.Second)
	if m.Target == "" {
		m.Target = d.sink.Targets()[0]
	}
	return d.sink.Send(t.Context(), m)
}

func TestSinkKeepsThePromises(t *testing.T) {
	sinktest.Run(t, sinktest.Case{
		New:     func(base string, d sinks.Deps) (sinks.Sink, error) { return slack.New(config(base, "#backups"), d) },
		Far:     func(now func() time.Time) sinktest.StandIn { return farend.NewSlack(now, token, "#backups") },
		Message: message(event.StatusOpen),
		Secrets: []secret.String{secret.New(token)},
		Wants: []sinktest.Status{
			{First: 200, Last: 299, Want: sinktest.Unknown()}, // only "ok": true is a success
			{First: 404, Last: 405, Want: sinktest.Refused(retry.Misconfigured)},
			{First: 410, Last: 410, Want: sinktest.Refused(retry.Misconfigured)},
			{First: 429, Last: 429, Want: sinktest.Want{Verdict: retry.Away, Refused: true, Wait: 5 * time.Second}},
		},
		// Slack has nothing to tell a retry by; it is the same message, though.
		Key:      func(r sinktest.Request) string { return string(r.Body) },
		MaxBody:  120 << 10,
		Harmless: noMarkup,
	})
}

// noMarkup fails when the outside opened a tag of its own.
func noMarkup(t *testing.T, r sinktest.Request) {
	form, err := url.ParseQuery(string(r.Body))
	if err != nil {
		t.Fatal(err)
	}
	var blocks, attachments any
	for part, into := range map[string]any{"blocks": &blocks, "attachments": &attachments} {
		if err := json.Unmarshal([]byte(form.Get(part)), into); err != nil {
			t.Fatalf("%s: %v", part, err)
		}
	}
	built := fmt.Sprint(blocks, attachments)
	for _, bad := range []string{"<!channel", "<!here", "<@", "<#", "@here", "@channel", "@everyone", "<script", "javascript:", "\u202e", "\x00"} {
		if strings.Contains(built+form.Get("text"), bad) {
			t.Errorf("the message holds %q: %.2000q", bad, built+form.Get("text"))
		}
	}
	if strings.Contains(built, "user:pass") { // other links are the template's own
		t.Errorf("a password is shown: %.2000q", built)
	}
	if form.Get("parse") != "none" || form.Get("link_names") != "false" {
		t.Error("Slack may read mentions into plain text")
	}
	if got, all := strings.Count(form.Get("attachments"), `"verbatim":true`), strings.Count(form.Get("attachments"), `"type":"mrkdwn"`); got != all {
		t.Errorf("Slack may read mentions into %d of %d texts", all-got, all)
	}
}

func TestMessageIsWhatSlackShallShow(t *testing.T) {
	for name, status := range map[string]event.Status{"open": event.StatusOpen, "resolved": event.StatusResolved} {
		d := newDesk(t, token, "#backups")
		if _, err := d.send(t, message(status)); err != nil {
			t.Fatal(err)
		}
		goldenPost(t, name, d.Messages()[0])
	}
}

// goldenPost compares a message with what Slack shall show.
func goldenPost(t *testing.T, name string, p farend.Posted) {
	t.Helper()
	text, err := json.Marshal(p.Text)
	if err != nil {
		t.Fatal(err)
	}
	blocks := p.Blocks
	if blocks == "" {
		blocks = "null"
	}
	sinktest.Golden(t, "testdata/"+name+".json",
		fmt.Appendf(nil, `{"text":%s,"blocks":%s,"attachments":%s}`, text, blocks, p.Attachments))
}

func TestReceiptRemembersWhereTheMessageWent(t *testing.T) {
	d := newDesk(t, token, "backups")
	r, err := d.send(t, message(event.StatusOpen))
	if err != nil {
		t.Fatal(err)
	}
	var m slack.Memory
	if err := json.Unmarshal(r.Memory, &m); err != nil {
		t.Fatal(err)
	}
	if p := d.Messages()[0]; m.Channel != p.ID || m.TS != p.TS || !strings.Contains(r.Status, p.TS) {
		t.Errorf("remembered %+v, status %q, posted %+v", m, r.Status, p)
	}
}

func TestKindIsAChats(t *testing.T) {
	k := slack.Kind()
	want := retry.Limit{N: 1, Per: time.Second, Burst: 1}
	if k.Supersede != sinks.KeepLatest || !k.Calm || k.Limit != want {
		t.Errorf("got %+v", k)
	}
}

func TestColor(t *testing.T) {
	const red, orange, green, grey = "#d40e0d", "#e8912d", "#2eb67d", "#808080"
	for want, change := range map[string]func(*event.Event){
		red:    func(e *event.Event) { e.Severity = event.SeverityCritical },
		orange: func(*event.Event) {},
		green:  func(e *event.Event) { e.Status = event.StatusSuccess },
		grey:   func(e *event.Event) { e.Status, e.EndedBy = event.StatusResolved, "unreported" },
	} {
		d := newDesk(t, token, "#backups")
		m := message(event.StatusOpen)
		change(&m.Event)
		m.Text = worded("en", m.Event)
		if _, err := d.send(t, m); err != nil {
			t.Fatal(err)
		}
		if a := d.Messages()[0].Attachments; !strings.Contains(a, want) {
			t.Errorf("the bar is not %s: %s", want, a)
		}
	}
}

// 300 modules with long errors: Slack's limits are the stand-in's, which refuses what is beyond.
func TestTooManyFailuresFitTheWorstFirst(t *testing.T) {
	d := newDesk(t, token, "#backups")
	m := message(event.StatusOpen)
	m.Event.Modules = nil
	for i := range 300 {
		state := event.StateOK
		if i >= 200 {
			state = event.StateFailed
		}
		m.Event.Modules = append(m.Event.Modules, event.Module{ID: fmt.Sprint("module", i), State: state, Error: strings.Repeat("<&> 💥", 1<<10)})
	}
	m.Text = worded("en", m.Event)
	if _, err := d.send(t, m); err != nil {
		t.Fatal(err)
	}
	shown := d.Messages()[0].Attachments
	for _, want := range []string{"100 of 300 modules failed, 200 are ok.", "*The cause could not be told*: module200, ", "and 92 more – "} {
		if !strings.Contains(shown, want) {
			t.Errorf("%q is not in %s", want, shown)
		}
	}
	if strings.Contains(shown, "module199") {
		t.Error("a module that is fine takes room")
	}
}

// manyModules are 300, of which 7 failed.
func manyModules(m *sinks.Message) {
	m.Event.Modules = nil
	for i := range 300 {
		module := event.Module{ID: fmt.Sprint("module", i+1), Node: fmt.Sprint(i%3 + 1), State: event.StateOK}
		if i%40 == 39 {
			module.State, module.Cause, module.Error = event.StateFailed, event.CauseLocked, "Fatal: unable to create lock: repository is already locked"
			module.LastSnapshot = m.Event.Time.Add(-26 * time.Hour)
		}
		if i < 7 {
			module.Name = fmt.Sprint("Mail of department ", i+1)
		}
		m.Event.Modules = append(m.Event.Modules, module)
	}
	m.Text = worded("en", m.Event)
}

func TestLargeClusterStaysReadable(t *testing.T) {
	d := newDesk(t, token, "#backups")
	m := message(event.StatusOpen)
	manyModules(&m)
	if _, err := d.send(t, m); err != nil {
		t.Fatal(err)
	}
	goldenPost(t, "many", d.Messages()[0])
	for i := range m.Event.Modules { // and while the run goes on
		if m.Event.Modules[i].State == event.StateOK && i > 20 {
			m.Event.Modules[i].State = event.StatePending
		}
	}
	m.Text = worded("en", m.Event)
	if _, err := d.send(t, m); err != nil {
		t.Fatal(err)
	}
	if shown := d.Messages()[1].Attachments; !strings.Contains(shown, `\n• Not run yet: module22, module23, `) || !strings.Contains(shown, "module29 and 264 more") {
		t.Errorf("the pending ones are not on one line: %s", shown)
	}
}

// Slack refuses about 13,200 characters over all blocks; we keep to 12,000.
func TestFullMessageKeepsTheBudgets(t *testing.T) {
	d := newDesk(t, token, "#backups")
	m := message(event.StatusResolved)
	m.Event.EndedBy = "unreported"
	long := strings.Repeat("long ", 1000)
	m.Event.Plan.Name, m.Event.Cluster.Name, m.Event.Destination.Name, m.Event.Cause = long, long, long, event.Cause(long)
	m.Event.Instead = &event.Instead{Sink: long, Reason: long}
	m.Event.Modules, m.Event.Was.Modules = nil, nil
	for i := range 300 {
		module := event.Module{ID: long, Name: long, Node: long, State: event.StateFailed, Cause: event.Cause(long), Error: fmt.Sprint(i, long)}
		m.Event.Was.Modules = append(m.Event.Was.Modules, module)
		m.Event.Notes = append(m.Event.Notes, long)
		m.Event.Alerts = append(m.Event.Alerts, event.Alert{GeneratorURL: "https://example.org/" + fmt.Sprint(len(m.Event.Alerts)) + strings.Repeat("x", 200)})
	}
	m.Text = worded("en", m.Event)
	if n := d.budget(t, m); n < 6000 { // fewer, and the test tests nothing
		t.Errorf("%d characters", n)
	}
	for part := range m.Text { // a template of somebody's own
		m.Text[part] = strings.Repeat("name: "+long+"\n", 60)
	}
	if n := d.budget(t, m); n < 9000 {
		t.Errorf("%d characters of somebody's own", n)
	}
}

// budget sends m and counts the characters over all blocks.
func (d *desk) budget(t *testing.T, m sinks.Message) int {
	t.Helper()
	if _, err := d.send(t, m); err != nil {
		t.Fatal(err)
	}
	all := d.Messages()
	p := all[len(all)-1]
	var shown any
	if err := json.Unmarshal(fmt.Appendf(nil, `[%s,%s]`, p.Blocks, p.Attachments), &shown); err != nil {
		t.Fatal(err)
	}
	n := characters(shown)
	if n > 12000 {
		t.Errorf("%d characters", n)
	}
	if n := utf8.RuneCountInString(p.Text); n > 4000 {
		t.Errorf("the text has %d characters", n)
	}
	return n
}

// characters counts those of all texts of blocks.
func characters(blocks any) (n int) {
	switch blocks := blocks.(type) {
	case []any:
		for _, b := range blocks {
			n += characters(b)
		}
	case map[string]any:
		for key, value := range blocks {
			if text, is := value.(string); is && key == "text" {
				n += utf8.RuneCountInString(text)
			}
			n += characters(value)
		}
	}
	return n
}
