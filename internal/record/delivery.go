package record

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"bellhop/internal/event"
	"bellhop/router/queue"
)

// What a person may hear who acts on a delivery by hand.
var (
	// ErrUnknown: there is no such delivery, or none any more.
	ErrUnknown = errors.New("no such delivery")
	// ErrRefused: that cannot be done to this delivery; the error around it says why.
	ErrRefused = errors.New("refused")
)

// Outbound begins the name of every sink's lanes.
const Outbound = "to/"

// Lane is the lane of a sink.
func Lane(sink string) string { return Outbound + sink }

// KeyLane is the lane of one of a sink's keys. A target that stands for a key is
// "key-" and its hash.
func KeyLane(sink, target string) string {
	return Lane(sink) + "#" + strings.TrimPrefix(target, "key-")
}

// SinkOf is the sink whose lane this is, also when it is the lane of one of its keys,
// which bears a # and more behind its name; ok is false for any other lane.
func SinkOf(lane string) (sink string, ok bool) {
	name, ok := strings.CutPrefix(lane, Outbound)
	sink, _, _ = strings.Cut(name, "#")
	return sink, ok
}

// Reported is a delivery that was given up or is late, for the look at its plan that
// tells the fallback.
type Reported struct {
	Delivery string        `json:"delivery"` // its id
	Incident string        `json:"incident,omitempty"`
	Event    string        `json:"event"`
	Instead  event.Instead `json:"instead"`
	As       event.Status  `json:"as"`       // how it was to be heard
	Fallback string        `json:"fallback"` // the sink that is to be told
}

// ReportID names the one inbox job of a plan that looks at its reports.
func ReportID(ref event.PlanRef) string { return "report/" + refName(ref) }

// ReportPrefix begins the keys of what is reported of a plan's deliveries.
func ReportPrefix(ref event.PlanRef) string { return "report/" + refName(ref) + "/" }

// ReportRow is the row in which a report waits for the look at its plan's reports.
func ReportRow(ref event.PlanRef, r Reported) (queue.Row, error) {
	return Encode(ReportPrefix(ref)+url.PathEscape(r.Delivery), r)
}

// LateKey names the row that holds up to where a lane was looked through for
// deliveries that are late.
func LateKey(lane string) string { return "late/" + url.PathEscape(lane) }

// Delivery is the payload of a job in a sink's lane: one event for one target.
type Delivery struct {
	Event    string       `json:"event"`
	Incident string       `json:"incident,omitempty"`
	Sink     string       `json:"sink"`
	Target   string       `json:"target"`
	As       event.Status `json:"as"` // how this target hears it: somebody new hears a change as open
	// Brief is what is to be said of this one when it is superseded, and Earlier what
	// is to be said of those that it took the place of, oldest first.
	Brief   event.Passed   `json:"brief"`
	Earlier []event.Passed `json:"earlier,omitempty"`
	// Plan is through whose job it is decided what becomes of this delivery when it
	// is given up or late.
	Plan event.PlanRef `json:"plan"`
	// Again is true when this target may have heard of the incident before, whatever As
	// says: then its end has to go out, even though nobody hears this one.
	Again bool `json:"again,omitempty"`
	// Reminder is when it was put, on one that says again what has not changed.
	Reminder time.Time `json:"reminder,omitzero"`
	// Same is equal for events that are passed on and say the same.
	Same string `json:"same,omitempty"`
	// Instead is there on a delivery to a fallback.
	Instead *event.Instead `json:"instead,omitempty"`
	// Alerts are those that fire again, on a repeat: its event is an older one.
	Alerts []event.Alert `json:"alerts,omitempty"`
}

// ReadDelivery reads a delivery out of its job.
func ReadDelivery(j queue.Job) (Delivery, error) {
	var d Delivery
	if err := json.Unmarshal(j.Payload, &d); err != nil {
		return d, fmt.Errorf("read delivery %q of the queue: %w", j.ID, err)
	}
	return d, nil
}
