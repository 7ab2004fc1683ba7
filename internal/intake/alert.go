package intake

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"bellhop/internal/event"
)

const (
	// missedAlert and olderMissedAlert say that a plan did not run at all. Both are of
	// ns8-backup-monitor: its own rules, and what its documentation has others write.
	missedAlert      = "NsBackupMissing"
	olderMissedAlert = "backup_missing"
	// idLabel holds the plan's id in NethServer's own alerts.
	idLabel = "id"
	// nameLabel holds the plan's name where no label holds its id.
	nameLabel = "name"
)

// alert is one alert as Alertmanager's webhook writes it.
type alert struct {
	Status       string            `json:"status"`
	Labels       map[string]string `json:"labels"`
	Annotations  map[string]string `json:"annotations"`
	StartsAt     string            `json:"startsAt"`
	EndsAt       string            `json:"endsAt"`
	GeneratorURL string            `json:"generatorURL"`
	Fingerprint  string            `json:"fingerprint"`
}

// told is what a webhook says of all its alerts together.
type told struct {
	Receiver    string            `json:"receiver"`
	ExternalURL string            `json:"externalURL"`
	GroupLabels map[string]string `json:"groupLabels"`
}

// into writes it, cleaned, into the signals.
func (t told) into(all []event.Signal) {
	receiver, external := short(clean(t.Receiver, inLine), maxName), link(t.ExternalURL)
	var grouped map[string]string
	if len(t.GroupLabels) > 0 {
		grouped = labels(t.GroupLabels, nil)
	}
	for i := range all {
		a := &all[i].Alert
		a.Receiver, a.ExternalURL, a.GroupLabels = receiver, external, grouped
	}
}

// group is the same of any body. Nothing hangs on it, so a field of a wrong type is left
// out.
type group struct {
	Receiver    json.RawMessage `json:"receiver"`
	ExternalURL json.RawMessage `json:"externalURL"`
	GroupLabels json.RawMessage `json:"groupLabels"`
}

func (g group) told() told {
	return told{readAs[string](g.Receiver), readAs[string](g.ExternalURL), readAs[map[string]string](g.GroupLabels)}
}

// readAs reads one such field; one that is not there, or of a wrong type, is zero.
func readAs[T any](raw json.RawMessage) T {
	var value, none T
	if len(raw) == 0 || json.Unmarshal(raw, &value) != nil {
		return none
	}
	return value
}

// readAlert reads one alert; the error names the field that has a wrong type.
func readAlert(raw []byte) (alert, error) {
	var a alert
	if len(raw) == 0 || raw[0] != '{' { // null would fit
		return a, errors.New("it is not an object")
	}
	err := json.Unmarshal(raw, &a)
	var wrong *json.UnmarshalTypeError
	if errors.As(err, &wrong) {
		return a, fmt.Errorf("its field %s has a value of the wrong type: %s", wrong.Field, wrong.Value)
	}
	return a, err
}

// signal makes a signal of the alert; ok is false when it does not concern us.
func (a alert) signal(cfg Config) (s event.Signal, ok bool) {
	name := a.Labels["alertname"]
	known := a.Status == event.Firing || a.Status == event.Resolved
	backup := slices.Contains(cfg.AlertNames, name)
	if !known || name == "" || !backup && cfg.OtherAlerts != Forward {
		return event.Signal{}, false
	}
	ref := event.PlanRef{Topic: event.TopicAlert + a.fingerprint()}
	if backup {
		ref = a.plan(cfg.PlanLabels)
	}
	return event.Signal{
		Source: Source,
		Plan:   ref,
		Missed: backup && (name == missedAlert || name == olderMissedAlert),
		Alert: event.Alert{
			Status:       a.Status,
			Labels:       labels(a.Labels, append([]string{"alertname", idLabel, nameLabel}, cfg.PlanLabels...)),
			Annotations:  annotations(a.Annotations),
			StartsAt:     moment(a.StartsAt),
			EndsAt:       moment(a.EndsAt),
			GeneratorURL: link(a.GeneratorURL),
			Fingerprint:  a.fingerprint(),
		},
	}, true
}

// plan finds how the alert names its plan (R4): by the labels of the settings, else by
// the one that NethServer uses, else by name. An alert that names none is kept all the
// same: it is found out later of which plan it may speak.
func (a alert) plan(ids []string) event.PlanRef {
	for _, l := range ids {
		if id := a.Labels[l]; strings.TrimSpace(id) != "" {
			return event.PlanRef{ID: reference(id)}
		}
	}
	if id := a.Labels[idLabel]; strings.TrimSpace(id) != "" {
		return event.PlanRef{ID: reference(id)}
	}
	if name := a.Labels[nameLabel]; strings.TrimSpace(name) != "" {
		return event.PlanRef{Name: reference(name)}
	}
	return event.PlanRef{}
}

// fingerprint is the sender's own, else the one that Alertmanager would give.
func (a alert) fingerprint() string {
	if strings.TrimSpace(a.Fingerprint) != "" {
		return reference(a.Fingerprint)
	}
	return fingerprint(a.Labels)
}

// moment reads a time. One that makes no sense is left out, because no decision
// hangs on it; nor may it be one that cannot be written down as JSON again.
func moment(text string) time.Time {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil || t.Year() < 1970 || t.Year() > 9998 {
		return time.Time{}
	}
	return t.UTC()
}
