package slack_test

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"bellhop/internal/event"
	"bellhop/internal/event/samples"
	"bellhop/internal/farend"
	"bellhop/sinks"
	"bellhop/sinks/slack"
	"bellhop/templates/wordstest"
)

// ways are desks with a token and with a webhook.
func ways(t *testing.T) map[string]*desk {
	t.Helper()
	return map[string]*desk{"token": newDesk(t, token, "#backups"), "webhook": openDesk(t, token, hookConfig)}
}

// posted sends m as a message of its own and returns what arrived.
func (d *desk) posted(t *testing.T, m sinks.Message) farend.Posted {
	t.Helper()
	if _, err := d.send(t, m); err != nil {
		t.Fatal(err)
	}
	all := d.Messages()
	return all[len(all)-1]
}

// read are the texts that a person reads in a message, a line each.
func read(t *testing.T, p farend.Posted) string {
	t.Helper()
	parts := []string{p.Text}
	for _, part := range []string{p.Blocks, p.Attachments} {
		if part == "" {
			continue
		}
		var all any
		if err := json.Unmarshal([]byte(part), &all); err != nil {
			t.Fatal(err)
		}
		parts = append(parts, shown(all)...)
	}
	return strings.Join(parts, "\n")
}

func shown(all any) (texts []string) {
	switch all := all.(type) {
	case []any:
		for _, one := range all {
			texts = append(texts, shown(one)...)
		}
	case map[string]any:
		for key, value := range all {
			if text, is := value.(string); is && (key == "text" || key == "fallback" || key == "title" || key == "value") {
				texts = append(texts, text)
			}
			texts = append(texts, shown(value)...)
		}
	}
	return texts
}

// markup is what is obeyed and not read: the address of a link, the time of a date.
var markup = regexp.MustCompile(`<(?:https?://|!date)[^|>]*\|?|[*_]`)

// Whatever is in a message, header and names of facts included, is in the language of
// the templates: the sink has no words of its own.
func TestTheWholeMessageIsItalian(t *testing.T) {
	foreign := wordstest.Foreign(t, "../../templates")
	for way, d := range ways(t) {
		for _, s := range samples.All() {
			if s.Name == "hostile" {
				continue // whose names are sentences
			}
			e := wordstest.Silent(s.Event)
			p := d.posted(t, sinks.Message{ID: "1", Event: e, Text: worded("it", e)})
			for _, line := range strings.Split(markup.ReplaceAllString(read(t, p), " "), "\n") {
				if found := foreign(line); found != "" {
					t.Errorf("%s of %s says %q: %s", way, s.Name, found, line)
				}
			}
		}
	}
}

// What the templates make of words of the outside opens no tag: no link, no mention.
func TestOutsideTextStaysText(t *testing.T) {
	const evil = "<https://evil.example|bellhop> <!channel> <!date^1^{time}^https://evil.example|x> @here [a](https://evil.example) <@U1>: x"
	for way, d := range ways(t) {
		for _, s := range samples.All() {
			e := s.Event
			e.Plan.Name, e.Cluster.Name, e.Destination.Name = evil, evil, evil
			e.Notes, e.NoteCodes = nil, nil
			e.AddNote(event.Note{Text: evil})
			e.AddNote(event.Note{Code: event.NoteKeyUnreadable, Names: []string{evil}, Values: map[string]string{"key": evil, "error": evil}, Text: evil})
			e.Instead = &event.Instead{Sink: evil, Reason: evil}
			e.Modules = append([]event.Module{{ID: evil, Name: evil, Node: evil, State: event.StateFailed, Cause: event.Cause(evil), Error: evil}}, e.Modules...)
			e.Alerts = []event.Alert{{Labels: map[string]string{"alertname": evil, evil: evil}, Annotations: map[string]string{"summary": evil, "description": evil}}}
			if e.Payload != nil {
				e.Payload = &event.Payload{Summary: evil, Source: evil, Component: evil, Group: evil, Class: evil}
			}
			text := read(t, d.posted(t, sinks.Message{ID: "1", Event: e, Text: worded("en", e)}))
			for _, bad := range []string{"<https://evil", "<!channel", "<!date^1^", "@here", "](", "<@"} {
				if strings.Contains(text, bad) {
					t.Errorf("%s of %s holds %q:\n%s", way, s.Name, bad, text)
				}
			}
		}
	}
}

// A template of somebody's own may leave pieces out, or name no fact.
func TestATemplateOfOnesOwnMayBePoor(t *testing.T) {
	for way, d := range ways(t) {
		for _, c := range []struct{ details, body, want string }{
			{"", "", "⚠️ Nightly"},
			{"just a fact\nOpened:\nRun: ", "", "just a fact"},
			{"", "see <https://wiki.example.org/a|the wiki> & @here <!channel>\n\n\nlast", "see <https://wiki.example.org/a|the wiki> &amp; @\u200bhere &lt;!channel&gt;\nlast"},
			{"Until: <!date^1795131042^{time}|02:30>", "", "02:30"},
		} {
			e := message(event.StatusOpen).Event
			e.Alerts = nil
			text := read(t, d.posted(t, sinks.Message{ID: "1", Event: e, Text: map[string]string{
				"mail.subject": "⚠️ Nightly", "slack.text": "news", "slack.details": c.details, "slack.body": c.body,
			}}))
			if !strings.Contains(text, c.want) || strings.Contains(text, "Opened") {
				t.Errorf("%s: %q is not in\n%s", way, c.want, text)
			}
			if dated := strings.Contains(text, "<!date"); dated != (way == "token" && strings.Contains(c.details, "date")) {
				t.Errorf("%s: a date is shown as\n%s", way, text)
			}
		}
	}
}

func TestAHeaderIsCutAsSlackCounts(t *testing.T) {
	d := newDesk(t, token, "#backups")
	for _, title := range []string{strings.Repeat("🔥", 200), strings.Repeat("é ", 140), strings.Repeat("@a ", 80), "\xff\x00", ""} {
		m := message(event.StatusOpen)
		m.Text["mail.subject"] = title
		if p := d.posted(t, m); !strings.Contains(p.Blocks, "header") { // the stand-in refuses one that is too long
			t.Errorf("%q: %s", title, p.Blocks)
		}
	}
}

func TestKindAsksForEveryPart(t *testing.T) {
	if got := fmt.Sprint(slack.Kind().Parts); got != "[mail.subject slack.text slack.details slack.body]" {
		t.Error(got)
	}
}
