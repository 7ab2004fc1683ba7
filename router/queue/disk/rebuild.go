package disk

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"bellhop/router/queue"
)

// SuspectFile is the name of the mark that a store was found broken while it was in
// use; the next start builds it anew.
const SuspectFile = "bellhop.db.suspect"

func (e *Engine) suspect() {
	if err := os.WriteFile(filepath.Join(e.folder, SuspectFile), nil, 0o600); err != nil {
		e.log.Error("queue: the file could not be marked as broken", "folder", e.folder, "err", err)
	}
}

func (e *Engine) isSuspect() bool {
	_, err := os.Stat(filepath.Join(e.folder, SuspectFile))
	return err == nil
}

// unfinished is added to the name of a store that is being built. The broken one
// keeps its name until then, so that a kill meanwhile costs nothing but time.
const unfinished = ".unfinished"

// rebuild makes a new store of what can be read of a broken one, does again what the
// journal has, and puts the broken one aside.
func (e *Engine) rebuild(cause error) error {
	e.log.Error("queue: the file is broken and is built anew from what can be read", "folder", e.folder, "err", cause)
	if e.tx != nil {
		_ = e.guarded(e.tx.Rollback)
		e.tx = nil
	}
	if e.db != nil {
		if err := e.guarded(e.db.Close); err != nil {
			e.log.Error("queue: closing the broken file", "folder", e.folder, "err", err)
		}
	}
	e.db, e.broken, e.journal.followed = nil, nil, false
	name := filepath.Join(e.folder, File)
	saved, err := e.salvage(name, name+unfinished)
	if err != nil {
		return errors.Join(cause, fmt.Errorf("save what can be read of %s: %w", name, err))
	}
	aside := name + ".damaged-" + strconv.FormatInt(e.clock.Start().Unix(), 10)
	if err := replace(name, name+unfinished, aside); err != nil {
		return errors.Join(cause, fmt.Errorf("put the broken file aside: %w", err))
	}
	if err := syncFolders(e.folder); err != nil {
		return errors.Join(cause, fmt.Errorf("sync queue folder %s: %w", e.folder, err))
	}
	e.log.Error("queue: the file was built anew", "folder", e.folder, "rows", saved.rows, "jobs", saved.jobs,
		"damaged_values", saved.damaged, "unreadable_pages", saved.lost, "broken_file", aside)
	if err := os.Remove(filepath.Join(e.folder, SuspectFile)); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}

// saved counts what was read of a wreck.
type saved struct{ rows, jobs, damaged, lost int }

// replace gives a file's name to a fresh one; it is itself kept as aside.
func replace(name, fresh, aside string) error {
	if err := os.Link(name, aside); err != nil { // not every file system can
		if err := os.Rename(name, aside); err != nil {
			return err
		}
	}
	return os.Rename(fresh, name)
}

func (e *Engine) salvage(broken, fresh string) (saved, error) {
	var n saved
	f, err := os.Open(broken)
	if err != nil {
		return n, err
	}
	defer func() { _ = f.Close() }() // it was only read
	if err := os.Remove(fresh); err != nil && !errors.Is(err, os.ErrNotExist) {
		return n, err
	}
	if e.db, err = openStore(fresh); err != nil {
		return n, err
	}
	if err := e.begin(); err != nil {
		return n, err
	}
	err = e.guarded(func() error {
		if err := (store{tx: e.tx}).make(); err != nil {
			return err
		}
		if n, err = e.rescue(f); err != nil {
			return err
		}
		if err := e.replay(); err != nil {
			return err
		}
		return store{tx: e.tx}.reindex()
	})
	if err != nil {
		return n, err
	}
	return n, e.checkpoint()
}

