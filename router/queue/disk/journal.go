package disk

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

const (
	// JournalFile is the name of the journal in the queue's folder.
	JournalFile = "bellhop.journal"
	// journalStep is how far ahead the journal takes room, so that a full disk is
	// noticed before anything has happened.
	journalStep = 1 << 20
	// journalIdle is how long a journal stays that is not needed. So much of it is
	// filled with zeros first, because what is written over syncs faster than what
	// makes a file longer; beyond, room alone is taken.
	journalIdle = 8 << 20
)

// journal is a file to which records are added. One sync makes all of them
// last. When all that it holds has gone into the store, it begins again at its
// start, in the next epoch.
type journal struct {
	f     *os.File
	epoch uint64
	end   int64  // where the next record goes
	room  int64  // how long the file is
	ahead []byte // records that are not written yet; they begin at end
	// followed: what was found behind end at the start is known. From then on only
	// what failed can be there.
	followed bool
}

func openJournal(folder string) (*journal, error) {
	name := filepath.Join(folder, JournalFile)
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open journal %s: %w", name, advise(err))
	}
	info, err := f.Stat()
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open journal %s: %w", name, err), f.Close())
	}
	return &journal{f: f, room: info.Size()}, nil
}

// add lays a record ready.
func (j *journal) add(k kind, payload ...[]byte) {
	j.ahead = appendFrame(j.ahead, j.epoch, k, payload...)
}

// reserve makes sure that n more bytes can be written, unless the disk is full.
func (j *journal) reserve(n int64) error {
	need := j.end + int64(len(j.ahead)) + n
	for j.room < need {
		if err := j.extend(); err != nil {
			return err
		}
		j.room += journalStep
	}
	return nil
}

func (j *journal) extend() error {
	if j.room >= journalIdle {
		err := allocate(j.f, j.room, journalStep)
		if !errors.Is(err, errors.ErrUnsupported) {
			return err
		}
	}
	_, err := j.f.WriteAt(make([]byte, journalStep), j.room)
	return err
}

// write writes what lies ready, and with sync makes all that was written last.
// When it fails, nothing of it counts.
func (j *journal) write(sync bool) error {
	if err := j.reserve(0); err != nil {
		j.ahead = j.ahead[:0]
		return err
	}
	if _, err := j.f.WriteAt(j.ahead, j.end); err != nil {
		return j.undo(err)
	}
	if sync {
		if err := datasync(j.f); err != nil {
			return j.undo(err)
		}
	}
	j.end += int64(len(j.ahead))
	if cap(j.ahead) > 1<<20 {
		j.ahead = nil
	}
	j.ahead = j.ahead[:0]
	return nil
}

// undo strikes out what lies ready, as far as the disk lets it: a record that was
// answered with an error shall not be found later.
func (j *journal) undo(err error) error {
	n := min(len(j.ahead), frameHead)
	if _, again := j.f.WriteAt(make([]byte, n), j.end); again != nil {
		err = errors.Join(err, again)
	}
	j.ahead = j.ahead[:0]
	return err
}

// restart begins the next epoch. The caller has everything in the store, which
// knows of the new epoch.
func (j *journal) restart() {
	j.epoch++
	j.end = 0
	if j.room > journalIdle && j.f.Truncate(journalIdle) == nil { // else it stays long, which does no harm
		j.room = journalIdle
	}
}

func (j *journal) close() error { return j.f.Close() }
