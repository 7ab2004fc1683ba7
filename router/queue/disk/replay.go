package disk

import (
	"errors"
	"fmt"
)

// restore goes back to what the journal has, after cause. It returns cause, with
// what else went wrong.
func (e *Engine) restore(cause error) error {
	if e.tx != nil {
		_ = e.guarded(e.tx.Rollback) // of one that is void already: no fault
		e.tx = nil
	}
	err := e.begin()
	if err == nil {
		err = e.guarded(e.replay)
	}
	if err != nil {
		if e.tx != nil {
			_ = e.guarded(e.tx.Rollback)
			e.tx = nil
		}
		e.log.Error("queue: it cannot be read and is tried again at the next step", "folder", e.folder, "err", err)
	}
	return errors.Join(cause, err)
}

// replay does again what the journal has beyond the store, and notes what waits to
// be filed.
func (e *Engine) replay() error {
	s := store{tx: e.tx}
	m, err := s.mark()
	if err != nil {
		return err
	}
	e.journal.followed = e.journal.followed && e.journal.epoch == m.epoch
	e.journal.epoch, e.since = m.epoch, 0
	folded, end, err := e.redoAll(s, m)
	if err != nil {
		return err
	}
	e.journal.end, e.journal.followed = end, true
	return e.review(folded)
}

// redoAll does the changes again and returns where blind steps begin that are not
// filed, and where the journal ends.
func (e *Engine) redoAll(s store, m mark) (folded, end int64, err error) {
	scan, folded := e.journal.scan(m.folded), m.folded
	if e.journal.followed {
		scan = e.journal.known(m.folded)
	}
	for {
		entry, ok, err := scan.next()
		if err != nil {
			return 0, 0, fmt.Errorf("read the journal: %w", err)
		}
		if !ok {
			break
		}
		var changes []byte
		if entry.kind == aFold {
			folded, changes, err = splitFold(entry.payload)
		} else {
			changes, _, err = splitBatch(entry.payload)
		}
		if err == nil && entry.at >= m.applied {
			e.since += len(changes)
			err = s.redoOps(changes)
		}
		if err != nil {
			return 0, 0, fmt.Errorf("do again what the journal has at byte %d: %w", entry.at, err)
		}
	}
	if scan.at < m.applied {
		e.log.Error("queue: the journal is shorter than it was; what was accepted last may be lost", "folder", e.folder,
			"bytes", m.applied-scan.at)
		scan.at = m.applied
	}
	if scan.lost > 0 {
		e.log.Error("queue: a part of the journal is damaged and was passed by", "folder", e.folder, "bytes", scan.lost)
		err = s.reindex()
	}
	return folded, scan.at, err
}

// review notes the blind steps from a place on.
func (e *Engine) review(from int64) error {
	e.pending.reset(from)
	scan := e.journal.known(from)
	for {
		entry, ok, err := scan.next()
		if err != nil {
			return fmt.Errorf("read the journal: %w", err)
		}
		if !ok {
			break
		}
		if entry.kind != aBatch {
			continue
		}
		_, blinds, err := splitBatch(entry.payload)
		for r := (reader{rest: blinds, fault: err}); len(r.rest) > 0 || r.fault != nil; {
			step := readBlind(&r)
			if r.fault != nil {
				return fmt.Errorf("read the journal at byte %d: %w", entry.at, r.fault)
			}
			e.pending.add(step)
		}
	}
	if e.pending.steps == 0 {
		e.pending.from = e.journal.end
	}
	return nil
}
