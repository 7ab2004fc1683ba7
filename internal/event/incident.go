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
	// Seen is when it was last heard of, and Repeats how often that brought no news.
	Seen    time.Time `json:"seen,omitzero"`
	Repeats int       `json:"repeats,omitempty"`
	// Ending is there while no alert of it fires and nobody can tell yet whether it is
	// over (R7).
	Ending *Ending `json:"ending,omitempty"`
	// Acked is true when somebody has acknowledged it, of an event that is passed on.
	Acked bool `json:"acked,omitempty"`
	// Reminded is when each sink last heard of it though it had not changed.
	Reminded map[string]time.Time `json:"reminded,omitempty"`
	// Awaited is by which delivery each sink was told last whose failures the senders of
	// its alerts are to hear of (R17).
	Awaited map[string]string `json:"awaited,omitempty"`
	// Was is what was told last of it, for the message that tells its end.
	Was Trouble `json:"was"`
	// Told lists everybody who was told of it and so hears its changes and its end.
	Told []Audience `json:"told"`
}

// Ending is what is known of an open incident since none of its alerts fires.
type Ending struct {
	// Since is when that began, or when a run that failed was told after it.
	Since time.Time `json:"since"`
	// Read is true once the cluster's state could be read since then.
	Read bool `json:"read,omitempty"`
	// Blind is since when no look could read it, and Tried when the last one tried.
	Blind time.Time `json:"blind,omitzero"`
	Tried time.Time `json:"tried,omitzero"`
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
func DedupKey(cluster, plan string) string { return incidentKey(cluster, "backup", plan) }

// AlertKey names the incident of an alert that is forwarded, by its fingerprint.
func AlertKey(cluster, fingerprint string) string { return incidentKey(cluster, "alert", fingerprint) }

func incidentKey(cluster, kind, name string) string {
	cluster = strings.ToValidUTF8(cluster[:min(len(cluster), maxCluster)], "?")
	if cluster == "" {
		cluster = "local"
	}
	return "bellhop/" + cluster + "/" + kind + "/" + name
}