// rescue copies rows and jobs whose checksums fit, and where the journal stands.
func (e *Engine) rescue(f *os.File) (n saved, err error) {
	info, err := f.Stat()
	if err != nil {
		return n, err
	}
	w, roots, err := openWreck(f, info.Size())
	if errors.Is(err, errNoTree) {
		n.lost = 1
		return n, e.guessMark()
	}
	if err != nil {
		return n, err
	}
	s, marked := store{tx: e.tx}, false
	copied := func(b bucket, count *int) func(key, value []byte) {
		return func(key, value []byte) {
			if _, bad := checked(value); bad != nil || len(key) == 0 {
				n.damaged++
				return
			}
			*count++
			err = errors.Join(err, s.in(b).Put(key, value), s.seenUpTo(b, key, value))
		}
	}
	for _, root := range roots {
		w.walk(root, 0, func(flags uint32, key, value []byte) {
			switch {
			case flags&flagBucket == 0:
			case string(key) == inRows.name():
				err = errors.Join(err, s.atLeast(inRows, w.bucket(value, copied(inRows, &n.rows))))
			case string(key) == inJobs.name():
				err = errors.Join(err, s.atLeast(inJobs, w.bucket(value, copied(inJobs, &n.jobs))))
			case string(key) == inMeta.name():
				w.bucket(value, func(k, v []byte) {
					if string(k) == string(keyJournal) && len(v) == 24 && !marked {
						marked = true
						err = errors.Join(err, s.in(inMeta).Put(keyJournal, v))
					}
				})
			}
		})
		if n.rows+n.jobs > 0 || w.lost == 0 {
			break // an older root is only of use where the newer one leads nowhere
		}
	}
	n.lost = w.lost
	if !marked {
		err = errors.Join(err, e.guessMark())
	}
	return n, err
}

// seenUpTo keeps the sequence ahead of what a rescued value bears.
func (s store) seenUpTo(b bucket, key, value []byte) error {
	if b == inJobs && len(key) == 8 {
		return s.atLeast(b, binary.BigEndian.Uint64(key))
	}
	if b == inRows && len(value) >= 12 {
		return s.atLeast(b, binary.BigEndian.Uint64(value[4:]))
	}
	return nil
}

// atLeast counts a bucket's sequence up to n.
func (s store) atLeast(b bucket, n uint64) error {
	if s.in(b).Sequence() >= n {
		return nil
	}
	return s.in(b).SetSequence(n)
}

// guessMark takes the whole journal for what the store has not followed: to do a
// change again that is there already does no harm.
func (e *Engine) guessMark() error {
	head := make([]byte, frameHead)
	if _, err := e.journal.f.ReadAt(head, 0); err != nil {
		return nil // there is no journal: the mark of a new store is right
	}
	return store{tx: e.tx}.setMark(mark{epoch: binary.BigEndian.Uint64(head[8:])})
}

// mend takes jobs that are damaged out of the way of the others: what they held is
// lost, and the log says so.
func (e *Engine) mend() error {
	e.gate <- struct{}{}
	defer e.leave()
	return e.takeOut()
}

// takeOut is mend for who holds the gate.
func (e *Engine) takeOut() error {
	if e.tx == nil || e.broken != nil {
		return errBroken
	}
	err := e.guarded(func() error { return store{tx: e.tx}.reindex() })
	if err == nil {
		return e.checkpoint()
	}
	e.log.Error("queue: damaged jobs are in the way and cannot be taken out", "folder", e.folder, "err", err)
	return e.restore(err)
}

// reindex makes all that leads to jobs anew out of the jobs.
func (s store) reindex() error {
	for _, b := range []bucket{inIDs, inOrder, inDue, inLanes, inCount} {
		if err := s.tx.DeleteBucket([]byte(b.name())); err != nil {
			return err
		}
		if _, err := s.tx.CreateBucket([]byte(b.name())); err != nil {
			return err
		}
	}
	c := s.in(inJobs).Cursor()
	var damaged [][]byte
	for k, v := c.First(); k != nil; k, v = c.Next() {
		text, err := checked(v)
		var r *record
		if err == nil {
			r, err = decode(seqOf(k), text)
		}
		if err != nil {
			damaged = append(damaged, bytes.Clone(k))
			continue
		}
		if err := s.index(r); err != nil {
			return err
		}
	}
	for _, k := range damaged {
		if err := s.in(inJobs).Delete(k); err != nil {
			return err
		}
	}
	return nil
}

// index enters a job into all that leads to it. Jobs come in the order of their numbers.
func (s store) index(r *record) error {
	if err := errors.Join(s.write(inIDs, []byte(r.ID), number(r.Seq)), s.list(r)); err != nil {
		return err
	}
	switch r.State {
	case queue.Queued:
		_, blocked := s.first(r.Lane, r.Key)
		err := errors.Join(s.write(inOrder, orderKey(r.Lane, r.Key, r.Seq), nil), s.count(r.Lane, 1, 0))
		if err == nil && !blocked {
			err = s.file(r)
		}
		return err
	case queue.Dead:
		return s.count(r.Lane, 0, 1)
	}
	return s.count(r.Lane, 0, 0)
}
