package pipeline_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"bellhop/correlate"
	"bellhop/internal/event"
	"bellhop/internal/pipeline"
	"bellhop/internal/record"
	"bellhop/internal/retry"
	"bellhop/repocheck"
	"bellhop/router"
	"bellhop/router/queue"
	"bellhop/router/queue/disk"
	"bellhop/sinks"
)

// cluster is what the correlator finds; nil is a Redis that is away.
type cluster struct {
	mu    sync.Mutex
	found *correlate.Finding
	asked []correlate.Query
	real  *correlate.Correlator // looks in place of found when it is there
	// during is called while a look is under way, once.
	during func()
}

func (c *cluster) set(f *correlate.Finding) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.found = f
}

func (c *cluster) Reachable(context.Context) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.found == nil && c.real == nil {
		return errors.New("dial tcp 127.0.0.1:6379: connection refused")
	}
	return nil
}

func (c *cluster) Look(ctx context.Context, q correlate.Query) (correlate.Finding, error) {
	c.mu.Lock()
	during := c.during
	c.during = nil
	c.mu.Unlock()
	if during != nil {
		during()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.asked = append(c.asked, q)
	if c.real != nil {
		return c.real.Look(ctx, q)
	}
	if c.found == nil {
		return correlate.Finding{}, errors.New("dial tcp 127.0.0.1:6379: connection refused")
	}
	return *c.found, nil
}

// Survey knows of the plan that is found.
func (c *cluster) Survey(ctx context.Context, name string) ([]correlate.Latest, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.real != nil:
		return c.real.Survey(ctx, name)
	case c.found == nil:
		return nil, errors.New("dial tcp 127.0.0.1:6379: connection refused")
	}
	return []correlate.Latest{{Plan: c.found.Plan.ID, Enabled: c.found.Enabled, Newest: c.found.Newest, Outcome: c.found.Outcome}}, nil
}

// repository counts how often it is asked.
type repository struct {
	mu    sync.Mutex
	asked []string
	hangs atomic.Bool // answers nothing before its time is over
}

func (r *repository) Check(ctx context.Context, _ event.Plan, _ event.Run, failed []event.Module) map[string]repocheck.Answer {
	if r.hangs.Load() {
		<-ctx.Done()
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	answers := make(map[string]repocheck.Answer)
	for _, m := range failed {
		r.asked = append(r.asked, m.ID)
		answers[m.ID] = repocheck.Answer{Cause: event.CauseWrongPassword, Asked: true}
	}
	return answers
}

// heard is one message that arrived.
type heard struct {
	At time.Time
	sinks.Message
}

// ear is a sink that writes down what it hears and answers as told.
type ear struct {
	targets []string
	answer  func(m sinks.Message) error
	again   bool          // it wants to hear of repeats
	waited  time.Duration // for what comes of a message, by whoever sent the alert
	reruns  bool          // what was cut off may be told again
	mu      sync.Mutex
	all     []heard
}

// failing answers as a far end does that is down for so long.
func failing(d time.Duration) func(sinks.Message) error {
	up := time.Now().Add(d)
	return func(sinks.Message) error {
		if time.Now().Before(up) {
			return errors.New("connection refused")
		}
		return nil
	}
}

func (e *ear) Targets() []string { return e.targets }

func (e *ear) Repeats() bool { return e.again }

func (e *ear) Awaits(s event.Status) time.Duration {
	if s == event.StatusResolved {
		return 0
	}
	return e.waited
}

func (e *ear) Reruns() bool { return e.reruns }

func (e *ear) Send(_ context.Context, m sinks.Message) (sinks.Receipt, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.answer != nil {
		if err := e.answer(m); err != nil {
			return sinks.Receipt{Status: "no"}, err
		}
	}
	e.all = append(e.all, heard{time.Now(), m})
	return sinks.Receipt{Status: "yes", Memory: []byte(m.Target + " was told " + string(m.Event.Status))}, nil
}

// said lists what was heard as "target status".
func (e *ear) said() []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	var all []string
	for _, h := range e.all {
		all = append(all, h.Target+" "+string(h.Event.Status))
	}
	return all
}

func (e *ear) last() heard {
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.all) == 0 {
		return heard{}
	}
	return e.all[len(e.all)-1]
}

type renderer struct{ err error }

func (r renderer) Render(part string, e event.Event) (string, error) {
	return part + " of " + string(e.Status), r.err
}

type observer struct{}

func (observer) Looked(time.Duration)        {}
func (observer) Told(event.Outcome)          {}
func (observer) Succeeded(string, time.Time) {}
func (observer) Superseded(string, int)      {}
func (observer) SetAside(string, int)        {}

// house is a whole pipeline over a real engine, with ears for sinks.
type house struct {
	t       *testing.T
	dir     string
	cluster *cluster
	repo    *repository
	mail    *ear
	pager   *ear
	routes  []router.Route
	words   renderer
	how     [2]sinks.Superseding // of mail and oncall
	// newPager builds what oncall is in place of pager; nil: it is pager.
	newPager func() sinks.Sink
	limit    retry.Limit // of every sink
	long     bool        // oncall's sends may take long
	// fallback is oncall's, after 15 minutes; giveUp the age at which it gives up.
	fallback  string
	chain     bool // oncall is the mail's, too
	giveUp    time.Duration
	remind    time.Duration // oncall's
	without   string        // a sink that is not configured for now
	timing    correlate.Config
	keep      time.Duration
	keepBytes int64
	engine    queue.Engine
	pipe      *pipeline.Pipeline
	stop      func()
	ends      []status // what the modules of plan 1 last left
	ids       atomic.Int64
}

