package disk

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"bellhop/router/queue"
)

func openEngine(t testing.TB, dir string) *Engine {
	t.Helper()
	e, err := Open(dir, Options{Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	return e
}

func job(id string) queue.Job {
	return queue.Job{ID: id, Lane: "l", Key: id, Keep: true, Payload: []byte("payload")}
}

func put(id string) queue.Step { return queue.Step{Put: []queue.Job{job(id)}} }

// depth is how many jobs wait.
func (e *Engine) depth(ctx context.Context) (n int, err error) {
	lanes, err := e.Lanes(ctx, "")
	for _, l := range lanes {
		n += l.Depth
	}
	return n, err
}

// syncs counts the batches in the journal.
func (e *Engine) syncs(t *testing.T) (n int) {
	t.Helper()
	e.gate <- struct{}{}
	defer e.leave()
	for scan := e.journal.scan(0); ; n++ {
		if _, ok, err := scan.next(); err != nil || !ok {
			return n
		}
	}
}

// together has steps wait until all of them stand before the writer.
func together(e *Engine, steps ...queue.Step) []error {
	errs := make([]error, len(steps))
	e.gate <- struct{}{} // the writer takes one step and waits here
	var wg sync.WaitGroup
	for i, s := range steps {
		wg.Go(func() { errs[i] = e.Do(context.Background(), s) })
	}
	time.Sleep(50 * time.Millisecond) // most of them have come; none needs to
	<-e.gate
	wg.Wait()
	return errs
}

func TestStepsThatWaitShareASync(t *testing.T) {
	e := openEngine(t, t.TempDir())
	const n = 100
	var steps []queue.Step
	for i := range n {
		steps = append(steps, put(fmt.Sprint(i)))
	}
	if err := errors.Join(together(e, steps...)...); err != nil {
		t.Fatal(err)
	}
	if got := e.syncs(t); got == 0 || got > n/5 {
		t.Errorf("%d steps that came together took %d syncs", n, got)
	}
	if stats, err := e.depth(t.Context()); err != nil || stats != n {
		t.Errorf("stats %+v, error %v", stats, err)
	}
}

func TestAStepThatIsTurnedDownLeavesItsBatchAlone(t *testing.T) {
	e := openEngine(t, t.TempDir())
	bad := put("bad")
	bad.Guard = []queue.Row{{Key: "row", Rev: 7}}
	errs := together(e, put("a"), bad, put("b"), bad, put("c"))
	for i, err := range errs {
		if want := i%2 == 1; errors.Is(err, queue.ErrChanged) != want || err != nil && !want {
			t.Errorf("step %d: %v", i, err)
		}
	}
	jobs, err := e.Jobs(t.Context(), queue.JobQuery{})
	if err != nil || len(jobs) != 3 {
		t.Errorf("%d jobs, error %v", len(jobs), err)
	}
}

func TestALeaseEndsOnceAlsoWithinABatch(t *testing.T) {
	e := openEngine(t, t.TempDir())
	if err := e.Do(t.Context(), put("a")); err != nil {
		t.Fatal(err)
	}
	leases, err := e.Lease(t.Context(), "l", 1)
	if err != nil {
		t.Fatal(err)
	}
	end := queue.Step{Ends: []queue.End{{Lease: leases[0], Verb: queue.Again}}}
	ended := 0
	for _, err := range together(e, put("b"), end, end, end)[1:] {
		if err == nil {
			ended++
		} else if !errors.Is(err, queue.ErrLeaseLost) {
			t.Errorf("end: %v", err)
		}
	}
	if ended != 1 {
		t.Errorf("the lease ended %d times", ended)
	}
}

// A record that cannot be read makes a step stumble midway: the head of a key is
// ended and the next one cannot be brought forward.
func TestAJobThatIsDamagedIsTakenOutOfTheWay(t *testing.T) {
	e := openEngine(t, t.TempDir())
	behind := job("behind")
	behind.Key = "head"
	if err := e.Do(t.Context(), queue.Step{Put: []queue.Job{job("head"), behind}}); err != nil {
		t.Fatal(err)
	}
	leases, err := e.Lease(t.Context(), "l", 1)
	if err != nil {
		t.Fatal(err)
	}
	err = e.write(t.Context(), work{do: func(b *batch) error {
		return b.apply(func() error { return b.write(inJobs, number(2), []byte("{damaged")) })
	}})
	if err != nil {
		t.Fatal(err)
	}
	end := queue.Step{Ends: []queue.End{{Lease: leases[0]}}}
	errs := together(e, put("a"), end, put("b"))
	if err := errors.Join(errs...); err != nil {
		t.Errorf("answers %v", err)
	}
	head, err := e.leased(leases[0])
	if err != nil || head.State != queue.Sent {
		t.Errorf("the head is %+v, error %v", head, err)
	}
	if got, err := e.Lease(t.Context(), "l", 9); err != nil || len(got) != 2 {
		t.Errorf("leased %d of the two that are whole, error %v", len(got), err)
	}
	if n, err := e.depth(t.Context()); err != nil || n != 2 {
		t.Errorf("%d wait, error %v", n, err)
	}
}

func TestADamagedHeadOfALaneHoldsUpNobody(t *testing.T) {
	e := openEngine(t, t.TempDir())
	if err := e.Do(t.Context(), queue.Step{Put: []queue.Job{job("damaged"), job("whole")}}); err != nil {
		t.Fatal(err)
	}
	err := e.write(t.Context(), work{step: queue.Step{Drop: []queue.Drop{{ID: "damaged"}}}, do: func(b *batch) error {
		return b.apply(func() error { return b.write(inJobs, number(1), []byte("{damaged")) })
	}})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := e.Lease(t.Context(), "l", 9); err != nil || len(got) != 1 || got[0].ID != "whole" {
		t.Errorf("leased %+v, error %v", got, err)
	}
}

// leased is the record of a leased job.
func (e *Engine) leased(l queue.Lease) (r *record, err error) {
	verr := e.view(context.Background(), func(*pending) bool { return true }, func(s store) error { r, err = s.load(l.Seq); return err })
	return r, verr
}

func TestDoHonoursItsContextUntilItIsTaken(t *testing.T) {
	e := openEngine(t, t.TempDir())
	e.gate <- struct{}{}
	taken := make(chan error, 1)
	ctx, cancel := context.WithCancel(t.Context())
	go func() { taken <- e.Do(ctx, put("taken")) }()
	time.Sleep(50 * time.Millisecond)
	short, done := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer done()
	if err := e.Do(short, put("waiting")); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a step that waits for the writer: %v", err)
	}
	cancel()
	<-e.gate
	err := <-taken
	jobs, jerr := e.Jobs(t.Context(), queue.JobQuery{})
	if jerr != nil {
		t.Fatal(jerr)
	}
	if (err == nil) != (len(jobs) == 1) {
		t.Errorf("the answer is %v, but %d jobs are there", err, len(jobs))
	}
}

func BenchmarkDo(b *testing.B) {
	for _, writers := range []int{1, 64} {
		b.Run(fmt.Sprintf("writers=%d", writers), func(b *testing.B) {
			e := openEngine(b, b.TempDir())
			b.ResetTimer()
			var wg sync.WaitGroup
			for w := range writers {
				wg.Go(func() {
					for i := w; i < b.N; i += writers {
						if err := e.Do(context.Background(), put(fmt.Sprint(i))); err != nil {
							b.Error(err)
						}
					}
				})
			}
			wg.Wait()
		})
	}
}

// BenchmarkWaiting shows that what waits in a lane costs nothing: all of its
// figures should be the same at any depth.
func BenchmarkWaiting(b *testing.B) {
	for _, depth := range []int{100, 100_000} {
		dir := b.TempDir()
		e := openEngine(b, dir)
		fill(b, e, depth)
		b.Run(fmt.Sprintf("depth=%d/Lanes", depth), func(b *testing.B) {
			for b.Loop() {
				if s, err := e.depth(b.Context()); err != nil || s != depth {
					b.Fatal(s, err)
				}
			}
		})
		b.Run(fmt.Sprintf("depth=%d/Wait", depth), func(b *testing.B) {
			for b.Loop() {
				if err := e.Wait(b.Context(), "l"); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(fmt.Sprintf("depth=%d/LeaseAndAgain", depth), func(b *testing.B) {
			for b.Loop() {
				leases, err := e.Lease(b.Context(), "l", 1)
				if err != nil || len(leases) != 1 {
					b.Fatal(leases, err)
				}
				again := queue.Step{Ends: []queue.End{{Lease: leases[0], Verb: queue.Again}}}
				if err := e.Do(b.Context(), again); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(fmt.Sprintf("depth=%d/Open", depth), func(b *testing.B) {
			if err := e.Close(); err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				e, err := Open(dir, Options{Now: time.Now})
				if err != nil {
					b.Fatal(err)
				}
				if err := e.Close(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func fill(b *testing.B, e *Engine, n int) {
	b.Helper()
	var s queue.Step
	for i := range n {
		s.Put = append(s.Put, job(fmt.Sprint(i)))
		if len(s.Put) == 5000 || i == n-1 {
			if err := e.Do(b.Context(), s); err != nil {
				b.Fatal(err)
			}
			s.Put = nil
		}
	}
}
