package disk

import (
	"bytes"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"bellhop/router/queue"
)

// FuzzBlind reads blind steps that nobody wrote: never a panic, and what reads well
// is written as it was read.
func FuzzBlind(f *testing.F) {
	at := time.Date(2026, 3, 1, 2, 0, 0, 0, time.UTC)
	step := queue.Step{
		Set: []queue.Row{{Key: "signal/id:1/f", Value: []byte("{}")}},
		Put: []queue.Job{{ID: "a", Lane: "l", Key: "k", Due: at.Add(time.Minute), Keep: true, Payload: []byte("p")}},
	}
	whole, err := newBlind(step, at, at).append(nil)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(whole)
	f.Add(whole[:len(whole)-3])
	f.Add([]byte{1, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1})
	f.Fuzz(func(t *testing.T, b []byte) {
		r := reader{rest: b}
		s := readBlind(&r)
		if r.fault != nil {
			return
		}
		again, err := s.append(nil)
		if err != nil {
			return // a time that cannot be written down
		}
		back := reader{rest: again}
		if s2 := readBlind(&back); back.fault != nil || len(s2.rows) != len(s.rows) || len(s2.jobs) != len(s.jobs) {
			t.Fatalf("read %+v, and again %+v, %v", s, s2, back.fault)
		}
	})
}

// FuzzFrame reads records that nobody wrote: never a panic, and never one whose
// checksum does not fit.
func FuzzFrame(f *testing.F) {
	f.Add(appendFrame(nil, 7, aBatch, []byte("payload")), uint64(7))
	f.Add([]byte{0xbe, 0x11, 0xf0, 0x1d, 255, 255, 255, 255, 0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 0, 0}, uint64(7))
	f.Fuzz(func(t *testing.T, b []byte, epoch uint64) {
		k, payload, size := readFrame(b, epoch)
		if size == 0 {
			return
		}
		if again := appendFrame(nil, epoch, k, payload); !bytes.Equal(again, b[:size]) {
			t.Fatalf("read %x as %x", b[:size], again)
		}
	})
}

// FuzzReplay does changes again that nobody made: an error, or a store that works.
func FuzzReplay(f *testing.F) {
	var r redo
	r.write(inRows, []byte("row"), sealed(number(1), []byte("x")))
	r.remove(inRows, []byte("row"))
	r.count(inJobs, 9)
	f.Add(r.ops, []byte{})
	f.Add([]byte{opPut, byte(inDue), 3, 'a', 'b', 'c', 0}, []byte{1, 1, 'k', 1, 'v', 0})
	f.Fuzz(func(t *testing.T, ops, blinds []byte) {
		dir := t.TempDir()
		e, err := Open(dir, Options{Now: time.Now})
		if err != nil {
			t.Fatal(err)
		}
		e.gate <- struct{}{}
		e.journal.add(aBatch, binary.AppendUvarint(nil, uint64(len(ops))), ops, blinds)
		err = e.journal.write(true)
		if err == nil {
			err = e.restore(nil)
		}
		e.leave()
		if err == nil {
			_, _ = e.Lease(t.Context(), "l", 1) // an error may be right, a panic is not
			_, _ = e.Jobs(t.Context(), queue.JobQuery{})
		}
		_ = e.Close() // likewise
	})
}

// FuzzWreck reads files that are broken in any way: never a panic, never without end.
func FuzzWreck(f *testing.F) {
	dir := f.TempDir()
	e, err := Open(dir, Options{Now: time.Now})
	if err != nil {
		f.Fatal(err)
	}
	err = e.Do(f.Context(), queue.Step{Put: []queue.Job{{ID: "a", Lane: "l"}}, Set: []queue.Row{{Key: "row", Value: []byte("x")}}})
	if err := errors.Join(err, e.Close()); err != nil {
		f.Fatal(err)
	}
	whole, err := os.ReadFile(filepath.Join(dir, File))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(whole[:8*os.Getpagesize()])
	f.Fuzz(func(_ *testing.T, b []byte) {
		w, roots, err := openWreck(bytes.NewReader(b), int64(len(b)))
		if err != nil {
			return
		}
		for _, root := range roots {
			w.walk(root, 0, func(_ uint32, _, value []byte) {
				w.bucket(value, func(_, value []byte) { _, _ = readRow(nil, value) })
			})
		}
	})
}
