package record

import (
	"net/url"
	"time"

	"bellhop/internal/event"
	"bellhop/router/queue"
)

// Inbox is the lane of the plans that are to be looked at.
const Inbox = "in/plan"

// Look is the payload of an inbox job.
type Look struct {
	Ref event.PlanRef `json:"ref"`
	// Reports is true when not the plan is looked at, but what was reported of its
	// deliveries.
	Reports bool `json:"reports,omitempty"`
	// Ending is true when the look is for an incident none of whose alerts fires.
	Ending bool `json:"ending,omitempty"`
}

// InboxID names the one inbox job of a plan.
func InboxID(ref event.PlanRef) string { return "look/" + refName(ref) }

// EndingID names the one inbox job of a plan that looks whether an incident is over
// none of whose alerts fires. It is not the job of its signals, because it may wait for
// a day, and theirs counts from when it was put.
func EndingID(ref event.PlanRef) string { return "ending/" + refName(ref) }

// Handed is what became of the alerts that name no single plan, by fingerprint.
type Handed map[string]Hand

// Hand is to which plans one alert was handed.
type Hand struct {
	Plans    []string  `json:"plans"`
	StartsAt time.Time `json:"starts_at,omitzero"` // of the alert
	Accepted time.Time `json:"accepted"`           // when it was last heard of
}

// HandedKey names the row of a Handed: of the alerts of that name, or of none.
func HandedKey(ref event.PlanRef) string { return "handed/" + refName(ref) }

// SignalPrefix begins the keys of the signals that wait for a plan's look.
func SignalPrefix(ref event.PlanRef) string { return "signal/" + refName(ref) + "/" }

// SignalRow is the row in which a signal waits. One fingerprint has one row, so
// a storm of repeats takes no more room than one, and the latest status wins (R1). One
// that is cut has none, and so is one a plan.
func SignalRow(s event.Signal) (queue.Row, error) { return Encode(SignalKey(s), s) }

// SignalKey names that row.
func SignalKey(s event.Signal) string {
	return SignalPrefix(s.Plan) + url.PathEscape(s.Alert.Fingerprint)
}

// refName tells plans named by id from plans named by name, and from what is about none.
func refName(ref event.PlanRef) string {
	if ref.Topic != "" {
		return "topic:" + url.PathEscape(ref.Topic)
	}
	if ref.ID != "" {
		return "id:" + url.PathEscape(ref.ID)
	}
	return "name:" + url.PathEscape(ref.Name)
}
