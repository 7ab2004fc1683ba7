package templates

import (
	"maps"
	"slices"
	"strings"
	"unicode"

	"bellhop/internal/event"
)

const (
	maxName  = 120 // runes of a name; NS8 sets no bound
	maxID    = 80  // runes of an id
	maxError = 600 // runes of a far end's words; the event keeps up to 4 KiB
	maxNote  = 600 // runes of a note, an annotation or a summary
	maxPairs = 60  // labels or annotations of an alert
	maxNames = 20  // ids in a note; those that are written have ten
)

// clean returns a copy of e in which no text can do more than be read: a name is
// one line, bytes are UTF-8, control characters and those that turn the
// direction of reading for what follows are gone, and nothing is endless.
func clean(e event.Event) event.Event {
	e.Cluster.Name = name(e.Cluster.Name)
	e.Cluster.UUID = id(e.Cluster.UUID)
	e.Plan.ID, e.Plan.Name, e.Plan.Schedule = id(e.Plan.ID), name(e.Plan.Name), name(e.Plan.Schedule)
	e.Destination.ID, e.Destination.Name = id(e.Destination.ID), name(e.Destination.Name)
	e.Modules = cleanModules(e.Modules)
	if e.Was != nil {
		was := *e.Was
		was.Modules = cleanModules(was.Modules)
		e.Was = &was
	}
	if e.Instead != nil {
		instead := *e.Instead
		instead.Sink, instead.Reason = name(instead.Sink), note(instead.Reason)
		e.Instead = &instead
	}
	if e.Payload != nil {
		p := *e.Payload
		p.Summary, p.Source, p.Component = note(p.Summary), name(p.Source), name(p.Component)
		p.Group, p.Class = name(p.Group), name(p.Class)
		e.Payload = &p
	}
	e.Alerts = cleanAlerts(e.Alerts)
	e.Notes = slices.Clone(e.Notes)
	for i, n := range e.Notes {
		e.Notes[i] = note(n)
	}
	e.NoteCodes = slices.Clone(e.NoteCodes)
	for i := range e.NoteCodes {
		e.NoteCodes[i] = cleanNote(e.NoteCodes[i])
	}
	return e
}

func cleanNote(n event.Note) event.Note {
	names := slices.Clone(n.Names[:min(len(n.Names), maxNames)])
	for i := range names {
		names[i] = id(names[i])
	}
	n.Names, n.Values = names, cleanMap(n.Values, note)
	return n
}

func cleanModules(ms []event.Module) []event.Module {
	ms = slices.Clone(ms)
	for i := range ms {
		m := &ms[i]
		m.ID, m.Name, m.Node = id(m.ID), name(m.Name), name(m.Node)
		m.Error = truncate(maxError, strings.TrimSpace(tidy(m.Error)))
	}
	return ms
}

func cleanAlerts(as []event.Alert) []event.Alert {
	as = slices.Clone(as)
	for i := range as {
		as[i].Labels = cleanMap(as[i].Labels, name)
		as[i].Annotations = cleanMap(as[i].Annotations, func(s string) string {
			return truncate(maxNote, strings.TrimSpace(tidy(s)))
		})
	}
	return as
}

// cleanMap takes the first names in their order; nobody reads more of them.
func cleanMap(all map[string]string, clean func(string) string) map[string]string {
	kept := make(map[string]string)
	for _, k := range slices.Sorted(maps.Keys(all))[:min(len(all), maxPairs)] {
		kept[name(k)] = clean(all[k])
	}
	return kept
}

func name(s string) string { return truncate(maxName, oneline(s)) }

func note(s string) string { return truncate(maxNote, oneline(s)) }

func id(s string) string { return truncate(maxID, oneline(s)) }

// tidy mends UTF-8, makes every line end a \n, and takes out what is not seen.
func tidy(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	s = strings.ReplaceAll(s, "\r\n", "\n")
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return r
		case r == '\r', r == '\u2028', r == '\u2029':
			return '\n'
		case unicode.IsControl(r), turns(r):
			return -1
		}
		return r
	}, s)
}

// turns reports whether r embeds, overrides or isolates a direction of reading
// (https://www.unicode.org/reports/tr9/, 2.1 to 2.4). Letters of scripts that run
// from right to left do without.
func turns(r rune) bool {
	return r >= '\u202A' && r <= '\u202E' || r >= '\u2066' && r <= '\u2069'
}
