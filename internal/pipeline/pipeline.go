// Package pipeline is the only place where the order of things is written: a
// signal is accepted, looked at once its run has settled, enriched, held against
// what was told, and delivered.
//
// The promise: what Accept returned without an error is looked at and, when it is
// news, delivered, over any number of crashes, because every step ends in one
// atomic write. When a far end of the enrichment (Redis, the repository, a
// template) fails, the event goes out poorer and its notes say what it lacks.
// When the queue cannot write, Accept returns the error and nothing was taken on.
package pipeline

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"

	"bellhop/correlate"
	"bellhop/internal/event"
	"bellhop/repocheck"
	"bellhop/router"
	"bellhop/router/queue"
	"bellhop/sinks"
)

// Correlator tells what happened to a plan's run; an error means that the
// cluster's state could not be read at all.
type Correlator interface {
	Look(ctx context.Context, q correlate.Query) (correlate.Finding, error)
	// Survey says of every plan, or of every one of that name, what its newest run
	// came to.
	Survey(ctx context.Context, name string) ([]correlate.Latest, error)
	// Reachable returns nil when the cluster's state can be read.
	Reachable(ctx context.Context) error
}

// Checker asks the repository why modules failed. It answers for every module
// that it was asked about, within a budget of its own.
type Checker interface {
	Check(ctx context.Context, plan event.Plan, run event.Run, failed []event.Module) map[string]repocheck.Answer
}

// Renderer words one part of a message. Its text is good even beside an error,
// which says what was wrong with the template.
type Renderer interface {
	Render(part string, e event.Event) (string, error)
}

// Observer counts what happens.
type Observer interface {
	Looked(took time.Duration)           // one correlation
	Told(o event.Outcome)                // one event recorded
	Succeeded(plan string, at time.Time) // a successful run was seen
	Superseded(sink string, n int)       // deliveries whose place a newer one took
	SetAside(sink string, n int)         // deliveries that died without an attempt of their own
}

// Outlet is a configured sink.
type Outlet struct {
	Name string
	Kind sinks.Kind
	Sink sinks.Sink
	// Fallback is the sink that is told what this one gave up, or has not told
	// within FallbackAfter; "": none is.
	Fallback      string
	FallbackAfter time.Duration
	// Remind is after how long an open incident that has not changed is said again; 0:
	// it is not.
	Remind time.Duration
}

// Setup is what may be changed while the pipeline runs (R20). Checker may be nil:
// nobody is asked.
type Setup struct {
	Correlator Correlator
	Checker    Checker
	Templates  Renderer
	Table      *router.Table
	Outlets    []Outlet
	Timing     correlate.Config
	// Keep is how long events and ended deliveries are kept, and KeepBytes how much
	// room all that is kept may take.
	Keep      time.Duration
	KeepBytes int64
}

// Deps is what the pipeline is built of.
type Deps struct {
	Setup
	Engine   queue.Engine
	Observer Observer
	Now      func() time.Time
	NewID    func() string // ids that sort by time
	Log      *slog.Logger
}

// Pipeline carries signals to the sinks. It never changes: what begins takes the
// live one, and so has one setup from its beginning to its end.
type Pipeline struct {
	Deps
	outlets map[string]Outlet
	// patience is how long the sender of an alert waits at most for what it starts; 0:
	// nobody waits.
	patience time.Duration
	live     *atomic.Pointer[Pipeline]
	crowded  *atomic.Bool // it was said that nothing is left to make room with
}

// New builds a pipeline; nothing runs until the pump calls its handlers.
func New(d Deps) *Pipeline {
	p := build(d, new(atomic.Pointer[Pipeline]), new(atomic.Bool))
	p.live.Store(p)
	return p
}

func build(d Deps, live *atomic.Pointer[Pipeline], crowded *atomic.Bool) *Pipeline {
	p := &Pipeline{Deps: d, outlets: make(map[string]Outlet), live: live, crowded: crowded}
	for _, o := range d.Outlets {
		p.outlets[o.Name] = o
	}
	p.patience = patience(d.Outlets)
	return p
}

// Use changes the setup for all that begins from now on.
func (p *Pipeline) Use(s Setup) {
	d := p.Deps
	d.Setup = s
	p.live.Store(build(d, p.live, p.crowded))
}
