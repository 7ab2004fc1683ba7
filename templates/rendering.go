package templates

import (
	"fmt"
	htmltemplate "html/template"
	"maps"
	"strings"
	texttemplate "text/template"

	"bellhop/internal/event"
)

// rendering is one event on its way into words. It has copies of the templates
// of its own, so that functions can know the event without being told it.
type rendering struct {
	set    *Set
	event  event.Event
	budget *budget
	text   *texttemplate.Template
}

func (s *Set) begin(e event.Event) (*rendering, error) {
	text, err := s.text.Clone()
	if err != nil {
		return nil, err
	}
	r := &rendering{set: s, event: e, budget: &budget{left: maxWork}, text: text}
	text.Funcs(r.funcs())
	return r, nil
}

// execute runs the template of a part, in the engine that it belongs to.
func (r *rendering) execute(part string) (string, error) {
	out := &bounded{max: maxOutput}
	if part != MailHTML {
		err := r.text.ExecuteTemplate(out, part, r.event)
		return out.String(), err
	}
	html, err := r.set.html.Clone()
	if err != nil {
		return "", err
	}
	err = html.Funcs(htmltemplate.FuncMap(r.funcs())).ExecuteTemplate(out, part, r.event)
	return out.String(), err
}

// say executes the template with that name and returns its words, on one line
// for each that it prints. It is how functions come by words of the language.
func (r *rendering) say(name string, data any) (string, error) {
	if err := r.budget.enter(); err != nil {
		return "", err
	}
	defer r.budget.leave()
	out := &bounded{max: maxOutput}
	if err := r.text.ExecuteTemplate(out, name, data); err != nil {
		return "", err
	}
	return strings.TrimSpace(out.String()), r.budget.spend(out.Len())
}

// has reports whether there is a template with that name.
func (r *rendering) has(name string) bool { return r.text.Lookup(name) != nil }

func (r *rendering) funcs() texttemplate.FuncMap {
	all := texttemplate.FuncMap{
		"tick":  func() (string, error) { return "", r.budget.spend(tickWork) },
		"event": func() event.Event { return r.event },
		"about": about,
		"link":  func() string { return r.set.link },
		"say":   r.say,
	}
	maps.Copy(all, r.wordFuncs())
	maps.Copy(all, r.listFuncs())
	maps.Copy(all, r.textFuncs())
	return all
}

// textFuncs shape text. Those that can make more of it than they were given pay
// from the budget, the printing functions of the engine among them.
func (r *rendering) textFuncs() texttemplate.FuncMap {
	return texttemplate.FuncMap{
		"json":     func(v any) (string, error) { return r.paid(asJSON(v)) },
		"print":    func(v ...any) (string, error) { return r.paid(fmt.Sprint(v...), nil) },
		"println":  func(v ...any) (string, error) { return r.paid(fmt.Sprintln(v...), nil) },
		"printf":   func(f string, v ...any) (string, error) { return r.paid(fmt.Sprintf(f, v...), nil) },
		"oneline":  oneline,
		"capital":  capital,
		"truncate": truncate,
		"wrap":     wrap,
		"fold":     fold,
		"fields":   strings.Fields,
		"mrkdwn":   mrkdwn,
		"word":     word,
		"upper":    strings.ToUpper,
	}
}

func (r *rendering) paid(text string, err error) (string, error) {
	if err != nil {
		return "", err
	}
	return text, r.budget.spend(len(text))
}
