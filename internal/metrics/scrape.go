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
}

// Lanes has queue_depth and queue_oldest_seconds read at each scrape. It is
// called once; read may be called at the same time by several scrapes.
func (s *Set) Lanes(read func() ([]Lane, error)) {
	s.registry.MustRegister(&lanes{
		read:   read,
		sinks:  s.sinks,
		lanes:  upTo(maxSinks),
		depth:  desc("queue_depth", "Deliveries that wait, or are under way.", "sink", "lane"),
		oldest: desc("queue_oldest_seconds", "Time that the oldest waiting delivery has waited.", "sink", "lane"),
	})
}

// Incidents has incidents_open read at each scrape. It is called once; read may
// be called at the same time by several scrapes.
func (s *Set) Incidents(read func() (int, error)) {
	s.registry.MustRegister(&incidents{
		read: read,
		open: desc("incidents_open", "Incidents that are open."),
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
	read          func() ([]Lane, error)
	sinks, lanes  *names
	depth, oldest *prometheus.Desc
}

// Describe implements prometheus.Collector.
func (l *lanes) Describe(ch chan<- *prometheus.Desc) { ch <- l.depth; ch <- l.oldest }

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
	}
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
		sums[key] = sum
	}
	return sums
}

type incidents struct {
	read func() (int, error)
	open *prometheus.Desc
}

// Describe implements prometheus.Collector.
func (i *incidents) Describe(ch chan<- *prometheus.Desc) { ch <- i.open }

// Collect implements prometheus.Collector.
func (i *incidents) Collect(ch chan<- prometheus.Metric) {
	n, err := i.read()
	if err != nil {
		ch <- prometheus.NewInvalidMetric(i.open, fmt.Errorf("count open incidents: %w", err))
		return
	}
	ch <- prometheus.MustNewConstMetric(i.open, prometheus.GaugeValue, float64(n))
}

// scrapeLog is how promhttp says what went wrong.
type scrapeLog struct{ log *slog.Logger }

// Println implements promhttp.Logger.
func (l scrapeLog) Println(v ...any) {
	l.log.Warn("a metric cannot be told", "reason", strings.TrimSpace(fmt.Sprintln(v...)))
}
