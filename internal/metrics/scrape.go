package metrics

import (
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Lane is what waits in a lane at this moment.
type Lane struct {
	Sink   string
	Lane   string
	Depth  int           // how many deliveries
	Oldest time.Duration // how long the oldest of them has waited; 0 when none does
	Shut   bool          // its gate is shut: the far end is down, or the settings are wrong
}

// Lanes has queue_depth, queue_oldest_seconds and sink_gate_closed read at each scrape. It is
// called once; read may be called at the same time by several scrapes.
func (s *Set) Lanes(read func() ([]Lane, error)) {
	s.registry.MustRegister(&lanes{
		read:   read,
		sinks:  s.sinks,
		lanes:  upTo(maxSinks),
		depth:  desc("queue_depth", "Deliveries that wait, or are under way.", "sink", "lane"),
		oldest: desc("queue_oldest_seconds", "Time that the oldest waiting delivery has waited.", "sink", "lane"),
		shut:   desc("sink_gate_closed", "1 while nothing is sent because the far end is down or the settings are wrong.", "sink", "lane"),
	})
}

// Incidents has incidents_open read at each scrape. It is called once; read may
// be called at the same time by several scrapes.
func (s *Set) Incidents(read func() (int, error)) {
	s.registry.MustRegister(&single{
		read: func() (float64, error) { n, err := read(); return float64(n), err },
		what: "count open incidents",
		desc: desc("incidents_open", "Incidents that are open."),
	})
}

// Free has queue_free_bytes read at each scrape. It is called once; read may be
// called at the same time by several scrapes.
func (s *Set) Free(read func() (int64, error)) {
	s.registry.MustRegister(&single{
		read: func() (float64, error) { n, err := read(); return float64(n), err },
		what: "look how much room the queue has",
		desc: desc("queue_free_bytes", "Room that is left for the queue, in bytes."),
	})
}

// Handler answers scrapes. What goes wrong in one metric is logged and costs
// that metric alone.
func (s *Set) Handler(log *slog.Logger) http.Handler {
	return promhttp.HandlerFor(s.registry, promhttp.HandlerOpts{
		ErrorLog:            scrapeLog{log},
		ErrorHandling:       promhttp.ContinueOnError,
		MaxRequestsInFlight: 10,
	})
}

type lanes struct {
	read                func() ([]Lane, error)
	sinks, lanes        *names
	depth, oldest, shut *prometheus.Desc
}

// Describe implements prometheus.Collector.
func (l *lanes) Describe(ch chan<- *prometheus.Desc) {
	ch <- l.depth
	ch <- l.oldest
	ch <- l.shut
}

// Collect implements prometheus.Collector.
func (l *lanes) Collect(ch chan<- prometheus.Metric) {
	all, err := l.read()
	if err != nil {
		ch <- prometheus.NewInvalidMetric(l.depth, fmt.Errorf("read what waits in the lanes: %w", err))
		return
	}
	for key, lane := range l.merge(all) {
		ch <- prometheus.MustNewConstMetric(l.depth, prometheus.GaugeValue, float64(lane.Depth), key.sink, key.lane)
		ch <- prometheus.MustNewConstMetric(l.oldest, prometheus.GaugeValue, lane.Oldest.Seconds(), key.sink, key.lane)
		ch <- prometheus.MustNewConstMetric(l.shut, prometheus.GaugeValue, number(lane.Shut), key.sink, key.lane)
	}
}

func number(yes bool) float64 {
	if yes {
		return 1
	}
	return 0
}

type laneKey struct{ sink, lane string }

// merge adds up the lanes that bear one name, as those called other do: a
// scrape must not tell two values of one series.
func (l *lanes) merge(all []Lane) map[laneKey]Lane {
	sums := make(map[laneKey]Lane, len(all))
	for _, lane := range all {
		key := laneKey{l.sinks.name(lane.Sink), l.lanes.name(lane.Lane)}
		sum := sums[key]
		sum.Depth += lane.Depth
		sum.Oldest = max(sum.Oldest, lane.Oldest)
		sum.Shut = sum.Shut || lane.Shut
		sums[key] = sum
	}
	return sums
}

// single is one figure that is read at each scrape.
type single struct {
	read func() (float64, error)
	what string // is read
	desc *prometheus.Desc
}

// Describe implements prometheus.Collector.
func (s *single) Describe(ch chan<- *prometheus.Desc) { ch <- s.desc }

// Collect implements prometheus.Collector.
func (s *single) Collect(ch chan<- prometheus.Metric) {
	n, err := s.read()
	if err != nil {
		ch <- prometheus.NewInvalidMetric(s.desc, fmt.Errorf("%s: %w", s.what, err))
		return
	}
	ch <- prometheus.MustNewConstMetric(s.desc, prometheus.GaugeValue, n)
}

// scrapeLog is how promhttp says what went wrong.
type scrapeLog struct{ log *slog.Logger }

// Println implements promhttp.Logger.
func (l scrapeLog) Println(v ...any) {
	l.log.Warn("a metric cannot be told", "reason", strings.TrimSpace(fmt.Sprintln(v...)))
}
