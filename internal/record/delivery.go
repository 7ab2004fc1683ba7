package record

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

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

// SinkOf is the sink whose lane this is; ok is false for any other lane.
func SinkOf(lane string) (sink string, ok bool) {
	return strings.CutPrefix(lane, Outbound)
}

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
}

// ReadDelivery reads a delivery out of its job.
func ReadDelivery(j queue.Job) (Delivery, error) {
	var d Delivery
	if err := json.Unmarshal(j.Payload, &d); err != nil {
		return d, fmt.Errorf("read delivery %q of the queue: %w", j.ID, err)
	}
	return d, nil
}
