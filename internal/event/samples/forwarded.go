package samples

import (
	"time"

	"bellhop/internal/event"
)

// forwarded is an alert that has nothing to do with backups, as NethServer's metrics
// raise it.
func forwarded() event.Event {
	e := opened()
	e.Kind, e.Outcome, e.Severity = event.KindAlert, "", event.SeverityCritical
	e.DedupKey = "bellhop/" + clusterUUID + "/alert/4c1d1f7a2f0b9d3e"
	e.FailedRuns = 0
	e.Plan, e.Destination, e.Run = event.Plan{}, event.Destination{}, event.Run{}
	e.Alerts = []event.Alert{{
		Status: event.Firing,
		Labels: map[string]string{
			"alertname": "DiskSpaceCritical", "node": "2", "severity": "critical", "instance": "10.5.4.2:9100",
			"job": "providers", "mountpoint": "/", "device": "/dev/vda4",
		},
		Annotations: map[string]string{
			"summary_en":     "The file system / on node 2 is almost full",
			"summary_it":     "Il file system / del nodo 2 è quasi pieno",
			"description_en": "Only 3.1% of / is left on node 2 (/dev/vda4).",
			"description_it": "Sul nodo 2 resta libero solo il 3,1% di / (/dev/vda4).",
		},
		StartsAt:     e.Time.Add(-12 * time.Minute),
		GeneratorURL: "http://10.5.4.2:9091/graph?g0.expr=node_filesystem_avail_bytes&g0.tab=1",
		Fingerprint:  "4c1d1f7a2f0b9d3e",
	}}
	return e
}

// calmed is forwarded three hours later, when it no longer fires.
func calmed() event.Event {
	e := forwarded()
	e.Time = e.Time.Add(3*time.Hour + 20*time.Minute)
	e.Status, e.EndedBy, e.Severity = event.StatusResolved, event.EndedBySuccess, event.SeverityInfo
	e.Alerts[0].Status, e.Alerts[0].EndsAt = event.Resolved, e.Time.Add(-30*time.Second)
	return e
}

// unheard is forwarded a day later, when nobody has repeated it.
func unheard() event.Event {
	e := forwarded()
	e.Time = e.Time.Add(day)
	e.Status, e.EndedBy = event.StatusResolved, event.EndedByUnreported
	return e
}

// passedOn came in PagerDuty's format, from a program that has nothing to do with
// NethServer.
func passedOn() event.Event {
	e := opened()
	e.Kind, e.Outcome, e.Severity = event.KindEvent, "", event.SeverityWarning
	e.DedupKey = "ups/server-room"
	e.FailedRuns = 0
	e.Plan, e.Destination, e.Run, e.Alerts = event.Plan{}, event.Destination{}, event.Run{}, []event.Alert{}
	e.Payload = &event.Payload{
		Summary: "UPS in the server room runs on battery", Source: "nut@gw1.example.org",
		Component: "ups1", Group: "power", Class: "onbattery",
	}
	e.Notes = []string{"battery.charge: 81", "battery.runtime: 1740", "ups.load: 34"}
	return e
}

// withdrawn is the end of passedOn, of which PagerDuty's format wants no words.
func withdrawn() event.Event {
	e := passedOn()
	e.Time = e.Time.Add(25 * time.Minute)
	e.Status, e.EndedBy, e.Severity = event.StatusResolved, event.EndedBySuccess, event.SeverityInfo
	e.Notes = []string{}
	return e
}
