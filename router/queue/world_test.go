package queue_test

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"bellhop/internal/retry"
	"bellhop/router/queue"
	"bellhop/router/queue/disk"
)

// world is a pump over a real engine in a bubble of its own time.
type world struct {
	*testing.T
	dir   string
	e     queue.Engine
	grace time.Duration
	begun time.Time
	now   func() time.Time // the pump's clock
	pump  *queue.Pump
	stop  func()

	mu  sync.Mutex
	log []sent   // what handlers were given
	obs []string // what the observer was told
	out bytes.Buffer
}

// sent is a call of a handler.
type sent struct {
	id    string
	at    time.Duration // since the world began
	heard bool
}

// inWorld runs f in a bubble.
func inWorld(t *testing.T, f func(w *world)) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{T: t, dir: t.TempDir(), grace: 5 * time.Second, begun: time.Now(), now: time.Now}
		w.openEngine()
		defer func() { w.closeEngine() }()
		f(w)
	})
}

func (w *world) openEngine() {
	w.Helper()
	e, err := disk.Open(w.dir, disk.Options{Now: time.Now})
	if err != nil {
		w.Fatal(err)
	}
	w.e = e
}

func (w *world) closeEngine() {
	w.Helper()
	if err := w.e.Close(); err != nil {
		w.Error(err)
	}
}

// run starts a pump; w.stop ends it and waits.
func (w *world) run(lanes ...queue.Lane) {
	ctx, cancel := context.WithCancel(w.Context())
	p := queue.NewPump(w.e, lanes, queue.PumpOptions{
		Now: w.now, Random: func() float64 { return 0.5 }, Observer: w, Grace: w.grace,
		Log: slog.New(slog.NewTextHandler(&locked{w: w}, nil)),
	})
	w.pump = p
	done := make(chan error, 1)
	go func() { done <- p.Run(ctx) }()
	w.stop = func() {
		w.Helper()
		cancel()
		if err := <-done; err != nil {
			w.Errorf("run: %v", err)
		}
	}
}

// runFor runs a pump for a while and stops it.
func (w *world) runFor(d time.Duration, lanes ...queue.Lane) {
	w.Helper()
	w.run(lanes...)
	time.Sleep(d)
	w.stop()
}

type locked struct{ w *world }

func (l *locked) Write(p []byte) (int, error) {
	l.w.mu.Lock()
	defer l.w.mu.Unlock()
	return l.w.out.Write(p)
}

func (w *world) logged() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.out.String()
}

func (w *world) Ended(lane string, o queue.Outcome, took time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.obs = append(w.obs, fmt.Sprintf("%s %s %s", lane, o, took))
}

func (w *world) Expired(lane string, n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.obs = append(w.obs, fmt.Sprintf("%s expired %d", lane, n))
}

func (w *world) Waited(lane string, d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.obs = append(w.obs, fmt.Sprintf("%s waited %s", lane, d.Round(time.Millisecond)))
}

// handler notes the call and then does what f says.
func (w *world) handler(f func(ctx context.Context, l queue.Lease) (queue.Result, error)) queue.Handler {
	return handler(func(ctx context.Context, l queue.Lease) (queue.Result, error) {
		w.mu.Lock()
		w.log = append(w.log, sent{l.ID, time.Since(w.begun), l.Heard})
		w.mu.Unlock()
		return f(ctx, l)
	})
}

type handler func(ctx context.Context, l queue.Lease) (queue.Result, error)

func (h handler) Handle(ctx context.Context, l queue.Lease) (queue.Result, error) { return h(ctx, l) }

func good(context.Context, queue.Lease) (queue.Result, error) {
	return queue.Result{Status: "202"}, nil
}

// sends is a lane of sends that are handled so.
func (w *world) sends(f func(ctx context.Context, l queue.Lease) (queue.Result, error)) queue.Lane {
	return queue.Lane{Name: "to/a", Handler: w.handler(f), Workers: 4, Marks: true, Backoff: retry.Key()}
}

// looks is a lane of work that can be done anew.
func (w *world) looks(f func(ctx context.Context, l queue.Lease) (queue.Result, error)) queue.Lane {
	l := w.sends(f)
	l.Marks = false
	return l
}

func (w *world) put(id, key string) {
	w.Helper()
	w.putIn("to/a", id, key)
}

func (w *world) putIn(lane, id, key string) {
	w.Helper()
	j := queue.Job{ID: id, Lane: lane, Key: key, Due: time.Now(), Keep: true}
	if err := w.e.Do(w.Context(), queue.Step{Put: []queue.Job{j}}); err != nil {
		w.Fatal(err)
	}
}

// calls checks what handlers were given so far: "id@seconds", with a ! when heard.
func (w *world) calls(want ...string) {
	w.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	// What happens at the same moment has no order.
	slices.SortStableFunc(w.log, func(a, b sent) int {
		return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.id, b.id))
	})
	var got []string
	for _, s := range w.log {
		mark := ""
		if s.heard {
			mark = "!"
		}
		got = append(got, fmt.Sprintf("%s@%g%s", s.id, s.at.Seconds(), mark))
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		w.Errorf("handled %v, want %v", got, want)
	}
}

// observed checks what the observer was told.
func (w *world) observed(want ...string) {
	w.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	if fmt.Sprint(w.obs) != fmt.Sprint(want) {
		w.Errorf("observed %q, want %q", w.obs, want)
	}
}

// job is the present record of a job.
func (w *world) job(id string) queue.Job {
	w.Helper()
	jobs, err := w.e.Jobs(w.Context(), queue.JobQuery{})
	if err != nil {
		w.Fatal(err)
	}
	for _, j := range jobs {
		if j.ID == id {
			return j
		}
	}
	w.Fatalf("there is no job %q", id)
	return queue.Job{}
}

func (w *world) state(id string, want queue.State) queue.Job {
	w.Helper()
	j := w.job(id)
	if j.State != want {
		w.Errorf("job %q is %s, want %s: %+v", id, j.State, want, j)
	}
	return j
}

// flaky is an engine whose methods fail while they are told to.
type flaky struct {
	queue.Engine
	mu   sync.Mutex
	fail map[string]int // by method: how often still
}

var errDisk = errors.New("input/output error")

func (f *flaky) failing(method string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.fail[method] == 0 {
		return nil
	}
	f.fail[method]--
	return errDisk
}

func (f *flaky) Do(ctx context.Context, s queue.Step) error {
	if err := f.failing("do"); err != nil {
		return err
	}
	return f.Engine.Do(ctx, s)
}

func (f *flaky) Begin(ctx context.Context, l queue.Lease) error {
	if err := f.failing("begin"); err != nil {
		return err
	}
	return f.Engine.Begin(ctx, l)
}

// Extend loses the lease.
func (f *flaky) Extend(ctx context.Context, l queue.Lease) error {
	if f.failing("extend") != nil {
		return queue.ErrLeaseLost
	}
	return f.Engine.Extend(ctx, l)
}

func (f *flaky) Wait(ctx context.Context, lane string) error {
	if err := f.failing("wait " + lane); err != nil {
		return err
	}
	return f.Engine.Wait(ctx, lane)
}

func (f *flaky) Jobs(ctx context.Context, q queue.JobQuery) ([]queue.Job, error) {
	if err := f.failing("jobs"); err != nil {
		return nil, err
	}
	return f.Engine.Jobs(ctx, q)
}
