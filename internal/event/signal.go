package event

import (
	"encoding/json"
	"time"
)

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
// (both empty) not at all. What is about no plan at all has a topic instead.
type PlanRef struct {
	ID   string `json:"id,omitempty"`
	Name string `json:"name,omitempty"`
	// Topic names what is forwarded or passed on: "alert/" and the alert's fingerprint,
	// what EventTopic says, "change/" and what makes it one of its own.
	Topic string `json:"topic,omitempty"`
}

// EventTopic is the topic of an event that is passed on. Dedup keys of different routing
// keys have nothing to do with each other.
func EventTopic(target, dedup string) string {
	if target == "" {
		return TopicEvent + dedup
	}
	return TopicEvent + dedup + "@" + target
}

// What a topic begins with.
const (
	TopicAlert  = "alert/"
	TopicEvent  = "event/"
	TopicChange = "change/"
)

// Signal is one alert that a listener took over, with what its name and labels
// say about the plan.
type Signal struct {
	Source string  `json:"source"` // the listener: "webhook"
	Plan   PlanRef `json:"plan"`
	// Missed is true when the alert says that the plan did not run at all.
	Missed bool `json:"missed,omitempty"`
	// Cut is true on a signal that is no alert: a message said that alerts were left
	// out of it, and nobody knows which (R4). Its alert is empty.
	Cut bool `json:"cut,omitempty"`
	// Retry is true when the sender only tries again what he was told had failed.
	Retry bool  `json:"retry,omitempty"`
	Alert Alert `json:"alert"`
	// Quiet is true when the alert fires on but is silenced: it says nothing, and that it is
	// not over (R19).
	Quiet bool `json:"quiet,omitempty"`
	// CEF is an event of PagerDuty's format that is passed on; then Missed is false and
	// of Alert only the fingerprint counts, which tells it from others and in their order.
	CEF *CEF `json:"cef,omitempty"`
	// Accepted is when the signal was kept; filled in by whoever keeps it.
	Accepted time.Time `json:"accepted,omitzero"`
}

// CEF is an event in the format of PagerDuty's Events API v2, as its sender wrote it.
type CEF struct {
	Action string `json:"action"` // trigger, acknowledge or resolve; change for a change event
	// DedupKey is the sender's, or the one that he was given; a change event has none.
	DedupKey string `json:"dedup_key,omitempty"`
	// Target stands for the routing key that the sender named, empty when he named
	// none. The key itself is not kept.
	Target string `json:"target,omitempty"`
	// Body is the whole event without its routing key.
	Body json.RawMessage `json:"body"`
}

// ActionChange is the action of a change event.
const ActionChange = "change"
