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
	"time"

	"github.com/oklog/ulid/v2"
	"golang.org/x/sync/errgroup"

	"bellhop/config"
	"bellhop/correlate"
	"bellhop/internal/admin"
	"bellhop/internal/intake"
	"bellhop/internal/metrics"
	"bellhop/internal/pipeline"
	"bellhop/repocheck"
	"bellhop/router"
	"bellhop/router/queue"
	"bellhop/router/queue/disk"
	"bellhop/templates"
)

const (
	// sweepEvery is R9's pace.
	sweepEvery = 5 * time.Minute
	// grace is how long sends may go on after a stop, so that the whole ends in 10 s.
	grace = 4 * time.Second
)

// Options is what an app is built of.
type Options struct {
	Config  *config.Config
	Version string
	Now     func() time.Time
	Log     *slog.Logger
	// State stands in for the cluster's Redis; nil reads the real one.
	State correlate.Store
}

// App is a bellhop that is ready to run.
type App struct {
	o        Options
	listener net.Listener
	socket   *socket // nil: there is none
	engine   *disk.Engine
	redis    *correlate.Redis
	metrics  *metrics.Set
	pipe     *pipeline.Pipeline
	pump     *queue.Pump
	handler  http.Handler
}

// New opens the queue and the listener and builds all between them. An error
// says what could not be had; nothing is left open then.
func New(o Options) (*App, error) {
	a := &App{o: o, metrics: metrics.New()}
	if err := a.build(); err != nil {
		return nil, errors.Join(err, a.close())
	}
	return a, nil
}

func (a *App) build() error {
	c := a.o.Config
	words, err := templates.Load(c.Templates, c.Receiver.ExternalURL, a.o.Now)
	if err != nil {
		return fmt.Errorf("load the templates: %w", err)
	}
	outlets, err := buildSinks(a.o)
	if err != nil {
		return err
	}
	table, faults := router.Compile(c.Routes, outletNames(outlets))
	if len(faults) > 0 {
		return fmt.Errorf("compile the routes: %s %s", faults[0].Key, faults[0].Text)
	}
	checker, err := buildChecker(a.o)
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
		Engine:     a.engine,
		Correlator: correlate.New(a.state(), c.Correlator, a.o.Now),
		Checker:    checker,
		Templates:  words,
		Table:      table,
		Outlets:    outlets,
		Timing:     c.Correlator,
		Observer:   observer{a.metrics},
		Now:        a.o.Now,
		NewID:      a.newIDs(),
		Log:        a.o.Log,
	})
	lanes := buildLanes(c, a.pipe, outlets)
	a.pump = queue.NewPump(a.engine, lanes, queue.PumpOptions{Now: a.o.Now, Log: a.o.Log, Observer: observer{a.metrics}, Grace: grace})
	a.watch(outlets)
	a.handler = a.buildHandler()
	return nil
}

// state is what the correlator reads through.
func (a *App) state() correlate.Store {
	if a.o.State != nil {
		return a.o.State
	}
	a.redis = correlate.Dial(a.o.Config.Redis, a.o.Log)
	return a.redis
}

func buildChecker(o Options) (pipeline.Checker, error) {
	if !o.Config.RepoCheck.Enabled {
		return nil, nil
	}
	checker, err := repocheck.New(o.Config.RepoCheck, o.Now, o.Log)
	if err != nil {
		return nil, fmt.Errorf("prepare the repository check: %w", err)
	}
	return checker, nil
}

func (a *App) buildHandler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle(intake.Path, intake.NewHandler(a.o.Config.Receiver, a.pipe.Accept, a.metrics, a.o.Now, a.o.Log))
	mux.Handle("/", admin.NewHandler(admin.Deps{
		Engine: a.engine, Lanes: a.engine.Lanes, Gates: a.gates, Sinks: a.sinkTypes, Actions: byHand(a.pipe),
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
	group.Go(func() error { return intake.Serve(ctx, a.listener, a.handler, a.o.Log) })
	group.Go(func() error { a.socket.serve(ctx, a.handler, a.o.Log); return nil })
	group.Go(func() error { return a.pump.Run(ctx) })
	group.Go(func() error { a.sweep(ctx); return nil })
	err := group.Wait()
	return errors.Join(err, a.close())
}

// sweep looks at the open incidents at the start and every sweepEvery.
func (a *App) sweep(ctx context.Context) {
	ticker := time.NewTicker(sweepEvery)
	defer ticker.Stop()
	for {
		if err := a.pipe.Sweep(ctx); err != nil && ctx.Err() == nil {
			a.o.Log.Error("the open incidents were not swept, the next sweep will", "err", err)
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
	}
}

// close gives back what build opened; what Run's parts closed already is no fault.
func (a *App) close() error {
	errs := []error{a.socket.shut()}
	if a.listener != nil {
		if err := a.listener.Close(); !errors.Is(err, net.ErrClosed) {
			errs = append(errs, err)
		}
	}
	if a.redis != nil {
		errs = append(errs, a.redis.Close())
	}
	if a.engine != nil {
		errs = append(errs, a.engine.Close())
	}
	return errors.Join(errs...)
}
