// Package templates puts events into words: one template for each part of each
// medium (layout/*.tmpl), in words that are English by default (en/*.tmpl, it/*.tmpl),
// overridden by name from a folder.
//
// The promise: a notice always goes out. [Set.Render] returns a text that can be
// sent whatever happens: when a template fails, loops, prints without end, panics,
// or renders nothing, the part's plain form ([Plain]) comes back together with an
// error that names part, file and line. What an event holds is data: it never
// becomes markup, a header, or a template. Two renderings of one event are equal,
// save for the line that says how late a notice is.
//
// A template that cannot be parsed, or a name that nobody would ever show, is
// found at the start, by [Config.Validate] and [Load].
package templates

import (
	"embed"
	"errors"
	"fmt"
	htmltemplate "html/template"
	"slices"
	texttemplate "text/template"
	"time"

	"bellhop/internal/event"
	"bellhop/internal/fault"
)

// The parts that can be rendered; a sink names those it needs.
const (
	MailSubject      = "mail.subject"
	MailText         = "mail.text"
	MailHTML         = "mail.html"
	SlackText        = "slack.text"
	SlackDetails     = "slack.details"
	SlackBody        = "slack.body"
	PagerDutySummary = "pagerduty.summary"
	ShoutrrrText     = "shoutrrr.text"
	WebhookBody      = "webhook.body"
)

// Parts lists the parts that can be rendered.
func Parts() []string {
	return []string{MailSubject, MailText, MailHTML, SlackText, SlackDetails, SlackBody, PagerDutySummary, ShoutrrrText, WebhookBody}
}

// The folders of the built-in files. A language is a folder of words, each with the
// same names in it as the others.
const (
	layout  = "layout"
	english = "en"
	italian = "it"
)

//go:embed layout/*.tmpl en/*.tmpl it/*.tmpl
var builtin embed.FS

// Languages lists the languages that there are, the default one first.
func Languages() []string { return []string{english, italian} }

// Set is all templates, parsed. It may be used by several goroutines at once.
type Set struct {
	text     *texttemplate.Template
	html     *htmltemplate.Template
	language string
	link     string
	zone     *time.Location
	now      func() time.Time
}

// Load parses the built-in templates and then those of c.Dir over them.
// externalURL is how people reach bellhop, "" when there is no such URL; now is
// asked when a notice is rendered, to say how late it is.
func Load(c Config, externalURL string, now func() time.Time) (*Set, error) {
	zone, err := c.zone()
	if err != nil {
		return nil, fmt.Errorf("load timezone %q: %w", c.Timezone, err)
	}
	if !slices.Contains(Languages(), c.Language) {
		return nil, fmt.Errorf("load templates: there is no language %q", c.Language)
	}
	sources, faults := c.sources()
	if len(faults) > 0 {
		return nil, fmt.Errorf("load templates: %w", asError(faults))
	}
	s := &Set{language: c.Language, link: externalURL, zone: zone, now: now}
	if s.text, s.html, err = build(sources); err != nil {
		return nil, fmt.Errorf("load templates: %w", err)
	}
	return s, nil
}

func asError(faults []fault.Fault) error {
	var errs []error
	for _, f := range faults {
		errs = append(errs, errors.New(f.Text))
	}
	return errors.Join(errs...)
}

// Render puts e into the words of part. With an error, the text is the part's
// plain form, which says that it is plain; it can be sent as it is.
func (s *Set) Render(part string, e event.Event) (string, error) {
	text, err := s.try(part, e)
	if err != nil {
		err = fmt.Errorf("render %s: %w; the plain text takes its place", part, err)
		return s.fallback(part, e, err), err
	}
	return text, nil
}

// try renders without a net; the net for a panic is its own.
func (s *Set) try(part string, e event.Event) (text string, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("the template panicked: %v", r)
		}
	}()
	if !slices.Contains(Parts(), part) {
		return "", errors.New("there is no such part")
	}
	r, err := s.open(part, e)
	if err != nil {
		return "", err
	}
	out, err := r.execute(part)
	if err != nil {
		return "", err
	}
	return finish(part, out)
}

// open begins the rendering of a part: of people's, with a clean event, its notes in
// the language. A webhook is read by machines and wants the event as it is.
func (s *Set) open(part string, e event.Event) (*rendering, error) {
	if part == WebhookBody {
		return s.begin(e)
	}
	r, err := s.begin(clean(e))
	if err == nil {
		r.event.Notes, err = r.notes()
	}
	return r, err
}
