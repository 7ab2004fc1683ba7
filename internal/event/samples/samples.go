// Package samples holds a few complete events, as the correlator writes them:
// for previews, for test notices, for golden files. The promise: they are the
// same at each call, times included, and nobody's changes to one reach another.
// Nothing here can fail; a name that is not there is told apart by [Get].
package samples

import (
	"time"

	"bellhop/internal/event"
)

// Sample is an event and the name by which a person asks for it.
type Sample struct {
	Name  string
	Event event.Event
}

// All returns the samples, the plain ones first and the strange ones last.
func All() []Sample {
	return []Sample{
		{"partial", partial()},
		{"repo-failure", repoFailure()},
		{"missed", missed()},
		{"redis-unavailable", redisUnavailable()},
		{"no-status", noStatus()},
		{"midrun", midrun()},
		{"third-run", thirdRun()},
		{"worse", worse()},
		{"reminder", reminder()},
		{"held-up", heldUp()},
		{"resolved", resolved()},
		{"plan-gone", ended("plan_gone")},
		{"unreadable", ended("unreadable")},
		{"unreported", ended("unreported")},
		{"success", success()},
		{"alert", forwarded()},
		{"alert-resolved", calmed()},
		{"alert-unreported", unheard()},
		{"event", passedOn()},
		{"event-resolved", withdrawn()},
		{"test", test()},
		{"hostile", hostile()},
		{"large", large()},
	}
}

// Get returns the event of the sample with that name.
func Get(name string) (event.Event, bool) {
	for _, s := range All() {
		if s.Name == name {
			return s.Event, true
		}
	}
	return event.Event{}, false
}

// Names returns the samples' names in the order of All.
func Names() []string {
	var names []string
	for _, s := range All() {
		names = append(names, s.Name)
	}
	return names
}

const (
	clusterUUID = "5f1c7c0a-3f0e-4b36-9a56-2f4de0a7b0f1"
	incidentID  = "01KAHW3M8QZ0V9T1RCN5E7X2DB"
)

// night is when the samples' event was written: 02:30:42 in Rome, half an hour
// after the plan's run began.
func night() time.Time { return time.Date(2026, time.November, 21, 1, 30, 42, 0, time.UTC) }

func cluster() event.Cluster {
	return event.Cluster{UUID: clusterUUID, Name: "ns8.example.org"}
}

func plan() event.Plan {
	return event.Plan{ID: "1", Name: "Nightly to B2", Schedule: "*-*-* 02:00:00"}
}

func destination() event.Destination {
	return event.Destination{ID: "48ce000a-79b7-5fe6-8558-177fd70c27b4", Name: "BackBlaze EU"}
}

// alert is the one that the node's metrics raise for the plan.
func alert(node string, since time.Time) event.Alert {
	return event.Alert{
		Status: event.Firing,
		Labels: map[string]string{
			"alertname": "BackupFailed", "id": "1", "name": "Nightly to B2", "node": node,
			"service": "backup", "severity": "critical", "instance": "10.5.4." + node + ":9100",
		},
		Annotations: map[string]string{
			"summary_en": "Backup job Nightly to B2 (ID: 1) has failed.",
			"summary_it": "Backup Nightly to B2 (ID: 1) fallito.",
		},
		StartsAt:     since,
		GeneratorURL: "http://10.5.4." + node + ":9091/graph?g0.expr=node_backup_status+%3D%3D+0&g0.tab=1",
		Fingerprint:  "c9656b8df241946" + node,
	}
}

// opened returns a new incident's event with everything that is the same in all.
func opened() event.Event {
	at := night()
	return event.Event{
		Version:     event.Version,
		ID:          "01KAHW3M8QSAMPLE0000000001",
		Time:        at,
		Kind:        event.KindBackup,
		Status:      event.StatusOpen,
		Outcome:     event.Partial,
		Severity:    event.SeverityError,
		DedupKey:    event.DedupKey(clusterUUID, "1"),
		Incident:    incidentID,
		Opened:      at,
		FailedRuns:  1,
		Cluster:     cluster(),
		Plan:        plan(),
		Destination: destination(),
		Run:         event.Run{Start: at.Add(-1830 * time.Second), End: at.Add(-930 * time.Second), Settled: true},
		Modules:     []event.Module{},
		Alerts:      []event.Alert{alert("1", at.Add(-920*time.Second))},
		Notes:       []string{},
	}
}
