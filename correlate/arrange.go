package correlate

import (
	"fmt"
	"time"

	"bellhop/internal/event"
)

// noteUnreadable says that a key could not be read, when that is so.
func (s *scene) noteUnreadable(key string, v Value) {
	if v.Err != nil {
		s.note(event.Note{
			Code:   event.NoteKeyUnreadable,
			Values: map[string]string{"key": key, "error": v.Err.Error()},
			Text:   fmt.Sprintf("the cluster's Redis does not let %s be read: %v", key, v.Err),
		})
	}
}

// clusterAsks is what [scene.setCluster] takes the answers of.
func clusterAsks() []Ask {
	return []Ask{text(clusterUUIDKey), text(clusterNameKey), hash(moduleNodeKey)}
}

// setCluster takes over how the cluster is called and which module lives where.
func (s *scene) setCluster(values []Value) {
	for i, ask := range clusterAsks() {
		s.noteUnreadable(ask.Key, values[i])
	}
	s.cluster = event.Cluster{UUID: values[0].Text, Name: values[1].Text}
	s.home = values[2].Hash
}

// setPlan takes over the plan's own hash. When that cannot be read, the plan is taken
// to be there and enabled: nothing shall be closed because a key is forbidden.
func (s *scene) setPlan(v Value) {
	s.noteUnreadable(planKey(s.plan.ID), v)
	s.known = v.Err != nil || len(v.Hash) > 0
	enabled, said := v.Hash["enabled"]
	s.enabled = !said || enabled != ""
	if name := v.Hash["name"]; name != "" {
		s.plan.Name = name
	}
	s.plan.Schedule = v.Hash["schedule"]
}

// nameAsks is what [scene.addNames] takes the answers of.
func nameAsks(modules []string) []Ask {
	asks := make([]Ask, len(modules))
	for i, id := range modules {
		asks[i] = text(moduleNameKey(id))
	}
	return asks
}

// addNames takes over what people call the modules.
func (s *scene) addNames(modules []string, values []Value) {
	for i, id := range modules {
		s.noteUnreadable(moduleNameKey(id), values[i])
		s.names[id] = values[i].Text
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
	if st.damage.found() {
		s.note(event.Note{
			Code:   event.NoteOwnStatusUnread,
			Values: st.damage.values(),
			Text:   "the plan's own status cannot be read: " + st.damage.Error(),
		})
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
	s.statuses = append(s.statuses, status{layout: p.layout, module: p.owner, damage: damage{reason: isForbidden}})
}