// inHouse runs the test in a bubble of its own time.
func inHouse(t *testing.T, test func(h *house)) {
	t.Helper()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		h := &house{
			t: t, dir: dir, timing: timing(),
			cluster: &cluster{}, repo: &repository{},
			mail:  &ear{targets: []string{"ann@example.org", "bob@example.org"}},
			pager: &ear{targets: []string{"key-1"}},
		}
		h.start()
		defer func() { h.stop() }()
		test(h)
	})
}

// start opens the engine and runs the pump, as after a start of the program.
func (h *house) start() {
	h.t.Helper()
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	engine, err := disk.Open(h.dir, disk.Options{Now: time.Now, Log: log})
	if err != nil {
		h.t.Fatal(err)
	}
	outlets := []pipeline.Outlet{
		{Name: "mail", Sink: h.mail, Kind: sinks.Kind{Calm: true, Parts: []string{"mail.subject"}, Supersede: h.how[0]}},
		{Name: "oncall", Sink: h.oncall(), Kind: sinks.Kind{Supersede: h.how[1], Passes: h.newPager != nil, Long: h.long}, Fallback: h.fallback, FallbackAfter: 15 * time.Minute, Remind: h.remind},
	}
	if h.chain {
		outlets[0].Fallback, outlets[0].FallbackAfter = "oncall", 15*time.Minute
	}
	outlets = slices.DeleteFunc(outlets, func(o pipeline.Outlet) bool { return o.Name == h.without })
	var names []string
	for _, o := range outlets {
		names = append(names, o.Name)
	}
	table, faults := router.Compile(h.routes, names)
	if len(faults) > 0 {
		h.t.Fatal(faults)
	}
	p := pipeline.New(pipeline.Deps{
		Setup: pipeline.Setup{
			Correlator: h.cluster, Checker: h.repo, Templates: h.words, Table: table, Outlets: outlets, Timing: h.timing,
			Keep: h.keep, KeepBytes: h.keepBytes,
		},
		Engine: engine, Observer: observer{}, Now: time.Now, NewID: h.id, Log: log,
	})
	lanes := []queue.Lane{{Name: record.Inbox, Handler: p.Looks(), Workers: 2, Backoff: retry.Key()}}
	for _, o := range outlets {
		for _, l := range waysOf(o, h.limit) {
			l.Handler, l.Workers, l.Marks, l.Backoff = p.Sends(o), 2, true, retry.Key()
			l.GiveUp, l.Died = h.giveUp, p.Died(o.Name)
			lanes = append(lanes, l)
		}
	}
	pump := queue.NewPump(engine, lanes, queue.PumpOptions{Now: time.Now, Random: func() float64 { return 0.5 }, Log: log, Grace: time.Second})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- pump.Run(ctx) }()
	h.engine, h.pipe = engine, p
	h.stop = func() {
		cancel()
		if err := <-done; err != nil {
			h.t.Error(err)
		}
		if err := engine.Close(); err != nil {
			h.t.Error(err)
		}
	}
}

// timing is the default, written out because the tests count on it.
func timing() correlate.Config {
	return correlate.Config{Wait: 30 * time.Second, MaxWait: 2 * time.Hour, RecentWindow: time.Hour, Subscribe: true}
}

// restart is an end and a start of the program.
func (h *house) restart() {
	h.stop()
	h.start()
}

func (h *house) id() string {
	return fmt.Sprintf("%020d-%04d", time.Now().UnixNano(), h.ids.Add(1))
}

// alert is accepted, and time passes until nothing more happens within d.
func (h *house) alert(status, node string, d time.Duration) {
	h.t.Helper()
	h.accept(event.Signal{
		Source: "webhook", Plan: event.PlanRef{ID: "1"},
		Alert: event.Alert{Status: status, Fingerprint: "node" + node, Labels: map[string]string{"alertname": "BackupFailed", "id": "1", "node": node}},
	}, d)
}

func (h *house) accept(s event.Signal, d time.Duration) {
	h.t.Helper()
	if _, err := h.pipe.Accept(h.t.Context(), []event.Signal{s}); err != nil {
		h.t.Fatal(err)
	}
	h.pass(d)
}

// pass lets time pass.
func (h *house) pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// sweep looks at every open incident, and lets the look happen.
func (h *house) sweep() {
	h.t.Helper()
	if err := h.pipe.Sweep(h.t.Context()); err != nil {
		h.t.Fatal(err)
	}
	h.pass(time.Minute)
}

// incidents lists what is on record.
func (h *house) incidents() []event.Incident {
	h.t.Helper()
	rows, err := h.engine.Scan(h.t.Context(), queue.RowQuery{Prefix: record.Incidents})
	if err != nil {
		h.t.Fatal(err)
	}
	var all []event.Incident
	for _, row := range rows {
		var in event.Incident
		if err := json.Unmarshal(row.Value, &in); err != nil {
			h.t.Fatal(err)
		}
		all = append(all, in)
	}
	return all
}

// night is what a run came to that began so long after the bubble's start.
func night(began time.Duration, settled bool, o event.Outcome, states ...event.ModuleState) *correlate.Finding {
	start := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC).Add(began)
	f := &correlate.Finding{
		Kind: event.KindBackup, Known: true, Enabled: true, Outcome: o,
		Cluster: event.Cluster{UUID: "c1", Name: "ns8"}, Plan: event.Plan{ID: "1", Name: "Nightly"},
		Run:    event.Run{Start: start, End: start.Add(10 * time.Minute), Settled: settled},
		Newest: start.Add(10 * time.Minute),
	}
	for i, s := range states {
		f.Modules = append(f.Modules, event.Module{ID: fmt.Sprintf("m%d", i), State: s, Start: start, End: f.Run.End})
	}
	return f
}
