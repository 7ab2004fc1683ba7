// Package admin shows what bellhop knows and does: events, incidents and
// deliveries as JSON, health, readiness and metrics. The promise: it only reads;
// an answer is bounded by its limit; a row that is damaged costs that row alone,
// is named in the log and counted in the answer as "unreadable"; and when the
// engine cannot be read the answer is 503 and says why. Lists begin with the
// newest; "next", where it stands, is what `?after=` takes to go on.
package admin

import (
	"context"
	"log/slog"
	"net/http"

	"bellhop/router/queue"
)

// Reader is what of the engine is needed here.
type Reader interface {
	Get(ctx context.Context, key string) (queue.Row, error)
	Scan(ctx context.Context, q queue.RowQuery) ([]queue.Row, error)
	Jobs(ctx context.Context, q queue.JobQuery) ([]queue.Job, error)
}

// Deps is what the handler shows. All of it is needed.
type Deps struct {
	Engine Reader
	// Ready returns nil while alerts can be kept, else why not. A far end, the
	// cluster's Redis or restic being away is no reason.
	Ready   func(ctx context.Context) error
	Metrics http.Handler
	Log     *slog.Logger
}

type handler struct {
	engine Reader
	ready  func(context.Context) error
	log    *slog.Logger
}

// endpoint is one address that can be asked.
type endpoint struct {
	path, about string
	serve       http.Handler
}

// NewHandler serves the addresses that GET / lists, and refuses everything else.
func NewHandler(d Deps) http.Handler {
	h := &handler{engine: d.Engine, ready: d.Ready, log: d.Log}
	all := []endpoint{
		{"/api/v1/events", "events, newest first (?limit= ?after=ID)", h.json(h.events)},
		{"/api/v1/events/{id}", "one event", h.json(h.event)},
		{"/api/v1/incidents", "incidents, newest first (?limit= ?after=ID)", h.json(h.incidents)},
		{"/api/v1/deliveries", "deliveries, newest first (?state= ?sink= ?limit= ?after=SEQ)", h.json(h.deliveries)},
		{"/-/healthy", "200 while the program runs", http.HandlerFunc(healthy)},
		{"/-/ready", "200 while alerts can be kept, else 503", h.json(h.readiness)},
		{"/metrics", "Prometheus", d.Metrics},
	}
	mux := http.NewServeMux()
	for _, e := range all {
		mux.Handle("GET "+e.path, e.serve)
		mux.Handle(e.path, h.json(notAllowed))
	}
	mux.Handle("GET /{$}", list(all))
	mux.Handle("/{$}", h.json(notAllowed))
	mux.Handle("/", h.json(notFound))
	return guarded(mux)
}

// guarded keeps answers out of caches and from being taken for something else.
func guarded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("Cache-Control", "no-store")
		next.ServeHTTP(w, r)
	})
}
