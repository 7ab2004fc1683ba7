package templates

import (
	"fmt"
	"html"
	"slices"
	"strings"

	"bellhop/internal/event"
)

// plainModules is how many modules the plain text lists.
const plainModules = 30

// Plain is an event in words without any template: what is sent when one fails.
// It is text of short lines without markup.
func Plain(e event.Event) string {
	e = clean(e)
	lines := []string{headline(e), ""}
	if e.Kind == event.KindTest {
		lines = append(lines, "This is a test notice.", "")
	}
	if e.Status == event.StatusResolved {
		lines = append(lines, "The trouble is over.")
	}
	if e.Cause != "" {
		lines = append(lines, fmt.Sprintf("Cause: %s", e.Cause))
	}
	lines = append(lines, plainList(event.NotOK(e.Modules))...)
	if ok := only(e.Modules, event.StateOK); len(ok) > 0 {
		lines = append(lines, fmt.Sprintf("%d of %d modules are ok.", len(ok), len(e.Modules)))
	}
	for _, p := range e.History {
		lines = append(lines, fmt.Sprintf("Before this, unsent: %s %s, %d of %d modules not ok", p.Time.UTC().Format("2006-01-02 15:04 -07:00"), p.Status, p.Failed, p.Modules))
	}
	if i := e.Instead; i != nil {
		lines = append(lines, wrap(0, fmt.Sprintf("You are told because %s could not be reached: %s", i.Sink, i.Reason)))
	}
	lines = append(lines, "Time: "+e.Time.UTC().Format("2006-01-02 15:04 -07:00"))
	for _, n := range e.Notes {
		lines = append(lines, "", wrap(0, "Note: "+n))
	}
	return finishText(strings.Join(lines, "\n"))
}

// headline names status, outcome, plan and cluster.
func headline(e event.Event) string {
	words := map[event.Outcome]string{
		event.Success:     "completed successfully",
		event.Partial:     "partially failed",
		event.RepoFailure: "failed",
	}
	what := words[e.Outcome]
	switch {
	case e.Kind == event.KindMissed && e.Status != event.StatusResolved:
		what = "did not run"
	case what == "":
		what = "has news"
	}
	where := e.Plan.Label()
	if cluster := e.Cluster.Name; cluster != "" {
		where += " on " + cluster
	} else if e.Cluster.UUID != "" {
		where += " on cluster " + e.Cluster.UUID
	}
	return fmt.Sprintf("Backup %s: %s", what, where)
}

func plainList(ms []event.Module) []string {
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
		lines = append(lines, fmt.Sprintf("- and %d more", len(ms)-plainModules))
	}
	return lines
}

// fallback is the plain form of a part. Where there is room it says that it is
// plain and why; it takes no way that a template can fail on.
func fallback(part string, e event.Event, because error) string {
	switch part {
	case WebhookBody:
		return plainJSON(e)
	case MailSubject, PagerDutySummary:
		return truncate(maxSubject, headline(clean(e)))
	}
	e.Notes = append(slices.Clone(e.Notes), "This text is plain because a template is faulty. "+because.Error())
	text := Plain(e)
	switch part {
	case MailHTML:
		return "<!DOCTYPE html>\n<html><body><pre style=\"white-space:pre-wrap\">\n" + html.EscapeString(text) + "</pre></body></html>\n"
	case SlackText:
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
