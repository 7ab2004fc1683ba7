package disk

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"bellhop/router/queue"
)

// TestAFloodIsTakenAtOnceAndFiledInTheEnd lets more wait to be filed than may, and
// looks whether it is all there, now and after a kill.
func TestAFloodIsTakenAtOnceAndFiledInTheEnd(t *testing.T) {
	e := openEngine(t, t.TempDir())
	e.gate <- struct{}{}
	e.backlog = 64 << 10
	e.leave()
	const writers, each = 8, 300
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for i := range each {
				id := fmt.Sprintf("%d-%d", w, i)
				step := put(id)
				step.Set = []queue.Row{{Key: "signal/" + id, Value: make([]byte, 500)}}
				if err := e.Do(context.Background(), step); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	e.gate <- struct{}{}
	waits := e.journal.end - e.pending.from
	e.leave()
	if waits > e.backlog+1<<20 {
		t.Errorf("%d bytes wait to be filed", waits)
	}
	for name, e := range map[string]*Engine{"after a kill": openEngine(t, copied(t, e)), "here": e} {
		rows, err := e.Scan(t.Context(), queue.RowQuery{Prefix: "signal/"})
		n, derr := e.depth(t.Context())
		if err != nil || derr != nil || len(rows) != writers*each || n != writers*each {
			t.Errorf("%s: %d rows and %d jobs of %d, errors %v, %v", name, len(rows), n, writers*each, err, derr)
		}
	}
}

// TestWhatIsGivenBackIsUsedAgain writes and removes the same amount over and over.
func TestWhatIsGivenBackIsUsedAgain(t *testing.T) {
	e := openEngine(t, t.TempDir())
	size := func() int64 {
		info, err := os.Stat(filepath.Join(e.folder, File))
		if err != nil {
			t.Fatal(err)
		}
		return info.Size()
	}
	round := func(value []byte) {
		t.Helper()
		var step queue.Step
		for i := range 2000 {
			step.Set = append(step.Set, queue.Row{Key: fmt.Sprintf("row/%04d", i), Value: value})
		}
		if err := e.Do(t.Context(), step); err != nil {
			t.Fatal(err)
		}
		if _, err := e.Scan(t.Context(), queue.RowQuery{Limit: 1}); err != nil {
			t.Fatal(err)
		}
		e.gate <- struct{}{}
		defer e.leave()
		if err := e.checkpoint(); err != nil {
			t.Fatal(err)
		}
	}
	var first int64
	for i := range 12 {
		round(make([]byte, 1000))
		round(nil)
		if i == 1 {
			first = size()
		}
	}
	if last := size(); last > first*3/2 {
		t.Errorf("the file grew from %d to %d bytes for the same contents", first, last)
	}
	if e.journal.room > journalIdle {
		t.Errorf("the journal keeps %d bytes", e.journal.room)
	}
}
