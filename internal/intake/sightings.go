package intake

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"time"

	"bellhop/internal/event"
)

// What R19 asks for.
const (
	// settled is how long an Alertmanager has to run until what it does not show is
	// believed to be gone: Prometheus tells it of all that fires at least that often.
	settled = 5 * time.Minute
	// vanishedPolls and vanishedFor are how often, and how long, an alert has to be
	// absent until it counts as resolved.
	vanishedPolls = 3
	vanishedFor   = 5 * time.Minute
	// pollRepeat is how often an alert that fires on is brought again.
	pollRepeat = 3 * time.Hour
	// maxSeen is how many alerts are watched at once. A cluster has a handful.
	maxSeen = 10_000
)

// sighting is an alert of an answer.
type sighting struct {
	signal event.Signal
	active bool
}

// watched is an alert that was accepted as firing.
type watched struct {
	Signal event.Signal `json:"signal"`
	Told   time.Time    `json:"told"` // when it was accepted last

	absent int       // from so many good polls in a row
	since  time.Time // the first of them
}

// sightings holds the alerts that were accepted as firing, by fingerprint, against
// what is seen. How often they were absent is not noted: after a restart the count
// begins anew.
type sightings struct {
	firing  map[string]*watched
	changed bool
	log     *slog.Logger
}

// readSightings begins with the notes of an earlier life. Notes that cannot be read
// cost what they say: alerts that fire are accepted again, which brings no news.
func readSightings(notes []byte, log *slog.Logger) *sightings {
	s := &sightings{firing: make(map[string]*watched), log: log}
	if notes == nil {
		return s
	}
	if err := json.Unmarshal(notes, &s.firing); err != nil {
		log.Error("what was polled before cannot be read; it is begun anew", "err", err)
		s.firing = make(map[string]*watched)
	}
	maps.DeleteFunc(s.firing, func(_ string, w *watched) bool { return w == nil })
	return s
}

// compare returns the signals that an answer is worth. It is good when it proves
// that what it does not show is absent.
func (s *sightings) compare(answer []sighting, now time.Time, good bool) []event.Signal {
	shown := make(map[string]bool)
	var news []event.Signal
	for _, a := range answer {
		id := a.signal.Alert.Fingerprint
		shown[id] = true
		w, known := s.firing[id]
		if known {
			w.absent = 0
		}
		switch {
		case a.active && (!known || w.stale(a.signal, now)) && s.room(known, len(news)):
			news = append(news, a.signal)
		case !a.active && known && a.signal.Plan.Topic != "" && w.stale(a.signal, now):
			a.signal.Quiet = true // without a word it would count as over
			news = append(news, a.signal)
		}
	}
	if !good {
		return news
	}
	for _, id := range slices.Sorted(maps.Keys(s.firing)) {
		if w := s.firing[id]; !shown[id] && w.vanished(now) {
			gone := w.Signal
			gone.Quiet, gone.Alert.Status, gone.Alert.EndsAt = false, event.Resolved, now
			news = append(news, gone)
		}
	}
	return news
}

// room is false for what is new beyond what can be watched.
func (s *sightings) room(known bool, more int) bool {
	if known || len(s.firing)+more < maxSeen {
		return true
	}
	s.log.Error("more alerts fire than can be watched; the others are not told of until some have ended", "watched", maxSeen)
	return false
}

// stale is true when the alert is another one by now, or was not brought for long.
func (w *watched) stale(seen event.Signal, now time.Time) bool {
	return seen.Alert.StartsAt.After(w.Signal.Alert.StartsAt) || now.Sub(w.Told) >= pollRepeat
}

// vanished counts an absence, and is true when it has lasted.
func (w *watched) vanished(now time.Time) bool {
	if w.absent == 0 {
		w.since = now
	}
	w.absent++
	return w.absent >= vanishedPolls && now.Sub(w.since) >= vanishedFor
}

// note takes over what was accepted.
func (s *sightings) note(accepted []event.Signal, now time.Time) {
	for _, a := range accepted {
		if id := a.Alert.Fingerprint; a.Alert.Status == event.Resolved {
			delete(s.firing, id)
		} else {
			s.firing[id] = &watched{Signal: a, Told: now}
		}
		s.changed = true
	}
}

// notes are for readSightings; changed is false when they are saved already.
func (s *sightings) notes() (notes []byte, changed bool, err error) {
	if !s.changed {
		return nil, false, nil
	}
	if notes, err = json.Marshal(s.firing); err != nil {
		return nil, false, fmt.Errorf("encode what was polled: %w", err)
	}
	return notes, true, nil
}

func (s *sightings) saved() { s.changed = false }
