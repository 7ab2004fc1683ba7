package record

import (
	"encoding/json"
	"fmt"
	"strings"

	"bellhop/internal/event"
	"bellhop/router/queue"
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
}

// ReadDelivery reads a delivery out of its job.
func ReadDelivery(j queue.Job) (Delivery, error) {
	var d Delivery
	if err := json.Unmarshal(j.Payload, &d); err != nil {
		return d, fmt.Errorf("read delivery %q of the queue: %w", j.ID, err)
	}
	return d, nil
}
