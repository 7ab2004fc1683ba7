package admin

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"bellhop/internal/record"
	"bellhop/internal/secret"
	"bellhop/router/queue"
)

// sink is a sink and what waits for it.
type sink struct {
	Name string `json:"name"`
	Type string `json:"type"` // empty when it is not configured
	// Configured is false for one that was taken out of the configuration: what
	// waits for it is parked until its name returns.
	Configured bool   `json:"configured"`
	Lanes      []lane `json:"lanes"`
	Dead       int    `json:"dead"` // how many deliveries were set aside
}

type lane struct {
	Name          string  `json:"name"`
	Depth         int     `json:"depth"`          // how many deliveries wait
	OldestSeconds float64 `json:"oldest_seconds"` // how long the oldest of them has waited
	// GateOpenAt is the time of the next trial; null while the gate is open.
	GateOpenAt *time.Time `json:"gate_open_at"`
	GateReason string     `json:"gate_reason"` // the error that closed it
	// Misconfigured is true when the gate waits for somebody to mend the settings.
	Misconfigured bool `json:"misconfigured"`
}

func (h *handler) sinks(r *http.Request) (any, error) {
	stats, err := h.Lanes(r.Context(), record.Outbound)
	if err != nil {
		return nil, fmt.Errorf("read the lanes: %w", err)
	}
	gates := h.Gates()
	for _, g := range gates {
		stats = with(stats, g.Lane)
	}
	all := []sink{}
	for _, s := range h.Sinks() {
		all = append(all, sink{Name: s.Name, Type: s.Type, Configured: true})
		if !slices.ContainsFunc(stats, func(st queue.Stats) bool { name, _ := record.SinkOf(st.Lane); return name == s.Name }) {
			stats = with(stats, record.Lane(s.Name)) // it is not worked on yet
		}
	}
	slices.SortFunc(stats, func(a, b queue.Stats) int { return cmp.Compare(a.Lane, b.Lane) })
	for _, st := range stats {
		all = h.addLane(all, st, gates)
	}
	slices.SortFunc(all, func(a, b sink) int { return cmp.Compare(a.Name, b.Name) })
	return map[string][]sink{"sinks": all}, nil
}

// with adds a lane that holds nothing, where it is not among them.
func with(stats []queue.Stats, lane string) []queue.Stats {
	if slices.ContainsFunc(stats, func(s queue.Stats) bool { return s.Lane == lane }) {
		return stats
	}
	return append(stats, queue.Stats{Lane: lane})
}

// addLane adds a lane to its sink, which it brings along when nobody configured it.
func (h *handler) addLane(all []sink, st queue.Stats, gates []queue.Gate) []sink {
	name, ok := record.SinkOf(st.Lane)
	if !ok {
		return all
	}
	i := slices.IndexFunc(all, func(s sink) bool { return s.Name == name })
	if i < 0 {
		i = len(all)
		all = append(all, sink{Name: name})
	}
	l := lane{Name: strings.TrimPrefix(st.Lane, record.Outbound), Depth: st.Depth}
	if !st.Oldest.IsZero() {
		l.OldestSeconds = max(h.Now().Sub(st.Oldest), 0).Seconds()
	}
	if g := slices.IndexFunc(gates, func(g queue.Gate) bool { return g.Lane == st.Lane }); g >= 0 {
		l.GateOpenAt, l.GateReason = known(gates[g].OpensAt), secret.Redact(gates[g].Reason)
		l.Misconfigured = gates[g].Misconfigured
	}
	all[i].Lanes = append(all[i].Lanes, l)
	all[i].Dead += st.Dead
	return all
}
