// Package queuetest is the suite that every engine of package queue passes. The
// promise: an engine that passes may take the place of another one, and nothing
// above the contract notices. Each sub-test bears the promise that it proves, in
// the words of the contract's comments.
package queuetest

import (
	"errors"
	"sync"
	"testing"
	"time"

	"bellhop/router/queue"
)

// Open opens an engine that keeps its data under dir, such that opening the same
// dir again finds it; leases run for queue.LeaseFor on the clock now.
type Open func(t *testing.T, dir string, now func() time.Time) queue.Engine

// Run runs the suite.
func Run(t *testing.T, open Open) {
	for _, c := range slicesOf(steps(), jobs(), leases(), order(), rows(), lists(), waits(), reopened()) {
		t.Run(c.promise, func(t *testing.T) { c.prove(newBench(t, open)) })
	}
}

type promise struct {
	promise string
	prove   func(b *bench)
}

func slicesOf(groups ...[]promise) (all []promise) {
	for _, g := range groups {
		all = append(all, g...)
	}
	return all
}

// clock stands still unless it is moved.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) read() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) move(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// bench is an engine with a clock, and short words for what tests do.
type bench struct {
	*testing.T
	open  Open
	dir   string
	clock *clock
	e     queue.Engine
}

func newBench(t *testing.T, open Open) *bench {
	b := &bench{T: t, open: open, dir: t.TempDir()}
	b.clock = &clock{now: time.Date(2026, 3, 1, 2, 0, 0, 0, time.UTC)}
	b.e = open(t, b.dir, b.clock.read)
	t.Cleanup(func() { b.close() })
	return b
}

// realTime opens the engine anew on the machine's clock.
func (b *bench) realTime() {
	b.Helper()
	b.close()
	b.e = b.open(b.T, b.dir, time.Now)
}

func (b *bench) close() {
	b.Helper()
	if err := b.e.Close(); err != nil {
		b.Errorf("close: %v", err)
	}
}

func (b *bench) reopen() {
	b.Helper()
	b.close()
	b.e = b.open(b.T, b.dir, b.clock.read)
}

// job is a job of lane "l" that is kept and due now.
func (b *bench) job(id, key string) queue.Job {
	return queue.Job{ID: id, Lane: "l", Key: key, Due: b.clock.read(), Keep: true, Payload: []byte("payload of " + id)}
}

// brief is the same, not kept.
func (b *bench) brief(id, key string) queue.Job {
	j := b.job(id, key)
	j.Keep = false
	return j
}

func (b *bench) later(id, key string, d time.Duration) queue.Job {
	j := b.job(id, key)
	j.Due = j.Due.Add(d)
	return j
}

func (b *bench) do(s queue.Step) {
	b.Helper()
	if err := b.e.Do(b.Context(), s); err != nil {
		b.Fatalf("do: %v", err)
	}
}

func (b *bench) put(jobs ...queue.Job) {
	b.Helper()
	b.do(queue.Step{Put: jobs})
}

// refused fails unless the step is turned down with that error.
func (b *bench) refused(s queue.Step, want error) {
	b.Helper()
	if err := b.e.Do(b.Context(), s); !errors.Is(err, want) {
		b.Fatalf("do: %v, want %v", err, want)
	}
}

func (b *bench) end(l queue.Lease, v queue.Verb) {
	b.Helper()
	b.do(queue.Step{Ends: []queue.End{{Lease: l, Verb: v, Due: b.clock.read()}}})
}

func (b *bench) begin(l queue.Lease) {
	b.Helper()
	if err := b.e.Begin(b.Context(), l); err != nil {
		b.Fatalf("begin: %v", err)
	}
}

// lease leases whatever is due in lane "l" and checks that it is just that.
func (b *bench) lease(want ...string) []queue.Lease {
	b.Helper()
	return b.leaseN(100, want...)
}

func (b *bench) leaseN(n int, want ...string) []queue.Lease {
	b.Helper()
	leases, err := b.e.Lease(b.Context(), "l", n)
	if err != nil {
		b.Fatalf("lease: %v", err)
	}
	var ids []string
	for _, l := range leases {
		ids = append(ids, l.ID)
	}
	b.same("leased", ids, want)
	return leases
}

func (b *bench) jobs(q queue.JobQuery) []queue.Job {
	b.Helper()
	jobs, err := b.e.Jobs(b.Context(), q)
	if err != nil {
		b.Fatalf("jobs: %v", err)
	}
	return jobs
}

// listed checks which jobs a query lists, in order.
func (b *bench) listed(q queue.JobQuery, want ...string) {
	b.Helper()
	var got []string
	for _, j := range b.jobs(q) {
		got = append(got, j.ID+" "+string(j.State))
	}
	b.same("listed", got, want)
}

// only returns the one job of that id.
func (b *bench) only(id string) queue.Job {
	b.Helper()
	var found []queue.Job
	for _, j := range b.jobs(queue.JobQuery{}) {
		if j.ID == id {
			found = append(found, j)
		}
	}
	if len(found) != 1 {
		b.Fatalf("%d jobs %q, want one", len(found), id)
	}
	return found[0]
}

func (b *bench) get(key string) queue.Row {
	b.Helper()
	row, err := b.e.Get(b.Context(), key)
	if err != nil {
		b.Fatalf("get %q: %v", key, err)
	}
	return row
}

func (b *bench) stats(depth, dead int, oldest time.Time) {
	b.Helper()
	lanes, err := b.e.Lanes(b.Context(), "l")
	if err != nil {
		b.Fatalf("lanes: %v", err)
	}
	var s queue.Stats
	for _, lane := range lanes {
		if lane.Lane == "l" {
			s = lane
		}
	}
	if s.Depth != depth || s.Dead != dead || !s.Oldest.Equal(oldest) {
		b.Fatalf("stats %+v, want %d waiting since %s, %d dead", s, depth, oldest, dead)
	}
}

func (b *bench) same(what string, got, want []string) {
	b.Helper()
	if len(got) != len(want) {
		b.Fatalf("%s %q, want %q", what, got, want)
	}
	for i := range got {
		if got[i] != want[i] {
			b.Fatalf("%s %q, want %q", what, got, want)
		}
	}
}

// superseded are drops of jobs that something newer takes the place of.
func superseded(ids ...string) (all []queue.Drop) {
	for _, id := range ids {
		all = append(all, queue.Drop{ID: id, To: queue.Superseded, Reason: "something newer came"})
	}
	return all
}

func row(key, value string) queue.Row { return queue.Row{Key: key, Value: []byte(value)} }
