package event

import "time"

// Alert states, as Alertmanager writes them.
const (
	Firing   = "firing"
	Resolved = "resolved"
)

// Alert is one alert as its sender wrote it.
type Alert struct {
	Status       string            `json:"status"`
	Labels       map[string]string `json:"labels"`
	Annotations  map[string]string `json:"annotations,omitempty"`
	StartsAt     time.Time         `json:"starts_at,omitzero"`
	EndsAt       time.Time         `json:"ends_at,omitzero"`
	GeneratorURL string            `json:"generator_url,omitempty"`
	Fingerprint  string            `json:"fingerprint"` // never empty once accepted
	// Receiver, ExternalURL (of Alertmanager) and GroupLabels are those of the
	// notification that brought it; empty when it came in none.
	Receiver    string            `json:"receiver,omitempty"`
	ExternalURL string            `json:"external_url,omitempty"`
	GroupLabels map[string]string `json:"group_labels,omitempty"`
}

// Name is the alert's name, from its label.
func (a Alert) Name() string { return a.Labels["alertname"] }

// PlanRef is how an alert names its plan: by id, else by the plan's name, else
// (both empty) not at all.
type PlanRef struct {
	ID   string `json:"id,omitempty"`
	Name string `json:"name,omitempty"`
}

// Signal is one alert that a listener took over, with what its name and labels
// say about the plan.
type Signal struct {
	Source string  `json:"source"` // the listener: "webhook"
	Plan   PlanRef `json:"plan"`
	// Missed is true when the alert says that the plan did not run at all.
	Missed bool  `json:"missed,omitempty"`
	Alert  Alert `json:"alert"`
	// Accepted is when the signal was kept; filled in by whoever keeps it.
	Accepted time.Time `json:"accepted,omitzero"`
}
