// Package record names the rows and jobs that bellhop keeps in the engine, and
// turns them into values and back. The promise: a row written by one version is
// read by the next; a row that cannot be read is an error that names it, never a
// zero value passed off as data.
package record

import (
	"encoding/json"
	"fmt"
	"net/url"

	"bellhop/internal/event"
	"bellhop/router/queue"
)

// Prefixes of the rows' keys, for scans.
const (
	Events    = "event/"
	Incidents = "incident/"
	Plans     = "plan/"
	OpenPlans = "open/"
)

// ClusterKey names the row of the cluster that was seen last, an event.Cluster.
const ClusterKey = "cluster"

// PollKey names the row of a poller's notes.
const PollKey = "poll"

// EventKey names the row of an event.
func EventKey(id string) string { return Events + id }

// IncidentKey names the row of an incident.
func IncidentKey(id string) string { return Incidents + id }

// PlanKey names the row of what is known of a plan.
func PlanKey(plan string) string { return Plans + url.PathEscape(plan) }

// OpenKey names the row that exists while a plan has an open incident.
func OpenKey(plan string) string { return OpenPlans + url.PathEscape(plan) }

// MemoryPrefix begins the keys of what sinks remember of an incident.
func MemoryPrefix(incident string) string { return "memory/" + incident + "/" }

// MemoryKey names the row of what a sink remembers of an incident and target.
func MemoryKey(incident string, a event.Audience) string {
	return MemoryPrefix(incident) + url.PathEscape(a.Sink) + "/" + url.PathEscape(a.Target)
}

// Encode makes a row of a value of this package or of package event.
func Encode(key string, value any) (queue.Row, error) {
	b, err := json.Marshal(value)
	if err != nil {
		return queue.Row{}, fmt.Errorf("encode row %q: %w", key, err)
	}
	return queue.Row{Key: key, Value: b}, nil
}

// Decode reads a row that is there into value, a pointer.
func Decode(row queue.Row, value any) error {
	if err := json.Unmarshal(row.Value, value); err != nil {
		return fmt.Errorf("read row %q of the queue: %w", row.Key, err)
	}
	return nil
}
