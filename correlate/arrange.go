package correlate

import (
	"time"

	"bellhop/internal/event"
)

// noteUnreadable says that a key could not be read, when that is so.
func (s *scene) noteUnreadable(key string, v Value) {
	if v.Err != nil {
		s.note("the cluster's Redis does not let %s be read: %v", key, v.Err)
	}
}

// setDestination takes over how the destination is called.
func (s *scene) setDestination(id string, v Value) {
	if id == "" {
		return
	}
	s.noteUnreadable(destinationKey(id), v)
	s.destination = event.Destination{ID: id, Name: v.Hash["name"]}
	if s.destination.Name == "" {
		s.destination.Name = v.Hash["provider"]
	}
}

// addPlanStatus adds the plan's own status, which only the flat layout has. Such
// a plan need not have a hash of its own.
func (s *scene) addPlanStatus(v Value, now time.Time) {
	key := planStatusKey(s.plan.ID)
	s.noteUnreadable(key, v)
	if len(v.Hash) == 0 {
		return
	}
	st := parseFlat(v.Hash, now)
	if st.damage != "" {
		s.note("the plan's own status cannot be read: %s", st.damage)
	}
	s.addFlat(st)
}

// addStatuses adds what one place holds.
func (s *scene) addStatuses(p place, v Value, now time.Time) {
	s.noteUnreadable(p.key, v)
	if v.Err != nil {
		s.addDark(p)
		return
	}
	switch p.layout {
	case nodeLayout:
		for module, raw := range v.Hash {
			st := parseNode(raw, now)
			st.module, st.node = module, p.owner
			s.statuses = append(s.statuses, st)
		}
	case moduleLayout:
		st := parseModule(v.Hash, now)
		st.module = p.owner
		s.statuses = append(s.statuses, st)
	case flatLayout:
		st := parseFlat(v.Hash, now)
		st.module = p.owner
		s.addFlat(st)
	}
}

func (s *scene) addFlat(st status) {
	s.known = true
	s.statuses = append(s.statuses, st)
}

// addDark stands for what a key holds that cannot be read: a module's own status,
// or those of a node, of which only [scene.cast] knows whose they are.
func (s *scene) addDark(p place) {
	if p.layout == nodeLayout {
		s.dark = append(s.dark, p.owner)
		return
	}
	s.statuses = append(s.statuses, status{layout: p.layout, module: p.owner, damage: forbidden})
}

// forbidden is the damage of a status whose key cannot be read.
const forbidden = "its key cannot be read"
