// Package admin shows what bellhop knows and does (events, incidents, deliveries
// and sinks as JSON, health, readiness and metrics), lets a person act on what was
// set aside, and holds the [Client] by which the commands do both.
//
// The promise: a GET only reads; an answer is bounded by its limit; a row that is
// damaged costs that row alone, is named in the log and counted in the answer as
// "unreadable"; and when the engine cannot be read or written the answer is 503
// and says why. What acts is refused to the pages of other sites. Lists begin with
// the newest; "next", where it stands, is what `?after=` takes to go on.
package admin

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"bellhop/router/queue"
)

// Reader is what of the engine is needed here.
type Reader interface {
	Get(ctx context.Context, key string) (queue.Row, error)
	Scan(ctx context.Context, q queue.RowQuery) ([]queue.Row, error)
	Jobs(ctx context.Context, q queue.JobQuery) ([]queue.Job, error)
}

// Actions is what a person may do to a delivery. An error that wraps
// record.ErrUnknown or record.ErrRefused is the person's to hear; any other says
// that it could not be done now.
type Actions interface {
	// Retry sends what was set aside again, as things stand now (R22), and returns
	// the id of the new delivery.
	Retry(ctx context.Context, id string) (string, error)
	// Drop lets go what was set aside.
	Drop(ctx context.Context, id string) error
}

// Sink is a configured sink.
type Sink struct {
	Name string
	Type string // the name of its kind
}

// Deps is what the handler shows. All of it is needed.
type Deps struct {
	Engine Reader
	// Lanes tells of the engine's lanes that hold something; see queue.Engine.
	Lanes   func(ctx context.Context, prefix string) ([]queue.Stats, error)
	Gates   func() []queue.Gate // of the lanes that are worked on
	Sinks   func() []Sink       // those of the configuration
	Actions Actions
	// Ready returns nil while alerts can be kept, else why not. A far end, the
	// cluster's Redis or restic being away is no reason.
	Ready   func(ctx context.Context) error
	Metrics http.Handler
	Now     func() time.Time
	Log     *slog.Logger
}

type handler struct{ Deps }

// endpoint is one address that can be asked.
type endpoint struct {
	method, path, about string
	serve               http.Handler
}

// NewHandler serves the addresses that GET / lists, and refuses everything else.
func NewHandler(d Deps) http.Handler {
	h := &handler{d}
	const get, post = http.MethodGet, http.MethodPost
	all := []endpoint{
		{get, "/api/v1/events", "events, newest first (?limit= ?after=ID)", h.json(h.events)},
		{get, "/api/v1/events/{id}", "one event", h.json(h.event)},
		{get, "/api/v1/incidents", "incidents, newest first (?limit= ?after=ID)", h.json(h.incidents)},
		{get, "/api/v1/deliveries", "deliveries, newest first (?state= ?sink= ?limit= ?after=SEQ)", h.json(h.deliveries)},
		{get, "/api/v1/deliveries/{id}", "one delivery", h.json(h.delivery)},
		{post, "/api/v1/deliveries/{id}/retry", "send again what was set aside", h.act(h.retry)},
		{post, "/api/v1/deliveries/{id}/drop", "let go what was set aside", h.act(h.drop)},
		{get, "/api/v1/sinks", "sinks, their lanes and gates", h.json(h.sinks)},
		{get, "/-/healthy", "200 while the program runs", http.HandlerFunc(healthy)},
		{get, "/-/ready", "200 while alerts can be kept, else 503", h.json(h.readiness)},
		{get, "/metrics", "Prometheus", d.Metrics},
	}
	mux := http.NewServeMux()
	for _, e := range all {
		mux.Handle(e.method+" "+e.path, e.serve)
		mux.Handle(e.path, h.json(notAllowed(e.method)))
	}
	mux.Handle("GET /{$}", list(all))
	mux.Handle("/{$}", h.json(notAllowed(get)))
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
