package event

import "time"

// NoteCode names what a note says, whatever the language.
type NoteCode string

// The codes of notes. Templates have words for each, under "note." and the code.
const (
	// Of the cluster's state. Behind each stands what it has beside its code.
	NoteModulesUnknown   NoteCode = "modules_unknown" // Redis cannot be read: where, error
	NoteKeyUnreadable    NoteCode = "key_unreadable"  // one key of it cannot: key, error
	NotePlanUnnamed      NoteCode = "plan_unnamed"    // by the alert
	NotePlanUnknown      NoteCode = "plan_unknown"    // to the cluster: plan
	NotePlanDisabled     NoteCode = "plan_disabled"
	NoteSameName         NoteCode = "same_name" // of several plans: names
	NoteNoModules        NoteCode = "no_modules"
	NoteNoRun            NoteCode = "no_run"                // of which a status can be read
	NoteNewestRun        NoteCode = "newest_run"            // when it ended: time
	NoteLeftCluster      NoteCode = "left_cluster"          // modules: names
	NoteLeftPlan         NoteCode = "left_plan"             // modules: names
	NoteNoFiles          NoteCode = "no_files"              // in a success: names
	NoteOwnError         NoteCode = "own_error"             // of the plan, while its modules are well
	NoteStatusUnreadable NoteCode = "status_unreadable"     // of modules: names, reason, field
	NoteOwnStatusUnread  NoteCode = "own_status_unreadable" // of the plan: reason, field

	// Of a message.
	NoteReminder NoteCode = "reminder" // nothing has changed since: time

	// Of the repository check.
	NoteCheckOff         NoteCode = "check_off"
	NoteCheckStopped     NoteCode = "check_stopped"         // with bellhop
	NoteCheckLate        NoteCode = "check_late"            // its time was up: span
	NoteCheckImpossible  NoteCode = "check_impossible"      // its command cannot be run: error
	NoteCheckNoPlan      NoteCode = "check_no_plan"         // is named by the alert
	NoteBadPlanID        NoteCode = "bad_plan_id"           // for an argument: id
	NoteBadModuleID      NoteCode = "bad_module_id"         // for an argument: id
	NoteDestinationAway  NoteCode = "destination_away"      // so others were not asked about
	NoteSnapshotsUnread  NoteCode = "snapshots_unreadable"  // their list: names, reason, field, error
	NoteNoSnapshot       NoteCode = "no_snapshot"           // in the repository: names
	NoteSnapshotFuture   NoteCode = "snapshot_future"       // is the newest one's date: names
	NoteRepositoryUnread NoteCode = "repository_unreadable" // for no known cause: names, exit
	NoteResticLate       NoteCode = "restic_late"           // and silent: names
	NoteResticCrashed    NoteCode = "restic_crashed"        // names
	NoteResticKilled     NoteCode = "restic_killed"         // names
	NoteResticNotStarted NoteCode = "restic_not_started"    // names, error
	NoteWrapperOld       NoteCode = "wrapper_old"           // restic-wrapper knows no --module
	NoteWrapperBroke     NoteCode = "wrapper_broke"         // restic-wrapper: names, error
	NoteWrapperRefused   NoteCode = "wrapper_refused"       // restic-wrapper: names, error
	NoteModuleElsewhere  NoteCode = "module_elsewhere"      // on another node: names, error
)

// Note is a sentence on what an event lacks, or what else is odd, and what the sentence
// is made of, for those who say it in another language.
type Note struct {
	// Code is empty when only the sentence is known.
	Code NoteCode `json:"code,omitempty"`
	// Names are the ids of those that it speaks of, modules or plans; More is how many
	// there are beside them.
	Names []string  `json:"names,omitempty"`
	More  int       `json:"more,omitempty"`
	Time  time.Time `json:"time,omitzero"`
	// Values are what else stands in it, by name: a key, a far end's words, a reason.
	Values map[string]string `json:"values,omitempty"`
	// Text is the sentence in English.
	Text string `json:"-"`
}

// AddNote adds a note.
func (e *Event) AddNote(n Note) {
	coded := make([]Note, len(e.Notes), len(e.Notes)+1)
	copy(coded, e.NoteCodes) // of a note that came without a code there is none
	e.Notes = append(e.Notes, n.Text)
	n.Text = ""
	e.NoteCodes = append(coded, n)
}

// Note is the note at that place of Notes.
func (e Event) Note(i int) Note {
	var n Note
	if i < len(e.NoteCodes) {
		n = e.NoteCodes[i]
	}
	n.Text = e.Notes[i]
	return n
}
