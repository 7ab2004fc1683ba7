package pagerduty

import (
	"encoding/json"
	"fmt"
	"time"

	"bellhop/internal/event"
	"bellhop/sinks"
	"bellhop/sinks/wire"
)

// An event may have 512 KB as a whole
// (https://developer.pagerduty.com/docs/events-api-v2/overview/), and PagerDuty
// refuses what is larger. The modules get so many bytes of JSON; everything else
// is bounded by its own limits and stays far below the rest.
const (
	maxModules = 192 << 10
	maxError   = 1000 // characters of one module's error
	maxNotes   = 20
	maxNote    = 500 // characters
)

// detail is what PagerDuty shows beneath an alert.
type detail struct {
	Event       string         `json:"event"`
	Delivery    string         `json:"delivery"`
	Kind        event.Kind     `json:"kind"`
	Status      event.Status   `json:"status"`
	Outcome     event.Outcome  `json:"outcome,omitempty"`
	Cause       event.Cause    `json:"cause,omitempty"`
	Cluster     string         `json:"cluster,omitempty"`
	Plan        string         `json:"plan,omitempty"`
	Schedule    string         `json:"schedule,omitempty"`
	Destination string         `json:"destination,omitempty"`
	FailedRuns  int            `json:"failed_runs,omitempty"`
	RunStart    time.Time      `json:"run_start,omitzero"`
	RunEnd      time.Time      `json:"run_end,omitzero"`
	Tally       string         `json:"modules_total,omitempty"`
	Modules     []event.Module `json:"modules,omitempty"` // the failed ones first
	Omitted     string         `json:"modules_omitted,omitempty"`
	Notes       []string       `json:"notes,omitempty"`
	// Labels and Annotations are those of an alert that is forwarded.
	Labels      map[string]string `json:"labels,omitempty"`
	Annotations map[string]string `json:"annotations,omitempty"`
}

func details(m sinks.Message) detail {
	e := m.Event
	d := detail{
		Event:       field(e.ID),
		Delivery:    field(m.ID),
		Kind:        e.Kind,
		Status:      e.Status,
		Outcome:     e.Outcome,
		Cause:       event.Cause(field(string(e.Cause))),
		Cluster:     first(field(e.Cluster.Name), field(e.Cluster.UUID)),
		Schedule:    field(e.Plan.Schedule),
		Destination: first(field(e.Destination.Name), field(e.Destination.ID)),
		FailedRuns:  e.FailedRuns,
		RunStart:    e.Run.Start,
		RunEnd:      e.Run.End,
		Tally:       wire.Tally(e.Modules),
		Notes:       notes(e.Notes),
	}
	if e.Kind == event.KindAlert && len(e.Alerts) > 0 { // an alert has 16 KiB of either at most
		d.Labels, d.Annotations = e.Alerts[0].Labels, e.Alerts[0].Annotations
	}
	if e.Kind != event.KindAlert && e.Payload == nil {
		d.Plan = field(e.Plan.Label())
	}
	d.Modules = fitting(wire.WorstFirst(e.Modules))
	if n := len(e.Modules) - len(d.Modules); n > 0 {
		d.Omitted = fmt.Sprintf("%d more are left out: PagerDuty takes no more in one event", n)
	}
	return d
}

// fitting returns the first modules, shortened, that fit into maxModules.
func fitting(ms []event.Module) []event.Module {
	var kept []event.Module
	left := maxModules
	for _, m := range ms {
		m = short(m)
		b, err := json.Marshal(m)
		if left -= len(b) + 1; err != nil || left < 0 {
			break
		}
		kept = append(kept, m)
	}
	return kept
}

func short(m event.Module) event.Module {
	m.ID, m.Name, m.Node = field(m.ID), field(m.Name), field(m.Node)
	m.State, m.Cause = event.ModuleState(field(string(m.State))), event.Cause(field(string(m.Cause)))
	m.Error = wire.Line(m.Error, maxError)
	return m
}

func notes(all []string) []string {
	var kept []string
	for _, text := range all[:min(len(all), maxNotes)] {
		kept = append(kept, wire.Line(text, maxNote))
	}
	return kept
}
