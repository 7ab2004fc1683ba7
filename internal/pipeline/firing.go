package pipeline

import (
	"maps"
	"slices"
	"time"

	"bellhop/internal/event"
)

const (
	// maxFiring is how many firing alerts of one plan are remembered, and so how
	// many an event lists. A cluster has one a node; more are a stranger's.
	maxFiring = 100
	// maxFiringSize is how much they may hold all together, in bytes; the newest is
	// kept whatever its size. NS8's have less than one KiB each.
	maxFiringSize = 1 << 20
)

// fold takes the waiting signals into the set of alerts that fire. An alert that
// began to fire later than the one on record is another one: the end of that one
// was never sent, or was lost.
func (v *view) fold() {
	v.fresh, v.cut = nil, false
	v.firing = maps.Clone(v.known.Firing)
	if v.firing == nil {
		v.firing = make(map[string]event.Signal)
	}
	for _, s := range v.signals {
		id := s.Alert.Fingerprint
		switch {
		case s.Cut:
			v.cut = true
		case s.Alert.Status == event.Resolved:
			delete(v.firing, id)
		default:
			if v.isNew(s) {
				v.fresh = append(v.fresh, s)
			}
			v.firing[id] = s
		}
	}
	v.bound()
}

// isNew tells whether the signal claims what none before it did.
func (v *view) isNew(s event.Signal) bool {
	old, before := v.known.Firing[s.Alert.Fingerprint]
	return s.Cut || s.Alert.Status == event.Firing && (!before || s.Alert.StartsAt.After(old.Alert.StartsAt))
}

// fires tells whether an alert of the plan is known to fire.
func (v *view) fires() bool {
	for _, s := range v.firing {
		if !s.Accepted.Before(v.known.Well) {
			return true
		}
	}
	return false
}

// mayFire tells whether one fires, or may be among those that were left out of a message,
// or none is needed.
func (v *view) mayFire() bool { return v.cut || v.reported || v.fires() }

// well is the time of a success that is told now. Alerts that wait to be looked at are not
// older than that.
func (v *view) well(now time.Time) time.Time {
	for _, s := range v.signals {
		if s.Alert.Status == event.Firing && s.Accepted.Before(now) {
			now = s.Accepted
		}
	}
	return now
}

// bound forgets the oldest alerts beyond what is kept.
func (v *view) bound() {
	var all []event.Alert
	ids := byAge(v.firing)
	for _, id := range ids {
		all = append(all, v.firing[id].Alert)
	}
	for _, id := range ids[fitting(all):] {
		delete(v.firing, id)
	}
}

// fitting is how many of the alerts are kept, from the first on.
func fitting(all []event.Alert) int {
	size := 0
	for i, a := range all {
		size += sizeOf(a)
		if i >= maxFiring || i > 0 && size > maxFiringSize {
			return i
		}
	}
	return len(all)
}

// sizeOf is roughly how many bytes an alert takes.
func sizeOf(a event.Alert) int {
	size := len(a.GeneratorURL) + len(a.ExternalURL) + len(a.Receiver)
	for _, texts := range []map[string]string{a.Labels, a.Annotations, a.GroupLabels} {
		for name, text := range texts {
			size += len(name) + len(text)
		}
	}
	return size
}

// byAge lists fingerprints, the one heard of last first.
func byAge(firing map[string]event.Signal) []string {
	return slices.SortedFunc(maps.Keys(firing), func(a, b string) int {
		if c := firing[b].Accepted.Compare(firing[a].Accepted); c != 0 {
			return c
		}
		if a < b {
			return -1
		}
		return 1
	})
}

// alerts lists what the event shows: the firing ones, then those that ended.
func (v *view) alerts() []event.Alert {
	var all []event.Alert
	for _, id := range byAge(v.firing) {
		all = append(all, v.firing[id].Alert)
	}
	for _, s := range v.signals {
		if s.Alert.Status == event.Resolved {
			all = append(all, s.Alert)
		}
	}
	return all[:fitting(all)]
}

// missed is true when the alerts that are fresh say that the plan did not run. Of
// those that fire on, nothing new is believed: a run that came after would never be
// seen. Only while nobody could look what they meant is it still to be found out.
func (v *view) missed() bool {
	claims := v.fresh
	if len(claims) == 0 && v.blind() {
		claims = slices.Collect(maps.Values(v.firing))
	}
	return len(claims) > 0 && !slices.ContainsFunc(claims, func(s event.Signal) bool { return !s.Missed })
}

// blind is true when all that was told of the open incident is that nobody could look.
func (v *view) blind() bool {
	return v.known.Incident != "" && v.known.Told.Cause == event.CauseRedisUnavailable
}
