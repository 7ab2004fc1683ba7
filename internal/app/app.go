// Package app builds the house from the configuration, starts it and stops it.
//
// The promise: [New] does everything that can be wrong before anything runs, so a
// start either succeeds whole or says what hinders it. [App.Run] returns within
// 10 s after its context ended: nothing new is taken on, what is under way may
// end, the rest stays in the queue. A part that fails while running (the listener,
// the queue) ends the whole with its error; a far end that fails ends nothing.
package app

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/oklog/ulid/v2"
	"golang.org/x/sync/errgroup"

	"bellhop/config"
	"bellhop/correlate"
	"bellhop/internal/admin"
	"bellhop/internal/intake"
	"bellhop/internal/metrics"
	"bellhop/internal/notify"
	"bellhop/internal/pipeline"
	"bellhop/router/queue"
	"bellhop/router/queue/disk"
)

// grace is how long sends may go on after a stop, so that the whole ends in 10 s.
const grace = 4 * time.Second

// Options is what an app is built of.
type Options struct {
	Config  *config.Config
	Version string
	Program string // path of the running program, for sinks that run it
	Now     func() time.Time
	Log     *slog.Logger
	// Manager is told how bellhop stands.
	Manager notify.Manager
	// State stands in for the cluster's Redis; nil reads the real one.
	State correlate.Store
}

// App is a bellhop that is ready to run.
type App struct {
	o        Options
	listener net.Listener
	socket   *socket // nil: there is none
	engine   *disk.Engine
	metrics  *metrics.Set
	newID    func() string
	pipe     *pipeline.Pipeline
	pump     *queue.Pump
	handler  http.Handler

	mu     sync.Mutex // guards what a reload changes
	config *config.Config
	redis  []*correlate.Redis // the last one is read, earlier ones may still be
	store  correlate.Store
	turned chan struct{} // closed when another configuration is in force
	intake atomic.Pointer[intake.Handler]
}

// New opens the queue and the listener and builds all between them. An error
// says what could not be had; nothing is left open then.
func New(o Options) (*App, error) {
	a := &App{o: o, metrics: metrics.New()}
	a.newID = a.newIDs()
	if err := a.build(); err != nil {
		return nil, errors.Join(err, a.close())
	}
	return a, nil
}

func (a *App) build() error {
	c := a.o.Config
	setup, err := a.prepare(c)
	if err != nil {
		return err
	}
	if a.engine, err = disk.Open(c.Queue.Path, disk.Options{Now: a.o.Now, Log: a.o.Log}); err != nil {
		return err
	}
	if a.listener, err = net.Listen("tcp", c.Receiver.Address()); err != nil {
		return fmt.Errorf("listen for alerts: %w", err)
	}
	a.socket = openSocket(c.Queue.Path, a.o.Log)
	a.pipe = pipeline.New(pipeline.Deps{
		Setup: setup, Engine: a.engine, Observer: observer{a.metrics}, Now: a.o.Now, NewID: a.newID, Log: a.o.Log,
	})
	a.pump = queue.NewPump(a.engine, nil, queue.PumpOptions{Now: a.o.Now, Log: a.o.Log, Observer: observer{a.metrics}, Grace: grace})
	a.use(c, setup)
	a.watch()
	a.handler = a.buildHandler()
	return nil
}

func (a *App) buildHandler() http.Handler {
	mux := http.NewServeMux()
	for _, pattern := range intake.Patterns() {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) { a.intake.Load().ServeHTTP(w, r) })
	}
	mux.Handle("/", admin.NewHandler(admin.Deps{
		Engine: a.engine, Lanes: a.engine.Lanes, Gates: a.pump.Gates, Sinks: a.sinkTypes, Actions: a.pipe,
		Ready: a.ready, Metrics: a.metrics.Handler(a.o.Log), Now: a.o.Now, Log: a.o.Log,
	}))
	return mux
}

// ready proves that alerts can be kept by keeping something.
func (a *App) ready(ctx context.Context) error {
	if err := a.engine.Do(ctx, queue.Step{Set: []queue.Row{{Key: "ready", Value: []byte("yes")}}}); err != nil {
		return fmt.Errorf("alerts cannot be kept in %s: %w", a.o.Config.Queue.Path, err)
	}
	return nil
}

// answers returns when the queue's writer, through which everything goes that
// bellhop accepts or ends, has answered. It asks for a row that nobody writes, so
// that nothing is written for it.
func (a *App) answers(ctx context.Context) error {
	return a.engine.Do(ctx, queue.Step{Guard: []queue.Row{{Key: "alive"}}})
}

// newIDs makes ids that sort by time, also those of one millisecond.
func (a *App) newIDs() func() string {
	entropy := &ulid.LockedMonotonicReader{MonotonicReader: ulid.Monotonic(rand.Reader, 0)}
	return func() string {
		return ulid.MustNew(ulid.Timestamp(a.o.Now()), entropy).String()
	}
}

// Addr is where the listener listens.
func (a *App) Addr() net.Addr { return a.listener.Addr() }

// Run works until ctx ends, then stops in order and closes everything.
func (a *App) Run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		return intake.ServeWeb(ctx, a.listener, a.handler, a.o.Log, a.o.Config.Receiver.WebConfigFile)
	})
	group.Go(func() error { a.socket.serve(ctx, a.handler, a.o.Log); return nil })
	group.Go(func() error { return a.pump.Run(ctx) })
	group.Go(func() error { a.poller().Run(ctx); return nil })
	group.Go(func() error { a.follow(ctx); return nil })
	for _, t := range a.tasks() {
		group.Go(func() error { t.run(ctx, a.o.Log); return nil })
	}
	group.Go(func() error { a.report().run(ctx); return nil })
	err := group.Wait()
	return errors.Join(err, a.close())
}

// close gives back what build opened; what Run's parts closed already is no fault.
func (a *App) close() error {
	errs := []error{a.socket.shut()}
	if a.listener != nil {
		if err := a.listener.Close(); !errors.Is(err, net.ErrClosed) {
			errs = append(errs, err)
		}
	}
	for _, redis := range a.redis {
		errs = append(errs, redis.Close())
	}
	if a.engine != nil {
		errs = append(errs, a.engine.Close())
	}
	return errors.Join(errs...)
}
