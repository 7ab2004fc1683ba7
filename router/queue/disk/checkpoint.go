package disk

import (
	"encoding/binary"
	"fmt"
	"time"
)

// checkpointAfter is how many bytes of changes the store is behind the journal at
// most; as many are done again after a kill.
const checkpointAfter = 4 << 20

// mark is how far the store has followed the journal.
type mark struct {
	epoch   uint64
	applied int64 // changes before this place are in the store
	folded  int64 // and so are blind steps before this one
}

func (s store) mark() (mark, error) {
	b := s.in(inMeta).Get(keyJournal)
	if len(b) != 24 {
		return mark{}, fmt.Errorf("read where the journal stands: %w", errDamaged)
	}
	return mark{
		epoch:   binary.BigEndian.Uint64(b),
		applied: int64(binary.BigEndian.Uint64(b[8:])),
		folded:  int64(binary.BigEndian.Uint64(b[16:])),
	}, nil
}

func (s store) setMark(m mark) error {
	b := append(append(number(m.epoch), number(uint64(m.applied))...), number(uint64(m.folded))...)
	return s.in(inMeta).Put(keyJournal, b)
}

// checkpoint lets the store follow the journal. When nothing waits to be filed, the
// journal begins anew.
func (e *Engine) checkpoint() error {
	m := mark{epoch: e.journal.epoch, applied: e.journal.end, folded: e.pending.from}
	anew := e.pending.steps == 0
	if anew {
		m = mark{epoch: e.journal.epoch + 1}
	}
	err := e.guarded(func() error {
		if err := (store{tx: e.tx}).setMark(m); err != nil {
			return err
		}
		return e.tx.Commit()
	})
	if err != nil {
		return e.restore(fmt.Errorf("write queue in %s: %w", e.folder, advise(err)))
	}
	e.tx, e.since = nil, 0
	if anew {
		e.journal.restart()
		e.pending.reset(0)
	}
	err = e.begin()
	e.letGo()
	return err
}

// begin opens the transaction that holds the changes until the next checkpoint.
func (e *Engine) begin() error {
	return e.guarded(func() (err error) {
		e.tx, err = e.db.Begin(true)
		return err
	})
}

// follow lets the store follow the journal when it is far enough behind. Whoever
// wrote is answered by the journal: when this fails, it is tried again later.
func (e *Engine) follow() {
	_, own := e.clock.Read()
	if e.since < checkpointAfter || own.Before(e.later) {
		return
	}
	if err := e.checkpoint(); err != nil {
		e.later = own.Add(followAgain)
		e.log.Error("queue: the store cannot follow the journal, and is tried again", "folder", e.folder, "err", err)
	}
}

// followAgain is how long a store rests that could not follow the journal.
const followAgain = time.Second
