// Package metrics holds every Prometheus metric of bellhop in one place. The
// promise: the names and labels are those that users' rules rely on; a label
// never has more values than its bound, the rest being counted as "other", so
// that no stranger makes the list grow; and measuring never fails or blocks what
// is measured. Where a value that is read at scrape time cannot be had, that
// metric alone is missing, and the log says why.
package metrics

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"bellhop/internal/event"
)

// Bounds on how many values a label takes. Plans and sinks come from people who
// may name as many as they like; the other words are fixed ones of the program.
const (
	maxPlans = 1000
	maxSinks = 200
	maxWords = 20
)

// Set is all metrics, in a registry of their own. Its methods may be called at
// the same time.
type Set struct {
	registry *prometheus.Registry

	signals     *prometheus.CounterVec
	accept      prometheus.Histogram
	correlation prometheus.Histogram
	events      *prometheus.CounterVec
	deliveries  *prometheus.CounterVec
	delivery    *prometheus.HistogramVec
	limitWait   *prometheus.HistogramVec
	success     *latest

	sources, received, outcomes, sinks, results *names
}

// New returns a set that has measured nothing yet, beside what Go and the
// process tell of themselves.
func New() *Set {
	s := &Set{
		registry: prometheus.NewRegistry(),
		signals: counter("signals_received_total",
			"Alerts received, by listener and by what became of them.", "source", "result"),
		accept: prometheus.NewHistogram(durations("accept_duration_seconds",
			"Time to keep the alerts of one request.", quick())),
		correlation: prometheus.NewHistogram(durations("correlation_duration_seconds",
			"Time of one look at a plan: cluster state and repository.", slow())),
		events: counter("events_total",
			"Events recorded, by outcome of the run.", "outcome"),
		deliveries: counter("deliveries_total",
			"Ends of delivery attempts: sent, retried, dead, superseded or skipped.", "sink", "result"),
		delivery: prometheus.NewHistogramVec(durations("delivery_duration_seconds",
			"Time of one attempt to deliver.", slow()), []string{"sink"}),
		limitWait: prometheus.NewHistogramVec(durations("sink_limit_wait_seconds",
			"Time that deliveries waited for the sink's rate.", slow()), []string{"sink"}),
		success: newLatest(prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Namespace: namespace, Name: "last_success_timestamp_seconds",
			Help: "End of the last run of the plan that succeeded, in epoch seconds.",
		}, []string{"plan"})),
		sources: upTo(maxWords), received: upTo(maxWords), outcomes: upTo(maxWords),
		sinks: upTo(maxSinks), results: upTo(maxWords),
	}
	s.registry.MustRegister(s.signals, s.accept, s.correlation, s.events, s.deliveries,
		s.delivery, s.limitWait, s.success.gauge,
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	for _, o := range []event.Outcome{event.Success, event.Partial, event.RepoFailure} {
		s.events.WithLabelValues(s.outcomes.name(string(o)))
	}
	return s
}

// Received counts n alerts that a listener brought to that result.
func (s *Set) Received(source, result string, n int) {
	if n > 0 {
		s.signals.WithLabelValues(s.sources.name(source), s.received.name(result)).Add(float64(n))
	}
}

// Took measures how long it took to keep the alerts of one request.
func (s *Set) Took(d time.Duration) { s.accept.Observe(d.Seconds()) }

// Correlated measures one look at a plan.
func (s *Set) Correlated(d time.Duration) { s.correlation.Observe(d.Seconds()) }

// Event counts an event that was recorded.
func (s *Set) Event(outcome string) {
	s.events.WithLabelValues(s.outcomes.name(outcome)).Inc()
}

// Sinks makes the series of these sinks begin at nought, so that a rule sees the
// first dead delivery as an increase and not as something new.
func (s *Set) Sinks(names ...string) {
	for _, name := range names {
		for _, result := range []string{Sent, Retried, Dead, Superseded, Skipped} {
			s.deliveries.WithLabelValues(s.sinks.name(name), s.results.name(result))
		}
	}
}

// Results of a delivery.
const (
	Sent       = "sent"
	Retried    = "retried"    // not delivered yet, it will be tried again
	Dead       = "dead"       // set aside
	Superseded = "superseded" // dropped unsent, because something newer says it all
	Skipped    = "skipped"    // not sent, because there was nothing to do
)

// Delivery counts the end of an attempt, or of a delivery that was not attempted.
func (s *Set) Delivery(sink, result string) {
	s.deliveries.WithLabelValues(s.sinks.name(sink), s.results.name(result)).Inc()
}

// Attempted measures one attempt, whatever came of it.
func (s *Set) Attempted(sink string, d time.Duration) {
	s.delivery.WithLabelValues(s.sinks.name(sink)).Observe(d.Seconds())
}

// Waited measures how long a delivery waited for the sink's rate.
func (s *Set) Waited(sink string, d time.Duration) {
	s.limitWait.WithLabelValues(s.sinks.name(sink)).Observe(d.Seconds())
}

// Succeeded notes the end of a run of the plan that succeeded. Earlier ones
// than the one on record do not count, so that they may be told again at a start.
func (s *Set) Succeeded(plan string, end time.Time) { s.success.note(plan, end) }
