package correlate

import (
	"fmt"
	"slices"
	"strings"

	"bellhop/internal/event"
)

// scene is everything that was read about a plan, before anybody judges it.
type scene struct {
	known, enabled bool
	cluster        event.Cluster
	plan           event.Plan
	destination    event.Destination
	// home is the node of each module of the cluster; empty when that is not on
	// record, and then no module can be said to be gone.
	home map[string]string
	// modules are those of the plan, in its order, not judged yet.
	modules []event.Module
	names   map[string]string // what people call modules, by id
	// statuses are those of the plan's modules, and the plan's own; several of a
	// module when it has moved or its core was upgraded.
	statuses []status
	dark     []string // nodes whose statuses cannot be read
	notes    []event.Note
}

func (s *scene) note(n event.Note) { s.notes = append(s.notes, n) }

// gone reports whether the cluster no longer has the module.
func (s *scene) gone(module string) bool {
	_, here := s.home[module]
	return len(s.home) > 0 && !here
}

// cast settles which modules belong to the plan, and leaves out of the scene what
// belongs to others. Listed are the plan's modules as the cluster names them; ok
// is false when it does not, and then every module with a status is one.
func (s *scene) cast(listed []string, ok bool) {
	if !ok {
		listed = s.reporters()
	}
	var gone, strangers []string
	for _, id := range listed {
		switch {
		case s.gone(id):
			gone = add(gone, id)
		case !s.has(id):
			s.modules = append(s.modules, event.Module{ID: id, Node: s.home[id]})
		}
	}
	s.statuses = slices.DeleteFunc(s.statuses, func(st status) bool {
		switch {
		case st.module == "" || s.has(st.module):
			return false
		case s.gone(st.module):
			gone = add(gone, st.module)
		default:
			strangers = add(strangers, st.module)
		}
		return true
	})
	s.darken()
	s.noteNames(event.Note{Code: event.NoteLeftCluster, Text: "left out, because no longer in the cluster"}, gone)
	s.noteNames(event.Note{Code: event.NoteLeftPlan, Text: "left out, because no longer in this plan"}, strangers)
}

// darken gives the modules of nodes whose statuses cannot be read one that says so.
func (s *scene) darken() {
	for _, m := range s.modules {
		if slices.Contains(s.dark, m.Node) {
			s.statuses = append(s.statuses, status{layout: nodeLayout, module: m.ID, node: m.Node, damage: damage{reason: isForbidden}})
		}
	}
}

// has reports whether the module is in the plan.
func (s *scene) has(module string) bool {
	return slices.ContainsFunc(s.modules, func(m event.Module) bool { return m.ID == module })
}

// reporters are all modules with a status, sorted.
func (s *scene) reporters() []string {
	var ids []string
	for _, st := range s.statuses {
		if st.module != "" {
			ids = add(ids, st.module)
		}
	}
	slices.Sort(ids)
	return ids
}

// noteNames adds a note, and the ids that it speaks of, within a bounded length.
func (s *scene) noteNames(n event.Note, ids []string) {
	const most = 10
	if len(ids) == 0 {
		return
	}
	n.Names = slices.Sorted(slices.Values(ids))
	more := ""
	if n.More = max(0, len(ids)-most); n.More > 0 {
		more = fmt.Sprintf(" and %d more", n.More)
		n.Names = n.Names[:most]
	}
	n.Text += ": " + strings.Join(n.Names, ", ") + more
	s.note(n)
}

func add[T comparable](all []T, one T) []T {
	if slices.Contains(all, one) {
		return all
	}
	return append(all, one)
}

// account is what is on record about one module: its newest readable status, and
// one that cannot be told to be old because its times cannot be read.
type account struct {
	dated, undated *status
}

// accounts sorts the statuses by module.
func (s *scene) accounts() map[string]account {
	all := make(map[string]account)
	for i := range s.statuses {
		st := &s.statuses[i]
		a := all[st.module]
		switch {
		case st.dated():
			if a.dated == nil || st.end.After(a.dated.end) {
				a.dated = st
			}
		case s.current(*st):
			a.undated = st
		}
		all[st.module] = a
	}
	return all
}

// current reports whether a status without times can be of the last run at all:
// not when the module has moved away from that node, and not when the status is
// of a layout that an upgrade has left behind.
func (s *scene) current(st status) bool {
	if st.layout != nodeLayout {
		return !slices.ContainsFunc(s.statuses, func(o status) bool { return o.layout == nodeLayout })
	}
	home, known := s.home[st.module]
	return !known || home == st.node
}
