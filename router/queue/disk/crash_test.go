package disk

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"bellhop/router/queue"
)

// copied is the folder as it would be found after a kill at this moment: whatever
// was written, synced or not, and nothing of what is in memory.
func copied(t *testing.T, e *Engine) string {
	t.Helper()
	e.gate <- struct{}{}
	defer e.leave()
	dir := t.TempDir()
	for _, name := range []string{File, JournalFile} {
		b, err := os.ReadFile(filepath.Join(e.folder, name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// listing is all that can be seen of a queue.
func listing(t *testing.T, e *Engine) string {
	t.Helper()
	jobs, err := e.Jobs(t.Context(), queue.JobQuery{})
	rows, rerr := e.Scan(t.Context(), queue.RowQuery{})
	lanes, lerr := e.Lanes(t.Context(), "")
	if err := errors.Join(err, rerr, lerr); err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("jobs %+v\nrows %+v\nlanes %+v", jobs, rows, lanes)
}

func listingOf(t *testing.T, dir string) string {
	t.Helper()
	e := openEngine(t, dir)
	text := listing(t, e)
	if err := e.Close(); err != nil {
		t.Error(err)
	}
	return text
}

// someStep does something of every sort, by chance.
func someStep(e *Engine, chance *rand.Rand, n int) error {
	ctx := context.Background()
	id := fmt.Sprint(chance.IntN(12))
	if chance.IntN(3) == 0 {
		return e.Do(ctx, queue.Step{
			Set: []queue.Row{{Key: "row/" + id, Value: fmt.Append(nil, n)}},
			Put: []queue.Job{{ID: id, Lane: "l", Key: fmt.Sprint(chance.IntN(4)), Keep: chance.IntN(2) == 0}},
		})
	}
	leases, err := e.Lease(ctx, "l", 1+chance.IntN(2))
	for _, l := range leases {
		step := queue.Step{
			Set: []queue.Row{{Key: "row/" + id}, {Key: "seen/" + l.ID, Value: fmt.Append(nil, n)}},
			Put: []queue.Job{{ID: l.ID, Lane: "m", Keep: true}},
		}
		if chance.IntN(2) == 0 {
			err = errors.Join(err, e.Begin(ctx, l))
		}
		end := queue.End{Lease: l, Verb: queue.Verb(chance.IntN(4)), Attempt: &queue.Attempt{Status: fmt.Sprint(n), Error: fmt.Sprint("attempt ", n)}}
		step.Ends = []queue.End{end}
		err = errors.Join(err, e.Do(ctx, step))
	}
	return err
}

func TestACrashAfterAnyStepLosesNothing(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	chance := rand.New(rand.NewPCG(seed, 1))
	e := openEngine(t, t.TempDir())
	for n := range 80 {
		if err := someStep(e, chance, n); err != nil {
			t.Fatalf("step %d: %v", n, err)
		}
		if n%20 == 7 {
			e.gate <- struct{}{}
			err := e.checkpoint()
			e.leave()
			if err != nil {
				t.Fatal(err)
			}
		}
		before := copied(t, e) // with what is not filed yet
		want := listing(t, e)
		if got := listingOf(t, before); got != want {
			t.Fatalf("after step %d there is\n%s\nwant\n%s", n, got, want)
		}
		if got := listingOf(t, copied(t, e)); got != want {
			t.Fatalf("after step %d, filed, there is\n%s\nwant\n%s", n, got, want)
		}
	}
}

func TestATornEndIsNotThereAndAllBeforeItIs(t *testing.T) {
	e := openEngine(t, t.TempDir())
	if err := e.Do(t.Context(), put("whole")); err != nil {
		t.Fatal(err)
	}
	from := e.journal.end
	if err := e.Do(t.Context(), put("torn")); err != nil {
		t.Fatal(err)
	}
	to := e.journal.end
	dir := copied(t, e)
	for cut := from; cut <= to; cut += 7 {
		torn := t.TempDir()
		for _, name := range []string{File, JournalFile} {
			b, err := os.ReadFile(filepath.Join(dir, name))
			if err != nil {
				t.Fatal(err)
			}
			if name == JournalFile {
				clear(b[cut:])
			}
			if err := os.WriteFile(filepath.Join(torn, name), b, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		again := openEngine(t, torn)
		jobs, err := again.Jobs(t.Context(), queue.JobQuery{})
		if err != nil || len(jobs) != 1 || jobs[0].ID != "whole" {
			t.Fatalf("cut at %d of %d: %+v, error %v", cut-from, to-from, jobs, err)
		}
		if err := errors.Join(again.Do(t.Context(), put("next")), again.Close()); err != nil {
			t.Fatal(err)
		}
		if n, err := openEngine(t, torn).depth(t.Context()); n != 2 || err != nil {
			t.Fatalf("%d jobs, error %v", n, err)
		}
	}
}

func TestAJournalThatCannotBeWrittenFailsTheBatchAndThenGoesOn(t *testing.T) {
	for name, spoil := range map[string]func(e *Engine) (mend func()){
		"no room": func(e *Engine) func() { // found out before anything happens
			f := e.journal.f
			e.journal.f = readOnly(t, f.Name())
			e.journal.room = 0
			return func() { e.journal.f = f }
		},
		"broken": func(e *Engine) func() { // found out when all is done but for the sync
			f := e.journal.f
			e.journal.f = readOnly(t, f.Name())
			return func() { e.journal.f = f }
		},
	} {
		t.Run(name, func(t *testing.T) {
			e := openEngine(t, t.TempDir())
			if err := e.Do(t.Context(), put("before")); err != nil {
				t.Fatal(err)
			}
			leases, err := e.Lease(t.Context(), "l", 1)
			if err != nil {
				t.Fatal(err)
			}
			e.gate <- struct{}{}
			mend := spoil(e)
			e.leave()
			ends := queue.Step{Ends: []queue.End{{Lease: leases[0]}}, Set: []queue.Row{{Key: "r", Value: []byte("x")}}}
			for _, s := range []queue.Step{put("asks nothing"), ends, put("again")} {
				if err := e.Do(t.Context(), s); err == nil {
					t.Error("a step was answered as done")
				}
			}
			e.gate <- struct{}{}
			mend()
			e.leave()
			if row, err := e.Get(t.Context(), "r"); err != nil || row.Rev != 0 {
				t.Errorf("row of revision %d, error %v; nothing of the step may be seen", row.Rev, err)
			}
			if err := e.Extend(t.Context(), leases[0]); err != nil {
				t.Errorf("extend: %v; the lease must not have ended", err)
			}
			if err := errors.Join(e.Do(t.Context(), ends), e.Do(t.Context(), put("after"))); err != nil {
				t.Errorf("it can be written again: %v", err)
			}
			want := listing(t, e)
			if got := listingOf(t, copied(t, e)); got != want {
				t.Errorf("after a crash there is\n%s\nwant\n%s", got, want)
			}
		})
	}
}

func readOnly(t *testing.T, name string) *os.File {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}

func TestAStoreThatCannotFollowIsTriedAgain(t *testing.T) {
	e := openEngine(t, t.TempDir())
	big := func(id string) queue.Step {
		return queue.Step{Put: []queue.Job{job(id)}, Set: []queue.Row{{Key: "big/" + id, Value: make([]byte, 3<<20)}}, Guard: []queue.Row{{Key: "none"}}}
	}
	e.db.MaxSize = 1 // the file must not grow
	for i := range 4 {
		if err := e.Do(t.Context(), big(fmt.Sprint(i))); err != nil {
			t.Fatalf("the journal has room: %v", err)
		}
	}
	want := listing(t, e)
	if got := listingOf(t, copied(t, e)); got != want {
		t.Error("what was answered is not there after a crash")
	}
	e.gate <- struct{}{}
	e.db.MaxSize = 0
	err := e.checkpoint()
	e.leave()
	if err != nil {
		t.Errorf("the disk has room again: %v", err)
	}
	if got := listing(t, e); got != want || e.journal.end != 0 {
		t.Errorf("the journal still holds %d bytes", e.journal.end)
	}
}

func TestADamagedPieceOfTheJournalCostsWhatItHeld(t *testing.T) {
	e := openEngine(t, t.TempDir())
	var at []int64
	for i := range 3 {
		at = append(at, e.journal.end)
		if err := e.Do(t.Context(), put(fmt.Sprint(i))); err != nil {
			t.Fatal(err)
		}
	}
	dir := copied(t, e)
	name := filepath.Join(dir, JournalFile)
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	b[at[1]+30] ^= 1
	if err := os.WriteFile(name, b, 0o600); err != nil {
		t.Fatal(err)
	}
	again := openEngine(t, dir)
	jobs, err := again.Jobs(t.Context(), queue.JobQuery{})
	if err != nil || len(jobs) != 2 || jobs[0].ID != "2" || jobs[1].ID != "0" {
		t.Errorf("%+v, error %v", jobs, err)
	}
}
