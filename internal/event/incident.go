package event

import (
	"strings"
	"time"
)

// Incident is the trouble of one plan, from the first bad news to its end.
type Incident struct {
	ID       string    `json:"id"` // sorts by time
	Key      string    `json:"key"`
	State    Status    `json:"state"` // open, changed or resolved
	Opened   time.Time `json:"opened"`
	Changed  time.Time `json:"changed,omitzero"`
	Resolved time.Time `json:"resolved,omitzero"`
	EndedBy  EndedBy   `json:"ended_by,omitempty"`
	Plan     Plan      `json:"plan"`
	Outcome  Outcome   `json:"outcome"`
	// Last is the id of the event that was told last.
	Last       string `json:"last"`
	FailedRuns int    `json:"failed_runs"`
	// Seen and Repeats tell of the signals that brought no news.
	Seen    time.Time `json:"seen,omitzero"`
	Repeats int       `json:"repeats,omitempty"`
	// Was is what was told last of it, for the message that tells its end.
	Was Trouble `json:"was"`
	// Told lists everybody who was told of it and so hears its changes and its end.
	Told []Audience `json:"told"`
}

// Audience is one target of one sink.
type Audience struct {
	Sink   string `json:"sink"`
	Target string `json:"target"`
}

// maxCluster is how much of a cluster's UUID goes into a key, in bytes; a true one
// has 36.
const maxCluster = 64

// DedupKey names the incident of a plan to the far ends. An empty cluster is
// one that was never seen and reads "local"; a damaged one is cut to what can be
// written down.
func DedupKey(cluster, plan string) string {
	cluster = strings.ToValidUTF8(cluster[:min(len(cluster), maxCluster)], "?")
	if cluster == "" {
		cluster = "local"
	}
	return "bellhop/" + cluster + "/backup/" + plan
}
