// Package router decides: which sinks hear of an event, whether it is news, and
// what it does to the incident. The promise: it is pure. It reads no clock, no
// file and no network; what it answers depends on what it is given alone, so each
// rule is a table in a test. It cannot fail at run time: routes that could not be
// understood are refused by [Compile], before anything starts.
package router

import (
	"fmt"
	"slices"
	"strings"

	"github.com/prometheus/alertmanager/pkg/labels"

	"bellhop/internal/event"
	"bellhop/internal/fault"
)

// Route is one entry of the section routes.
type Route struct {
	Match    []string `koanf:"match"`    // Alertmanager matchers, all must hold; none: always
	Sinks    []string `koanf:"sinks"`    // names of sinks
	Continue bool     `koanf:"continue"` // go on to the next route after this one matched
}

// Table is a compiled list of routes.
type Table struct {
	routes []compiled
	all    []string
}

type compiled struct {
	matchers labels.Matchers
	sinks    []string
	goOn     bool
}

// Compile makes a table of routes over the sinks with the given names. Without
// routes, every sink hears everything. Keys of faults count from 0: "1.match.0".
func Compile(routes []Route, sinks []string) (*Table, []fault.Fault) {
	t := &Table{all: slices.Clone(sinks)}
	slices.Sort(t.all)
	var faults []fault.Fault
	for i, r := range routes {
		c, fs := compile(r, sinks)
		for _, f := range fs {
			f.Key = fmt.Sprintf("%d.%s", i, f.Key)
			faults = append(faults, f)
		}
		t.routes = append(t.routes, c)
	}
	return t, faults
}

func compile(r Route, sinks []string) (compiled, []fault.Fault) {
	c := compiled{sinks: r.Sinks, goOn: r.Continue}
	var faults []fault.Fault
	for i, text := range r.Match {
		ms, err := labels.ParseMatchers(text)
		if err != nil {
			faults = append(faults, fault.Fault{
				Key:    fmt.Sprintf("match.%d", i),
				Text:   fmt.Sprintf("%q is no matcher: %v", text, err),
				Remedy: `write it as Alertmanager does: outcome="REPO_FAILURE"`,
			})
			continue
		}
		c.matchers = append(c.matchers, ms...)
	}
	for i, name := range r.Sinks {
		if !slices.Contains(sinks, name) {
			faults = append(faults, fault.Fault{
				Key:    fmt.Sprintf("sinks.%d", i),
				Text:   fmt.Sprintf("there is no sink named %q", name),
				Remedy: "name one of: " + strings.Join(sinks, ", "),
			})
		}
	}
	if len(r.Sinks) == 0 {
		faults = append(faults, fault.Fault{Key: "sinks", Text: "is empty", Remedy: "name the sinks that shall hear of it"})
	}
	return c, faults
}

// Sinks returns the names of the sinks that the routes choose for e, each once,
// in the order of the routes. An empty answer means that no route matched.
func (t *Table) Sinks(e event.Event) []string {
	if len(t.routes) == 0 {
		return t.all
	}
	set := labelSet(e)
	var names []string
	for _, r := range t.routes {
		if !matches(r.matchers, set) {
			continue
		}
		for _, name := range r.sinks {
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
		if !r.goOn {
			break
		}
	}
	return names
}

// matches treats a label that is not there as empty, as Alertmanager does. A
// label may have several values (the nodes of several alerts): one that matches
// is enough for = and =~, and none may match for != and !~.
func matches(ms labels.Matchers, set map[string][]string) bool {
	for _, m := range ms {
		if !matchesOne(m, set[m.Name]) {
			return false
		}
	}
	return true
}

func matchesOne(m *labels.Matcher, values []string) bool {
	if len(values) == 0 {
		return m.Matches("")
	}
	negative := m.Type == labels.MatchNotEqual || m.Type == labels.MatchNotRegexp
	if negative {
		return !slices.ContainsFunc(values, func(v string) bool { return !m.Matches(v) })
	}
	return slices.ContainsFunc(values, m.Matches)
}

// labelSet is what matchers see: the labels of all alerts of the event, or the fields
// of an event that is passed on, under the event's own words, which win.
func labelSet(e event.Event) map[string][]string {
	set := make(map[string][]string)
	for _, a := range e.Alerts {
		for name, value := range a.Labels {
			if !slices.Contains(set[name], value) {
				set[name] = append(set[name], value)
			}
		}
	}
	if p := e.Payload; p != nil {
		for name, value := range map[string]string{
			"summary": p.Summary, "source": p.Source, "component": p.Component, "group": p.Group, "class": p.Class,
		} {
			set[name] = []string{value}
		}
	}
	set["plan"] = []string{e.Plan.ID}
	if e.Plan.Name != "" {
		set["plan"] = append(set["plan"], e.Plan.Name)
	}
	set["outcome"] = []string{string(e.Outcome)}
	set["cause"] = causes(e)
	set["severity"] = []string{string(e.Severity)}
	set["kind"] = []string{string(e.Kind)}
	set["status"] = []string{string(e.Status)}
	if nodes := failedNodes(e); len(nodes) > 0 {
		set["node"] = nodes
	}
	return set
}

func causes(e event.Event) []string {
	var all []string
	if e.Cause != "" {
		all = append(all, string(e.Cause))
	}
	for _, m := range e.Modules {
		if m.Cause != "" && !slices.Contains(all, string(m.Cause)) {
			all = append(all, string(m.Cause))
		}
	}
	return all
}

func failedNodes(e event.Event) []string {
	var nodes []string
	for _, m := range event.NotOK(e.Modules) {
		if m.Node != "" && !slices.Contains(nodes, m.Node) {
			nodes = append(nodes, m.Node)
		}
	}
	return nodes
}
