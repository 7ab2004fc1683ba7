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
	// proven is how long an Alertmanager has to run until what it does not show is
	// believed to be gone: Prometheus tells it of all that fires at least that often.
	proven = 5 * time.Minute
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
	// other is true for one that does not concern bellhop; its signal has nothing but the
	// fingerprint.
	other bool
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
	// Of is the Alertmanager that was asked.
	Of      string              `json:"of"`
	Firing  map[string]*watched `json:"firing"`
	changed bool
	crowded bool // the log knows that there are too many
	log     *slog.Logger
}

// readSightings begins with the notes of an earlier life. Notes that cannot be read
// cost what they say: alerts that fire are accepted again, which brings no news.
func readSightings(notes []byte, log *slog.Logger) *sightings {
	s := &sightings{log: log}
	if notes != nil {
		if err := json.Unmarshal(notes, s); err != nil {
			log.Error("what was polled before cannot be read; it is begun anew", "err", err)
			s.Of, s.Firing = "", nil
		}
	}
	if s.Firing == nil {
		s.Firing = make(map[string]*watched)
	}
	maps.DeleteFunc(s.Firing, func(_ string, w *watched) bool { return w == nil })
	return s
}

// turnTo forgets what another Alertmanager has shown: what this one does not show may
// fire there still.
func (s *sightings) turnTo(address string) {
	if s.Of == address {
		return
	}
	if s.Of != "" {
		clear(s.Firing)
	}
	s.Of, s.changed = address, true
}

// compare returns the signals that an answer is worth. It is good when it proves
// that what it does not show is absent.
func (s *sightings) compare(answer []sighting, now time.Time, good bool) []event.Signal {
	shown := make(map[string]bool)
	var news []event.Signal
	left := 0
	for _, a := range answer {
		id := a.signal.Alert.Fingerprint
		shown[id] = true
		if a.other { // it was watched once, and is still there
			continue
		}
		w, known := s.Firing[id]
		if known {
			w.absent = 0
		}
		switch {
		case a.active && !known && len(s.Firing)+len(news) >= maxSeen:
			left++
		case a.active && (!known || w.stale(a.signal, now)):
			news = append(news, a.signal)
		case !a.active && known && a.signal.Plan.Topic != "" && w.stale(a.signal, now):
			a.signal.Quiet = true // without a word it would count as over
			news = append(news, a.signal)
		}
	}
	s.crowd(left)
	if !good {
		return news
	}
	for _, id := range slices.Sorted(maps.Keys(s.Firing)) {
		if w := s.Firing[id]; !shown[id] && w.vanished(now) {
			gone := w.Signal
			gone.Quiet, gone.Alert.Status, gone.Alert.EndsAt = false, event.Resolved, now
			news = append(news, gone)
		}
	}
	return news
}

// crowd tells the log when alerts begin to be left out, and when no more are.
func (s *sightings) crowd(left int) {
	switch {
	case left > 0 && !s.crowded:
		s.log.Error("more alerts fire than can be watched; the others are not told of until some have ended", "watched", maxSeen, "left_out", left)
	case left == 0 && s.crowded:
		s.log.Info("all alerts that fire can be watched again")
	}
	s.crowded = left > 0
}

// watches is true for an alert that was accepted as firing.
func (s *sightings) watches(a sighting) bool { return s.Firing[a.signal.Alert.Fingerprint] != nil }

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
			delete(s.Firing, id)
		} else {
			s.Firing[id] = &watched{Signal: a, Told: now}
		}
		s.changed = true
	}
}

// notes are for readSightings; changed is false when they are saved already.
func (s *sightings) notes() (notes []byte, changed bool, err error) {
	if !s.changed {
		return nil, false, nil
	}
	if notes, err = json.Marshal(s); err != nil {
		return nil, false, fmt.Errorf("encode what was polled: %w", err)
	}
	return notes, true, nil
}

func (s *sightings) saved() { s.changed = false }
