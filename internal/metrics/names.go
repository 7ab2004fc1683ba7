package metrics

import (
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// other stands for every value beyond a label's bound.
const other = "other"

// names bounds the values of a label: first come, first named.
type names struct {
	mu   sync.Mutex
	max  int
	seen map[string]bool
}

func upTo(most int) *names { return &names{max: most, seen: make(map[string]bool)} }

// name returns value, made fit for a label, or other when there are too many.
func (n *names) name(value string) string {
	value = strings.ToValidUTF8(value, "\ufffd")
	n.mu.Lock()
	defer n.mu.Unlock()
	if !n.seen[value] && len(n.seen) >= n.max {
		return other
	}
	n.seen[value] = true
	return value
}

// latest is a gauge of times that never go back.
type latest struct {
	gauge *prometheus.GaugeVec
	plans *names
	mu    sync.Mutex
	last  map[string]time.Time
}

func newLatest(g *prometheus.GaugeVec) *latest {
	return &latest{gauge: g, plans: upTo(maxPlans), last: make(map[string]time.Time)}
}

func (l *latest) note(plan string, at time.Time) {
	plan = l.plans.name(plan)
	l.mu.Lock()
	defer l.mu.Unlock()
	if at.After(l.last[plan]) {
		l.last[plan] = at
		l.gauge.WithLabelValues(plan).Set(float64(at.UnixMilli()) / 1000)
	}
}
