package disk

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"bellhop/router/queue"
)

// due is a step that puts a job which is due, in lane l.
func due(id, key string, guards ...queue.Row) queue.Step {
	j := queue.Job{ID: id, Lane: "l", Key: key, Keep: true, Due: time.Now().Add(-time.Second)}
	return queue.Step{Guard: guards, Put: []queue.Job{j}}
}

// none guards that a row is absent: a step with it is not blind.
func none() queue.Row { return queue.Row{Key: "none"} }

func do(t *testing.T, e *Engine, steps ...queue.Step) {
	t.Helper()
	for _, s := range steps {
		if err := e.Do(t.Context(), s); err != nil {
			t.Fatal(err)
		}
	}
}

func leased(t *testing.T, e *Engine) (ids string) {
	t.Helper()
	leases, err := e.Lease(t.Context(), "l", 9)
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range leases {
		ids += l.ID
	}
	return ids
}

// held runs f while nobody else is served.
func held(e *Engine, f func()) {
	e.gate <- struct{}{}
	defer e.leave()
	f()
}

func TestWhatIsOnlyWrittenDownKeepsItsPlaceBeforeLaterSteps(t *testing.T) {
	e := openEngine(t, t.TempDir())
	do(t, e, due("a", "k"), due("b", "k", none()))
	if got := leased(t, e); got != "a" {
		t.Errorf("leased %q, want a, which was put first", got)
	}
}

func TestPruneKeepsWhatWasPutAgain(t *testing.T) {
	e := openEngine(t, t.TempDir())
	do(t, e, due("a", "k"))
	leases, err := e.Lease(t.Context(), "l", 1)
	if err != nil || len(leases) != 1 {
		t.Fatal(leases, err)
	}
	do(t, e, queue.Step{Ends: []queue.End{{Lease: leases[0]}}}, due("a", "k"))
	if _, err := e.Prune(t.Context(), time.Now().Add(time.Hour), 9); err != nil {
		t.Fatal(err)
	}
	if got := leased(t, e); got != "" {
		t.Errorf("%q is said again", got)
	}
}

// harm damages the record of a job in the store.
func harm(t *testing.T, e *Engine, id string) {
	t.Helper()
	held(e, func() {
		if err := e.fold(upToEnd); err != nil {
			t.Fatal(err)
		}
		s := store{tx: e.tx}
		r, err := s.find(id)
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(s.in(inJobs).Put(number(r.Seq), []byte("xxxx no record")), e.checkpoint()); err != nil {
			t.Fatal(err)
		}
	})
}

func TestADamagedJobIsNotInTheWayOfWhatIsPut(t *testing.T) {
	for name, guards := range map[string][]queue.Row{"blindly": nil, "with a guard": {none()}} {
		t.Run(name, func(t *testing.T) {
			e := openEngine(t, t.TempDir())
			do(t, e, due("a", "k"))
			harm(t, e, "a")
			do(t, e, due("a", "k", guards...), due("b", "m"))
			if err := e.Wait(t.Context(), "l"); err != nil {
				t.Fatal(err)
			}
			if got := leased(t, e); got != "ab" {
				t.Errorf("leased %q, want ab", got)
			}
		})
	}
}

func TestARecordThatGoesBadWhileItWaitsDoesNotHoldUpTheRest(t *testing.T) {
	e := openEngine(t, t.TempDir())
	do(t, e, due("a", "a"), due("b", "b"), due("c", "c"))
	held(e, func() {
		if e.pending.steps != 3 {
			t.Skip("they are filed already")
		}
		if _, err := e.journal.f.WriteAt([]byte{0x55, 0x66}, e.pending.from+40); err != nil {
			t.Fatal(err)
		}
		if err := e.fold(upToEnd); err != nil || e.pending.steps != 0 {
			t.Errorf("%d steps are still waited for, error %v", e.pending.steps, err)
		}
	})
	if got := leased(t, e); got != "bc" {
		t.Errorf("leased %q, want bc", got)
	}
}

func TestARefusedStepDoesNotComeTrue(t *testing.T) {
	e := openEngine(t, t.TempDir())
	do(t, e, due("a", "a"))
	held(e, func() { // the write went through, its sync did not, nor did striking it out
		b := newBatch(e)
		if err := b.put(queue.Job{ID: "refused", Lane: "l", Key: "r"}); err != nil {
			t.Fatal(err)
		}
		e.journal.add(aBatch, binary.AppendUvarint(nil, uint64(len(b.redo.ops))), b.redo.ops)
		if _, err := e.journal.f.WriteAt(e.journal.ahead, e.journal.end); err != nil {
			t.Fatal(err)
		}
		e.journal.ahead = e.journal.ahead[:0]
		cause := errors.New("no sync")
		if err := e.restore(cause); err == nil || err.Error() != cause.Error() {
			t.Errorf("restore: %v", err)
		}
	})
	if jobs, err := e.Jobs(t.Context(), queue.JobQuery{ID: "refused"}); err != nil || len(jobs) != 0 {
		t.Errorf("it is there: %v, %v", jobs, err)
	}
}

func TestTheBacklogIsBoundedHoweverLargeTheBatches(t *testing.T) {
	const most = 4 << 20
	e := openEngine(t, t.TempDir())
	held(e, func() { e.backlog = most })
	var all sync.WaitGroup
	for w := range 64 {
		all.Go(func() {
			for i := range 30 {
				s := due(fmt.Sprint(w, "-", i), fmt.Sprint(w))
				s.Put[0].Payload = make([]byte, 20<<10)
				if err := e.Do(t.Context(), s); err != nil {
					t.Error(err)
				}
				held(e, func() {
					if behind := e.journal.end - e.pending.from; behind > 2*most {
						t.Errorf("%d bytes wait, which are to be about %d", behind, most)
					}
				})
			}
		})
	}
	all.Wait()
}

func TestAKillWhileAStoreIsBuiltAnewLosesNothing(t *testing.T) {
	dir := filled(t)
	for _, name := range []string{SuspectFile, File + unfinished + "/in the way"} {
		name = filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(name), 0o700), os.WriteFile(name, nil, 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := Open(dir, Options{Now: time.Now}); err == nil || !strings.Contains(err.Error(), unfinished) {
		t.Fatalf("open: %v; want that the unfinished file is in the way", err)
	}
	if err := os.RemoveAll(filepath.Join(dir, File+unfinished)); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, File+unfinished), []byte("half of it"), 0o600); err != nil {
		t.Fatal(err)
	}
	e, _ := reopened(t, dir)
	if n := whole(t, e); n != 2000 {
		t.Errorf("%d of 2000 jobs are left", n)
	}
	if left, err := filepath.Glob(filepath.Join(dir, File+unfinished)); err != nil || len(left) > 0 {
		t.Errorf("left over: %v, %v", left, err)
	}
}

// A fold writes times as JSON, which cannot write these: taken once, such a step would
// keep everything behind it from being filed.
func TestTimesThatCannotBeFiledAreRefused(t *testing.T) {
	e := openEngine(t, t.TempDir())
	for what, at := range map[string]time.Time{
		"a zone of 30 hours": time.Now().In(time.FixedZone("", 30*3600)),
		"one to the west":    time.Now().In(time.FixedZone("", -24*3600)),
		"the year 10000":     time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC),
	} {
		s := due("a", "a")
		s.Put[0].Due = at
		if err := e.Do(t.Context(), s); !errors.Is(err, queue.ErrInvalid) {
			t.Errorf("%s: %v", what, err)
		}
	}
	do(t, e, due("b", "b"))
	if got := leased(t, e); got != "b" {
		t.Errorf("leased %q, want b", got)
	}
}
