// Package event holds the nouns that travel through bellhop: a [Signal] is what
// a listener heard, an [Event] is what was found out about it, an [Incident] is
// the trouble that several events tell of. The promise: a value of this package
// is plain data. It does no input or output, reads no clock, and marshals to the
// JSON that webhooks, templates and the API show; [Version] changes when a field
// changes its meaning or goes away. Nothing here can fail.
package event

import "time"

// Version is the version of the JSON form of an [Event].
const Version = 1

// Kind says what sort of news an [Event] is.
type Kind string

// The kinds of event.
const (
	KindBackup Kind = "backup" // a backup run, as the cluster's Redis tells it
	KindMissed Kind = "missed" // a run that did not take place at all
	KindTest   Kind = "test"   // a notice somebody asked for, about nothing
	KindAlert  Kind = "alert"  // an alert of something else, which is forwarded
	KindEvent  Kind = "event"  // an event in PagerDuty's format, which is passed on
)

// Status says where in the life of its incident an [Event] stands.
type Status string

// The statuses of an event.
const (
	StatusOpen     Status = "open"     // new trouble
	StatusChanged  Status = "changed"  // it got worse, or another run failed
	StatusResolved Status = "resolved" // it is over; EndedBy says by what
	StatusSuccess  Status = "success"  // a run that went well, no incident
	StatusRepeat   Status = "repeat"   // an alert fires again and brings no news; only a command may hear it
)

// EndedBy says what ended an incident.
type EndedBy string

// What ends an incident.
const (
	EndedBySuccess    EndedBy = "success"    // a newer run in which every module succeeded
	EndedByPlanGone   EndedBy = "plan_gone"  // the plan was removed or disabled
	EndedByUnreadable EndedBy = "unreadable" // no alert fires, and the cluster's state cannot be read
	EndedByUnreported EndedBy = "unreported" // no alert fires, and no newer run succeeded
)

// Event is one enriched piece of news: what happened to a plan, why, and to
// which incident it belongs. It is stored once, however many sinks hear of it,
// and is never changed after it was stored.
type Event struct {
	Version int       `json:"version"`
	ID      string    `json:"id"` // sorts by time
	Time    time.Time `json:"time"`
	Kind    Kind      `json:"kind"`
	Status  Status    `json:"status"`
	EndedBy EndedBy   `json:"ended_by,omitempty"`
	Outcome Outcome   `json:"outcome"`
	// Cause is the one cause that every failed module shares, or that concerns
	// the event as a whole; empty when causes differ or none is known.
	Cause    Cause    `json:"cause,omitempty"`
	Severity Severity `json:"severity"`
	// DedupKey is the same for all events of an incident.
	DedupKey string `json:"dedup_key"`
	// Incident is the id of the incident; empty for a success that belongs to none.
	Incident string `json:"incident,omitempty"`
	// Opened is when the incident opened; zero without an incident.
	Opened time.Time `json:"opened,omitzero"`
	// FailedRuns counts the failed runs of the incident so far, this one included.
	FailedRuns  int         `json:"failed_runs,omitempty"`
	Cluster     Cluster     `json:"cluster"`
	Plan        Plan        `json:"plan"`
	Destination Destination `json:"destination"`
	Run         Run         `json:"run"`
	Modules     []Module    `json:"modules"`
	// History tells, on a message that stands for several, what the others would have
	// said, oldest first. It belongs to one delivery and is not stored with the event.
	History []Passed `json:"history,omitempty"`
	// Instead says, on a message to a fallback, whom it could not be told to and why.
	// It belongs to one delivery, too.
	Instead *Instead `json:"instead,omitempty"`
	// Reminder is true on a message that says once more what was told before, because
	// it has not changed. It belongs to one delivery, too.
	Reminder bool `json:"reminder,omitempty"`
	// Was is what was wrong before, on a resolved event.
	Was *Trouble `json:"was,omitempty"`
	// Payload is what the sender of an event said that is only passed on.
	Payload *Payload `json:"payload,omitempty"`
	// CEF is that event as it is passed on.
	CEF    *CEF    `json:"cef,omitempty"`
	Alerts []Alert `json:"alerts"`
	// Notes say what is missing from this event and why, as sentences for people.
	Notes []string `json:"notes"`
	// NoteCodes are the notes once more, one by one and without words, as far as bellhop
	// itself worded them; see Note. An event of an earlier version has none.
	NoteCodes []Note `json:"note_codes,omitempty"`
}

