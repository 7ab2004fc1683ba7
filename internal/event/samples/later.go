package samples

import (
	"time"

	"bellhop/internal/event"
)

const day = 24 * time.Hour

// thirdRun is the third night on which two modules fail, each for its own reason.
func thirdRun() event.Event {
	e := partial()
	e.Status = event.StatusChanged
	e.Opened = e.Time.Add(-2 * day)
	e.FailedRuns = 3
	e.Cause = ""
	e.Modules[1].LastSnapshot = e.Time.Add(-3*day - 20*time.Minute)
	fail(&e.Modules[1], event.CauseLocked, "unable to create lock in backend: repository is already locked exclusively by PID 190 on node2 by root (UID 0, GID 0)\nlock was created at 2026-11-19 01:12:08 (48h18m12s ago)\nstorage ID a2c64ea2")
	e.Modules[2].LastSnapshot = e.Time.Add(-25 * time.Hour)
	fail(&e.Modules[2], event.CauseModule, "")
	e.Alerts[0].StartsAt = e.Opened
	return e
}

// worse is the run of partial, in which one more module has failed since.
func worse() event.Event {
	e := partial()
	e.Status = event.StatusChanged
	e.Opened = e.Time.Add(-35 * time.Minute)
	fail(&e.Modules[3], event.CauseWrongPassword, wrongPassword)
	return e
}

// reminder says partial once more a day later, when nothing has changed.
func reminder() event.Event {
	e := partial()
	e.Reminder = true
	e.AddNote(event.Note{
		Code: event.NoteReminder, Time: e.Time, Text: "this is a reminder: nothing has changed since " + e.Time.Format(time.RFC3339),
	})
	e.Time = e.Time.Add(day)
	return e
}

// heldUp is worse as a fallback hears it, and the first that it hears: what came
// before could not be delivered.
func heldUp() event.Event {
	e := worse()
	e.Status = event.StatusOpen
	e.History = []event.Passed{
		{Event: "01KAHW3M8QZ0V9T1RCN5E7X2D0", Time: e.Opened, Status: event.StatusOpen, Outcome: event.Partial, Failed: 1, Modules: 4},
		{Event: "01KAHW3M8QZ0V9T1RCN5E7X2D1", Time: e.Opened.Add(20 * time.Minute), Status: event.StatusChanged, Outcome: event.Partial, Failed: 2, Modules: 4},
	}
	e.Instead = &event.Instead{Sink: "oncall", Reason: "given up after 24h: the far end is down: answered 503 Service Unavailable"}
	return e
}

// resolved ends the incident of thirdRun with a good run a night later.
func resolved() event.Event {
	bad := thirdRun()
	e := opened()
	e.Time = bad.Time.Add(day)
	e.Status, e.EndedBy = event.StatusResolved, event.EndedBySuccess
	e.Outcome, e.Severity = event.Success, event.SeverityInfo
	e.Opened, e.FailedRuns = bad.Opened, bad.FailedRuns
	e.Run = event.Run{Start: e.Time.Add(-1830 * time.Second), End: e.Time.Add(-930 * time.Second), Settled: true}
	e.Modules = healthy(e.Time)
	e.Was = &event.Trouble{Outcome: bad.Outcome, Modules: event.NotOK(bad.Modules), Since: bad.Opened}
	e.Alerts[0].Status = event.Resolved
	e.Alerts[0].StartsAt, e.Alerts[0].EndsAt = bad.Opened, e.Time.Add(-30*time.Second)
	return e
}

// ended is how the incident of thirdRun ends when nobody saw a good run.
func ended(by event.EndedBy) event.Event {
	e := resolved()
	e.EndedBy = by
	e.Outcome, e.Severity = event.RepoFailure, event.SeverityCritical
	e.Run, e.Modules = event.Run{}, []event.Module{}
	return e
}

// success is a good run that belongs to no incident.
func success() event.Event {
	e := opened()
	e.Status, e.Outcome, e.Severity = event.StatusSuccess, event.Success, event.SeverityInfo
	e.Incident, e.Opened, e.FailedRuns = "", time.Time{}, 0
	e.Modules = healthy(e.Time)
	return e
}

// test is the notice that somebody asked for to see whether it arrives.
func test() event.Event {
	e := success()
	e.Kind, e.Status = event.KindTest, event.StatusOpen
	e.DedupKey = event.DedupKey(clusterUUID, "test")
	e.Run, e.Modules, e.Alerts = event.Run{}, []event.Module{}, []event.Alert{}
	return e
}
