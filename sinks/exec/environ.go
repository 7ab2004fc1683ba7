package exec

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"bellhop/internal/event"
	"bellhop/sinks"
)

// environment gathers variables, the more important first. The names are those that
// prometheus-am-executor gives (https://github.com/imgix/prometheus-am-executor#usage).
type environment struct {
	all   []string
	taken map[string]bool
}

// variables is what a command is told of m.
func variables(m sinks.Message, file eventFile) []string {
	e := m.Event
	v := &environment{taken: make(map[string]bool)}
	v.set("BELLHOP_EVENT", string(file))
	v.set("BELLHOP_OUTCOME", string(e.Outcome))
	v.set("BELLHOP_PLAN", cmp.Or(e.Plan.ID, e.Plan.Name))
	v.set("BELLHOP_DELIVERY", m.ID)
	v.set("BELLHOP_ATTEMPT", strconv.Itoa(m.Attempt))
	v.set("AMX_RECEIVER", first(e.Alerts, func(a event.Alert) string { return a.Receiver }))
	v.set("AMX_STATUS", status(e))
	v.set("AMX_EXTERNAL_URL", first(e.Alerts, func(a event.Alert) string { return a.ExternalURL }))
	v.set("AMX_ALERT_LEN", strconv.Itoa(len(e.Alerts)))
	v.pairs("AMX_LABEL_", common(e.Alerts, labelsOf))
	v.pairs("AMX_GLABEL_", common(e.Alerts, func(a event.Alert) map[string]string { return a.GroupLabels }))
	v.pairs("AMX_ANNOTATION_", common(e.Alerts, func(a event.Alert) map[string]string { return a.Annotations }))
	for i, a := range e.Alerts {
		v.alert("AMX_ALERT_"+strconv.Itoa(i+1)+"_", a)
	}
	return v.all
}

func (v *environment) alert(prefix string, a event.Alert) {
	v.set(prefix+"STATUS", a.Status)
	v.set(prefix+"START", seconds(a.StartsAt))
	v.set(prefix+"END", seconds(a.EndsAt))
	v.set(prefix+"URL", a.GeneratorURL)
	v.set(prefix+"FINGERPRINT", a.Fingerprint)
	v.pairs(prefix+"LABEL_", a.Labels)
	v.pairs(prefix+"ANNOTATION_", a.Annotations)
}

// pairs sets a variable for each pair. Of two names that become the same one, that
// which was so already is kept, else the first.
func (v *environment) pairs(prefix string, pairs map[string]string) {
	names := slices.Sorted(maps.Keys(pairs))
	slices.SortStableFunc(names, func(a, b string) int { return changed(a) - changed(b) })
	for _, name := range names {
		v.set(prefix+sound(name), pairs[name])
	}
}

func (v *environment) set(name, value string) {
	if !v.taken[name] {
		v.taken[name] = true
		v.all = append(v.all, name+"="+value)
	}
}

// sound makes of any name one that shells know: letters, digits and _.
func sound(name string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9':
			return r
		}
		return '_'
	}, name)
}

func changed(name string) int {
	if sound(name) != name {
		return 1
	}
	return 0
}

// status is that of the whole, in Alertmanager's words.
func status(e event.Event) string {
	if e.Status == event.StatusResolved {
		return event.Resolved
	}
	return event.Firing
}

// seconds are since 1970; "0": there is no such time.
func seconds(t time.Time) string {
	if t.IsZero() {
		return "0"
	}
	return strconv.FormatInt(t.Unix(), 10)
}

// first is the text of the first alert that has one.
func first(all []event.Alert, text func(event.Alert) string) string {
	for _, a := range all {
		if text(a) != "" {
			return text(a)
		}
	}
	return ""
}

// common is what all alerts have alike.
func common(all []event.Alert, of func(event.Alert) map[string]string) map[string]string {
	if len(all) == 0 {
		return nil
	}
	alike := maps.Clone(of(all[0]))
	for _, a := range all[1:] {
		maps.DeleteFunc(alike, func(name, value string) bool {
			other, there := of(a)[name]
			return !there || other != value
		})
	}
	return alike
}

func labelsOf(a event.Alert) map[string]string { return a.Labels }
