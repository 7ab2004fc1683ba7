package record

import (
	"time"

	"bellhop/internal/event"
	"bellhop/router"
)

// Plan is what bellhop knows of a plan beyond any one incident, so that neither
// a restart nor a stale repeat says anything twice (R6).
type Plan struct {
	// Incident is the id of the open incident, "" when there is none.
	Incident string `json:"incident,omitempty"`
	// Had is true when the cluster had the plan since an incident ended by its going: of
	// one that was never there it cannot be said that it is gone.
	Had bool `json:"had,omitempty"`
	// Settled is the last run that was seen settled.
	Settled event.Run `json:"settled"`
	// Told is what was told last of a run that did not succeed.
	Told router.Told `json:"told"`
	// Success is the end of the last run whose success was told.
	Success time.Time `json:"success,omitzero"`
	// Well is when that was told. Alerts that were last heard of before it do not count
	// as firing: their end was never sent, or was lost.
	Well time.Time `json:"well,omitzero"`
	// Firing holds the signals of the alerts that fire, by fingerprint.
	Firing map[string]event.Signal `json:"firing,omitempty"`
	// Probed is what the repository was last asked, by module.
	Probed map[string]Probe `json:"probed,omitempty"`

	Cluster     event.Cluster     `json:"cluster"`
	Plan        event.Plan        `json:"plan"`
	Destination event.Destination `json:"destination"`
}

// Probe is what the repository answered about one module's run.
type Probe struct {
	End          time.Time   `json:"end"` // of the run it was asked about
	Cause        event.Cause `json:"cause,omitempty"`
	Error        string      `json:"error,omitempty"`
	LastSnapshot time.Time   `json:"last_snapshot,omitzero"`
}
