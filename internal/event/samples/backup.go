package samples

import (
	"time"

	"bellhop/internal/event"
)

const wrongPassword = "Fatal: wrong password or no key found"

// healthy returns the four modules of the plan after a good run that was under
// way at the given time, half an hour after its start.
func healthy(at time.Time) []event.Module {
	ago := func(seconds int) time.Time { return at.Add(-time.Duration(seconds+30) * time.Second) }
	return []event.Module{
		{ID: "mail1", Name: "Company mail", Node: "1", State: event.StateOK, Size: 734003200, Start: ago(1800), End: ago(1500)},
		{ID: "nextcloud1", Name: "Files & calendars", Node: "1", State: event.StateOK, Size: 4294967296, Start: ago(1500), End: ago(900)},
		{ID: "samba1", Name: "AD DC", Node: "2", State: event.StateOK, Size: 52428800, Start: ago(1790), End: ago(1600)},
		{ID: "webtop1", Node: "2", State: event.StateOK, Size: 10485760, Start: ago(1600), End: ago(1200)},
	}
}

// fail turns a module of a run into a failed one.
func fail(m *event.Module, c event.Cause, text string) {
	m.State, m.Cause, m.Error, m.Size = event.StateFailed, c, text, 0
}

// partial is the plan of which nextcloud1 failed with the wrong password.
func partial() event.Event {
	e := opened()
	e.Modules = healthy(e.Time)
	fail(&e.Modules[1], event.CauseWrongPassword, wrongPassword)
	e.Cause = event.CauseWrongPassword
	return e
}

// repoFailure is a run of which nothing reached the destination.
func repoFailure() event.Event {
	e := opened()
	e.Outcome, e.Severity = event.RepoFailure, event.SeverityCritical
	e.Cause = event.CauseUnreachable
	e.Modules = healthy(e.Time)
	for i := range e.Modules {
		fail(&e.Modules[i], event.CauseUnreachable, "dial tcp 203.0.113.7:443: connect: connection refused")
	}
	e.Alerts = append(e.Alerts, alert("2", e.Time.Add(-1190*time.Second)))
	return e
}

func missed() event.Event {
	e := opened()
	e.Kind = event.KindMissed
	e.Outcome, e.Severity = event.RepoFailure, event.SeverityCritical
	e.Cause = event.CauseNotRun
	e.Run = event.Run{}
	for _, m := range healthy(e.Time) {
		e.Modules = append(e.Modules, event.Module{ID: m.ID, Name: m.Name, Node: m.Node, State: event.StateMissing})
	}
	e.Modules[0].LastSnapshot = e.Time.Add(-26 * time.Hour)
	e.Alerts[0].Labels["alertname"] = "NsBackupMissing"
	return e
}

// redisUnavailable knows of plan and cluster what was kept from earlier.
func redisUnavailable() event.Event {
	e := opened()
	e.Outcome, e.Severity = event.RepoFailure, event.SeverityCritical
	e.Cause = event.CauseRedisUnavailable
	e.Run = event.Run{}
	const where, refused = "127.0.0.1:6379", "dial tcp 127.0.0.1:6379: connect: connection refused"
	e.AddNote(event.Note{
		Code:   event.NoteModulesUnknown,
		Values: map[string]string{"where": where, "error": refused},
		Text: "nothing is known of the modules: read keys in the cluster's Redis at " + where + ": " + refused +
			" (see whether Redis runs and redis.address is right)",
	})
	return e
}

// noStatus is an alert for a plan of which the cluster knows nothing.
func noStatus() event.Event {
	e := opened()
	e.Outcome, e.Severity = event.RepoFailure, event.SeverityCritical
	e.Cause = event.CauseNoStatus
	e.DedupKey = event.DedupKey(clusterUUID, "7")
	e.Cluster.Name = ""
	e.Plan = event.Plan{ID: "7"}
	e.Destination = event.Destination{}
	e.Run = event.Run{}
	e.Alerts[0].Labels["id"] = "7"
	e.AddNote(event.Note{
		Code: event.NotePlanUnknown, Values: map[string]string{"plan": "7"}, Text: `the cluster has no backup plan "7"`,
	})
	return e
}

// midrun is told at the deadline: nextcloud1 failed, webtop1 has not run yet.
func midrun() event.Event {
	e := partial()
	e.Run.Settled = false
	e.Modules[1].Cause, e.Modules[1].Error = event.CauseModule, ""
	e.Modules[1].LastSnapshot = e.Time.Add(-24 * time.Hour)
	e.Cause = event.CauseModule
	e.Modules[3] = event.Module{ID: "webtop1", Node: "2", State: event.StatePending}
	e.AddNote(event.Note{
		Code: event.NoteLeftCluster, Names: []string{"mail2", "mail3"},
		Text: "left out, because no longer in the cluster: mail2, mail3",
	})
	return e
}