// Cluster names the NethServer cluster. Both fields are empty until one was seen.
type Cluster struct {
	UUID string `json:"uuid,omitempty"`
	Name string `json:"name,omitempty"`
}

// Plan names a backup plan. Schedule is a systemd calendar expression.
type Plan struct {
	ID       string `json:"id"`
	Name     string `json:"name,omitempty"`
	Schedule string `json:"schedule,omitempty"`
}

// Label is how a person knows the plan: its name, else its id, else a
// phrase saying that the alert named none.
func (p Plan) Label() string {
	switch {
	case p.Name != "":
		return p.Name
	case p.ID != "":
		return "plan " + p.ID
	}
	return "unnamed plan"
}

// About is how a person knows what the event is about: its plan, the name of an alert
// that is forwarded, or the summary of an event that is passed on.
func (e Event) About() string {
	switch {
	case e.Kind == KindAlert && len(e.Alerts) > 0 && e.Alerts[0].Name() != "":
		return e.Alerts[0].Name()
	case e.Kind == KindEvent && e.Payload != nil && e.Payload.Summary != "":
		return e.Payload.Summary
	case e.Kind == KindEvent && e.DedupKey != "":
		return e.DedupKey
	}
	return e.Plan.Label()
}

// Destination names the repository that a plan writes to.
type Destination struct {
	ID   string `json:"id,omitempty"`
	Name string `json:"name,omitempty"`
}

// Run is one pass of a plan over its modules, from the earliest start to the
// newest end that was seen. Both are zero when no status belongs to a run.
type Run struct {
	Start time.Time `json:"start,omitzero"`
	End   time.Time `json:"end,omitzero"`
	// Settled is true when every module of the plan has reported.
	Settled bool `json:"settled"`
}

// Module is one application and what its backup came to.
type Module struct {
	ID    string      `json:"id"`
	Name  string      `json:"name,omitempty"`
	Node  string      `json:"node,omitempty"`
	State ModuleState `json:"state"`
	Cause Cause       `json:"cause,omitempty"`
	// Error is the far end's own words, shortened, secrets cut out.
	Error string `json:"error,omitempty"`
	// LastSnapshot is the time of the newest snapshot in the repository; zero
	// when there is none or nobody could look.
	LastSnapshot time.Time `json:"last_snapshot,omitzero"`
	Size         int64     `json:"size,omitempty"` // bytes
	Start        time.Time `json:"start,omitzero"`
	End          time.Time `json:"end,omitzero"`
}

// Passed is a message that was never sent, because a newer one of its incident took
// its place before anybody had heard of it.
type Passed struct {
	Event   string    `json:"event"`
	Time    time.Time `json:"time"`
	Status  Status    `json:"status"`
	Outcome Outcome   `json:"outcome"`
	Failed  int       `json:"failed"`  // modules that were not ok
	Modules int       `json:"modules"` // all of them
}

// Instead is why a fallback is told.
type Instead struct {
	Sink   string `json:"sink"`   // that should have told it
	Reason string `json:"reason"` // what hindered it
	// Late is true when the sink goes on trying.
	Late bool `json:"late,omitempty"`
}

// Kind is "late" or "dead", for names.
func (i Instead) Kind() string {
	if i.Late {
		return "late"
	}
	return "dead"
}

// Brief is what History keeps of an event.
func (e Event) Brief() Passed {
	return Passed{
		Event: e.ID, Time: e.Time, Status: e.Status, Outcome: e.Outcome,
		Failed: len(NotOK(e.Modules)), Modules: len(e.Modules),
	}
}

// Payload is what a person reads of an event that came in PagerDuty's common format
// (PD-CEF) and is only passed on. Its severity is the event's own, and its custom
// details are the event's notes, a line each.
type Payload struct {
	Summary   string `json:"summary"`
	Source    string `json:"source"`
	Component string `json:"component,omitempty"`
	Group     string `json:"group,omitempty"`
	Class     string `json:"class,omitempty"`
}

// Trouble is what was wrong while an incident was open.
type Trouble struct {
	Outcome Outcome   `json:"outcome"`
	Cause   Cause     `json:"cause,omitempty"`
	Modules []Module  `json:"modules"` // only those not ok
	Since   time.Time `json:"since"`
}

// NotOK returns the modules whose state is not ok, in their order.
func NotOK(ms []Module) []Module {
	var bad []Module
	for _, m := range ms {
		if m.State != StateOK {
			bad = append(bad, m)
		}
	}
	return bad
}
