package disk

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"bellhop/router/queue"
)

// filled makes a closed queue of many jobs and rows, and returns its folder.
func filled(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	e, err := Open(dir, Options{Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 40 {
		var s queue.Step
		for n := range 50 {
			id := fmt.Sprintf("%02d-%02d", i, n)
			s.Put = append(s.Put, queue.Job{ID: id, Lane: "l", Key: fmt.Sprint(n), Keep: true, Payload: []byte(strings.Repeat(id, 20))})
			s.Set = append(s.Set, queue.Row{Key: "row/" + id, Value: []byte(strings.Repeat(id, 30))})
		}
		if err := e.Do(t.Context(), s); err != nil {
			t.Fatal(err)
		}
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	return dir
}

// spoil writes over a part of the store.
func spoil(t *testing.T, dir string, f func(b []byte)) {
	t.Helper()
	name := filepath.Join(dir, File)
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	f(b)
	if err := os.WriteFile(name, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

func reopened(t *testing.T, dir string) (*Engine, string) {
	t.Helper()
	var log bytes.Buffer
	e, err := Open(dir, Options{Now: time.Now, Log: slog.New(slog.NewTextHandler(&log, nil))})
	if err != nil {
		t.Fatalf("open: %v\n%s", err, &log)
	}
	t.Cleanup(func() { _ = e.Close() })
	return e, log.String()
}

func TestAStoreWithBrokenPagesIsBuiltAnewFromTheRest(t *testing.T) {
	page := os.Getpagesize()
	kinds := map[string]func(b []byte){
		"a root of all": func(b []byte) { // the page that both meta pages lead to
			for _, meta := range []int{0, page} {
				root := int(binary.NativeEndian.Uint64(b[meta+pageHead+16:]))
				clear(b[root*page : (root+1)*page])
			}
		},
		"a leaf in the middle": func(b []byte) {
			at := bytes.Index(b, []byte("20-2020-20")) / page * page
			clear(b[at : at+pageHead])
		},
		"many pages": func(b []byte) {
			leaves := 0
			for at := 8 * page; at+page < len(b); at += page {
				flags, count := binary.NativeEndian.Uint16(b[at+8:]), binary.NativeEndian.Uint16(b[at+10:])
				if flags != flagLeaf || count < 4 { // with the buckets' own names, all would be lost
					continue
				}
				if leaves++; leaves%5 == 0 {
					copy(b[at:], bytes.Repeat([]byte{0xff}, pageHead))
				}
			}
		},
		"both meta pages": func(b []byte) { clear(b[pageHead : 2*page]) },
	}
	for name, how := range kinds {
		t.Run(name, func(t *testing.T) {
			dir := filled(t)
			spoil(t, dir, how)
			if err := os.WriteFile(filepath.Join(dir, SuspectFile), nil, 0o600); err != nil {
				t.Fatal(err)
			}
			e, log := reopened(t, dir)
			if !strings.Contains(log, "built anew") || !strings.Contains(log, "unreadable_pages=") {
				t.Errorf("the log does not tell: %s", log)
			}
			rows, err := e.Scan(t.Context(), queue.RowQuery{})
			left := len(rows) + whole(t, e)
			if few := name == "many pages"; err != nil || few && left == 4000 || left < 2000 {
				t.Errorf("of 2000 rows and 2000 jobs %d are left, error %v", left, err)
			}
			if aside, err := filepath.Glob(filepath.Join(dir, File+".damaged-*")); err != nil || len(aside) != 1 {
				t.Errorf("the broken file is not kept: %v, %v", aside, err)
			}
			if _, err := os.Stat(filepath.Join(dir, SuspectFile)); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("the mark is still there: %v", err)
			}
			if err := e.Do(t.Context(), put("new")); err != nil {
				t.Error(err)
			}
		})
	}
}

// whole fails unless everything that is listed can be worked on.
func whole(t *testing.T, e *Engine) int {
	t.Helper()
	jobs, err := e.Jobs(t.Context(), queue.JobQuery{State: queue.Queued})
	if err != nil {
		t.Fatal(err)
	}
	n, err := e.depth(t.Context())
	if err != nil || n != len(jobs) {
		t.Fatalf("%d jobs are counted, %d listed, error %v", n, len(jobs), err)
	}
	for done := 0; done < n; {
		leases, err := e.Lease(t.Context(), "l", 100)
		if err != nil || len(leases) == 0 {
			t.Fatalf("after %d of %d: %d leases, error %v", done, n, len(leases), err)
		}
		var s queue.Step
		for _, l := range leases {
			s.Ends = append(s.Ends, queue.End{Lease: l})
		}
		if err := e.Do(t.Context(), s); err != nil {
			t.Fatal(err)
		}
		done += len(leases)
	}
	return n
}

func TestAPanicOverABrokenTreeIsAnErrorAndTheNextStartMendsIt(t *testing.T) {
	dir := filled(t)
	page := os.Getpagesize()
	spoil(t, dir, func(b []byte) {
		at := bytes.Index(b, []byte("20-2020-20")) / page * page
		copy(b[at:], bytes.Repeat([]byte{0xff}, pageHead))
	})
	e, _ := reopened(t, dir)
	_, err := e.Jobs(t.Context(), queue.JobQuery{})
	_, rerr := e.Scan(t.Context(), queue.RowQuery{})
	if !errors.Is(errors.Join(err, rerr), errBroken) {
		t.Fatalf("jobs %v, rows %v", err, rerr)
	}
	if err := e.Do(t.Context(), put("new")); !errors.Is(err, errBroken) {
		t.Errorf("a step on a broken tree: %v", err)
	}
	if err := e.Close(); err != nil {
		t.Logf("close: %v", err)
	}
	again, log := reopened(t, dir)
	if !strings.Contains(log, "built anew") {
		t.Errorf("the log does not tell: %s", log)
	}
	whole(t, again)
}

func TestADamagedValueCostsThatValue(t *testing.T) {
	dir := filled(t)
	spoil(t, dir, func(b []byte) {
		for _, text := range []string{"10-1010-10", "11-1111-11"} { // of a row; jobs hold theirs in base64
			at := bytes.Index(b, []byte(text))
			b[at+3] = 'X'
		}
	})
	e, _ := reopened(t, dir)
	rows, err := e.Scan(t.Context(), queue.RowQuery{})
	if err != nil || len(rows) != 1998 {
		t.Errorf("%d rows, error %v", len(rows), err)
	}
	if _, err := e.Get(t.Context(), "row/10-10"); !errors.Is(err, errDamaged) {
		t.Errorf("get: %v", err)
	}
	if err := e.Do(t.Context(), queue.Step{Set: []queue.Row{{Key: "row/10-10", Value: []byte("new")}}}); err != nil {
		t.Errorf("it can be written anew: %v", err)
	}
}
