package record

import (
	"net/url"

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
}

// InboxID names the one inbox job of a plan.
func InboxID(ref event.PlanRef) string { return "look/" + refName(ref) }

// SignalPrefix begins the keys of the signals that wait for a plan's look.
func SignalPrefix(ref event.PlanRef) string { return "signal/" + refName(ref) + "/" }

// SignalRow is the row in which a signal waits. One fingerprint has one row, so
// a storm of repeats takes no more room than one, and the latest status wins (R1).
func SignalRow(s event.Signal) (queue.Row, error) {
	return Encode(SignalPrefix(s.Plan)+url.PathEscape(s.Alert.Fingerprint), s)
}

// refName tells plans named by id from plans named by name.
func refName(ref event.PlanRef) string {
	if ref.ID != "" {
		return "id:" + url.PathEscape(ref.ID)
	}
	return "name:" + url.PathEscape(ref.Name)
}
