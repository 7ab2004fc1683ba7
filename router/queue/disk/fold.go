package disk

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
)

const (
	// foldStep is how many bytes of the journal are filed while nobody else is served.
	foldStep = 256 << 10
	// usualBacklog is how many bytes of the journal may wait to be filed; beyond, whoever
	// writes waits while some of it is.
	usualBacklog = 256 << 20
	// upToEnd files whatever there is.
	upToEnd = int64(math.MaxInt64)
)

// full tells whether blind steps wait that a flood has left, more than are to be
// left for later.
func (e *Engine) full() bool {
	return e.pending.steps > 0 && e.journal.end-e.pending.from > e.backlog
}

// fold files blind steps up to a place.
func (e *Engine) fold(upto int64) error {
	for e.pending.steps > 0 && e.pending.from < upto {
		if err := e.foldSome(); err != nil {
			return err
		}
	}
	return nil
}

// foldSome files the first of the blind steps. A damaged job that is in their way is
// taken out.
func (e *Engine) foldSome() error {
	err := e.foldOnce()
	if errors.Is(err, errDamaged) && e.takeOut() == nil {
		return e.foldOnce()
	}
	return err
}

func (e *Engine) foldOnce() error {
	if e.pending.steps == 0 {
		return nil
	}
	b := newBatch(e)
	scan := e.journal.known(e.pending.from)
	steps, end := 0, e.journal.end
	err := e.guarded(func() error {
		for scan.at < end && scan.at-e.pending.from < foldStep {
			n, err := b.foldNext(scan)
			steps += n
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil {
		e.journal.add(aFold, binary.AppendUvarint(nil, uint64(scan.at)), b.redo.ops)
		err = e.journal.write(false)
	}
	if err != nil {
		return e.restore(fmt.Errorf("write queue in %s: %w", e.folder, advise(err)))
	}
	if scan.lost > 0 {
		e.log.Error("queue: a part of the journal is damaged and was passed by", "folder", e.folder, "bytes", scan.lost)
	}
	if scan.at >= end {
		steps = e.pending.steps // those that cannot be read any more are not waited for
	}
	e.folded(b, scan.at, steps)
	e.follow()
	return nil
}

// folded lets memory follow.
func (e *Engine) folded(b *batch, upto int64, steps int) {
	b.remember()
	e.since += len(b.redo.ops)
	e.pending.from = upto
	if e.pending.steps -= steps; e.pending.steps <= 0 {
		e.pending.reset(e.journal.end)
	}
}

// foldNext files the blind steps of the next record, and returns how many.
func (b *batch) foldNext(scan *scan) (n int, err error) {
	entry, ok, err := scan.next()
	if err != nil {
		return 0, err
	}
	if !ok || entry.at >= b.e.journal.end {
		scan.at = b.e.journal.end
		return 0, nil
	}
	if entry.kind != aBatch {
		return 0, nil
	}
	_, blinds, err := splitBatch(entry.payload)
	for r := (reader{rest: blinds, fault: err}); len(r.rest) > 0 || r.fault != nil; n++ {
		step := readBlind(&r)
		if r.fault != nil {
			return n, fmt.Errorf("read the journal at byte %d: %w", entry.at, r.fault)
		}
		if err := b.fileStep(step); err != nil {
			return n, err
		}
	}
	return n, nil
}

// fileStep carries out a blind step.
func (b *batch) fileStep(s blindStep) error {
	for _, row := range s.rows {
		if err := b.apply(func() error { return b.set(row) }); err != nil {
			return err
		}
	}
	for _, r := range s.jobs {
		if err := b.putRecord(r); err != nil {
			return err
		}
	}
	return nil
}
