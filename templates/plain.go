package templates

import (
	"fmt"
	"html"
	"path"
	"slices"
	"strings"

	"bellhop/internal/event"
)

const (
	// plainModules is how many modules the plain text lists.
	plainModules = 30
	// plainFile holds the words of the plain text, in each language's folder.
	plainFile = "plain.tmpl"
	// plainTime is how the plain text writes a time.
	plainTime = "2006-01-02 15:04 -07:00"
)

// phrases are the words of the plain text. They are read and never executed, so
// that there is nothing in them that can fail.
type phrases map[string]string

// readPhrases reads a language's phrases. Of a language that is not there, they are
// English. The files are built in and a test reads them; if one were damaged all the
// same, a phrase would show its name, because a poor notice is better than none.
func readPhrases(language string) phrases {
	if !slices.Contains(Languages(), language) {
		language = english
	}
	content, err := builtin.ReadFile(path.Join(language, plainFile))
	if err != nil {
		return nil
	}
	src, err := parse(plainFile, string(content))
	if err != nil {
		return nil
	}
	said := phrases{}
	for name, t := range src.trees {
		said[strings.TrimPrefix(name, "plain.")] = t.Root.String()
	}
	return said
}

// of fills the values into a phrase. One that is missing shows its name.
func (p phrases) of(name string, values ...any) string {
	format, found := p[name]
	if !found {
		return strings.TrimSpace(name + " " + fmt.Sprintln(values...))
	}
	return fmt.Sprintf(format, values...)
}

// Plain is an event in words without any template: what is sent when one fails.
// It is text of short lines without markup.
func Plain(language string, e event.Event) string { return readPhrases(language).text(e) }

func (p phrases) text(e event.Event) string {
	e = clean(e)
	lines := []string{p.headline(e), ""}
	if e.Kind == event.KindTest {
		lines = append(lines, p.of("test"), "")
	}
	if e.Status == event.StatusResolved && !unproven(e) {
		lines = append(lines, p.of("over"))
	}
	if e.Cause != "" {
		lines = append(lines, p.of("cause", e.Cause))
	}
	lines = append(lines, p.list(event.NotOK(e.Modules))...)
	if ok := only(e.Modules, event.StateOK); len(ok) > 0 {
		lines = append(lines, p.of("ok", len(ok), len(e.Modules)))
	}
	for _, h := range e.History {
		lines = append(lines, p.of("before", h.Time.UTC().Format(plainTime), h.Status, h.Failed, h.Modules))
	}
	if i := e.Instead; i != nil {
		lines = append(lines, wrap(0, p.of("instead", i.Sink, i.Reason)))
	}
	lines = append(lines, p.of("time", e.Time.UTC().Format(plainTime)))
	for _, n := range e.Notes {
		lines = append(lines, "", wrap(0, p.of("note", n)))
	}
	return finishText(strings.Join(lines, "\n"))
}

// unproven reports whether an incident ended while nobody saw a good run.
func unproven(e event.Event) bool {
	return e.Status == event.StatusResolved && e.EndedBy != "" && e.EndedBy != event.EndedBySuccess
}

// headline says what happened to what, and where.
func (p phrases) headline(e event.Event) string {
	var text string
	switch about(e) {
	case aboutAlert:
		text = p.of("alert", alertName(e))
	case aboutEvent:
		text = p.of("event", summary(e))
	default:
		return p.place(p.of("backup", p.verdict(e), p.plan(e.Plan)), e.Cluster)
	}
	if e.Status == event.StatusResolved {
		text = p.of("ended", text)
	}
	return p.place(text, e.Cluster)
}

func alertName(e event.Event) string {
	if len(e.Alerts) == 0 {
		return ""
	}
	return e.Alerts[0].Name()
}

func summary(e event.Event) string {
	if e.Payload == nil {
		return ""
	}
	return e.Payload.Summary
}

// verdict is what the plan's run came to.
func (p phrases) verdict(e event.Event) string {
	switch {
	case unproven(e):
		return p.of("unproven")
	case e.Kind == event.KindMissed && e.Status != event.StatusResolved:
		return p.of("missed")
	}
	switch e.Outcome {
	case event.Success:
		return p.of("success")
	case event.Partial:
		return p.of("partial")
	case event.RepoFailure:
		return p.of("failed")
	}
	return p.of("news")
}

func (p phrases) plan(plan event.Plan) string {
	switch {
	case plan.Name != "":
		return plan.Name
	case plan.ID != "":
		return p.of("plan", plan.ID)
	}
	return p.of("unnamed")
}

func (p phrases) place(text string, c event.Cluster) string {
	switch {
	case c.Name != "":
		return p.of("place", text, c.Name)
	case c.UUID != "":
		return p.of("place", text, p.of("cluster", c.UUID))
	}
	return text
}

func (p phrases) list(ms []event.Module) []string {
	var lines []string
	for _, m := range ms[:min(plainModules, len(ms))] {
		line := fmt.Sprintf("- %s %s", m.ID, m.State)
		if m.Cause != "" {
			line += fmt.Sprintf(" (%s)", m.Cause)
		}
		lines = append(lines, line)
		if m.Error != "" {
			lines = append(lines, wrap(4, truncate(200, oneline(m.Error))))
		}
	}
	if len(ms) > plainModules {
		lines = append(lines, "- "+p.of("more", len(ms)-plainModules))
	}
	return lines
}

// fallback is the plain form of a part. Where there is room it says that it is
// plain and why; it takes no way that a template can fail on.
func (s *Set) fallback(part string, e event.Event, because error) string {
	p := readPhrases(s.language)
	switch part {
	case WebhookBody:
		return plainJSON(e)
	case SlackDetails:
		return mrkdwn(note(p.of("faulty", because))) // the body or the header have the rest
	case MailSubject, PagerDutySummary:
		return truncate(maxSubject, p.headline(clean(e)))
	}
	e.Notes = append(slices.Clone(e.Notes), p.of("faulty", because))
	text := p.text(e)
	switch part {
	case MailHTML:
		return "<!DOCTYPE html>\n<html><body><pre style=\"white-space:pre-wrap\">\n" + html.EscapeString(text) + "</pre></body></html>\n"
	case SlackText, SlackBody:
		return cutMrkdwn(mrkdwn(text))
	}
	return text
}

// plainJSON is the event itself. JSON can hold every event but one with a time
// beyond the year 9999; of that, what leads to it is left.
func plainJSON(e event.Event) string {
	if text, err := asJSON(e); err == nil {
		return text
	}
	text, err := asJSON(event.Event{
		Version: e.Version, ID: e.ID, Kind: e.Kind, Status: e.Status, Outcome: e.Outcome, Cause: e.Cause,
		Severity: e.Severity, DedupKey: e.DedupKey, Incident: e.Incident, Cluster: e.Cluster, Plan: e.Plan,
		Notes: []string{"The rest of this event cannot be written as JSON."},
	})
	if err != nil {
		return "{}"
	}
	return text
}
