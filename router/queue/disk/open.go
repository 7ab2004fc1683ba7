package disk

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
)

const (
	// File is the name of the queue's file in its folder.
	File = "bellhop.db"

	// present is the version of all that is written. A change that an older program
	// would misread counts it up, and adds a way to move on from the one before.
	present = "2"

	// bornPages is how many pages bbolt writes, and syncs, before it takes the
	// first transaction.
	bornPages = 4
)

var (
	errHeld    = errors.New("another process holds it: stop the other bellhop, or give this one a queue.path of its own")
	errFormat  = errors.New("it was written by another version of bellhop: run that version, or move the file away to begin anew")
	errForeign = errors.New("it is not a queue of bellhop: choose another queue.path, or move the file away to begin anew")
	errAccess  = errors.New("give the folder to the user that bellhop runs as, or choose another queue.path")
)

// openFile makes folder and file where they are absent, and locks the file.
func openFile(folder string) (*bbolt.DB, error) {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, fmt.Errorf("make queue folder %s: %w", folder, advise(err))
	}
	db, err := openStore(filepath.Join(folder, File))
	if err != nil {
		return nil, err
	}
	// A file is only there for good when its name is, too.
	if err := syncFolders(folder); err != nil {
		return nil, errors.Join(fmt.Errorf("sync queue folder %s: %w", folder, err), db.Close())
	}
	return db, nil
}

func openStore(file string) (*bbolt.DB, error) {
	db, err := bbolt.Open(file, 0o600, &bbolt.Options{
		Timeout:      time.Millisecond, // never needed: lockFile has the lock already
		FreelistType: bbolt.FreelistMapType,
		OpenFile:     lockFile,
	})
	if err != nil {
		return nil, fmt.Errorf("open queue %s: %w", file, advise(err))
	}
	return db, nil
}

// lockFile opens the file and locks it, or says at once that it is held. A file
// whose birth was cut off holds nothing yet and is begun anew.
func lockFile(name string, flag int, mode os.FileMode) (*os.File, error) {
	f, err := os.OpenFile(name, flag, mode)
	if err != nil {
		return nil, err
	}
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		err = errHeld
	}
	if err == nil {
		err = clearUnborn(f)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

func clearUnborn(f *os.File) error {
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if info.Size() >= int64(bornPages*os.Getpagesize()) {
		return nil
	}
	head := make([]byte, info.Size())
	if _, err := f.ReadAt(head, 0); err != nil {
		return err
	}
	if !unborn(head) {
		return errForeign
	}
	return f.Truncate(0)
}

// unborn tells the beginning of a bbolt file, or of none, from somebody's text.
func unborn(head []byte) bool {
	const (
		offset = 16         // of the first meta page, behind the page's header
		magic  = 0xED0CDAED // bbolt's internal/common/types.go
	)
	if len(bytes.Trim(head, "\x00")) == 0 {
		return true
	}
	return len(head) >= offset+4 && binary.NativeEndian.Uint32(head[offset:]) == magic
}

// syncFolders makes the names of the file and of its folder last.
func syncFolders(folder string) error {
	for _, name := range []string{folder, filepath.Dir(filepath.Clean(folder))} {
		d, err := os.Open(name)
		if errors.Is(err, fs.ErrPermission) {
			continue // a parent that may be passed but not read
		}
		if err != nil {
			return err
		}
		if err := errors.Join(d.Sync(), d.Close()); err != nil {
			return err
		}
	}
	return nil
}

// advise adds to an error what to do about it, where we know.
func advise(err error) error {
	switch {
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		return fmt.Errorf("%w: %w", err, errAccess)
	case errors.Is(err, bolterrors.ErrInvalid), errors.Is(err, bolterrors.ErrVersionMismatch),
		errors.Is(err, bolterrors.ErrChecksum):
		return fmt.Errorf("%w: %w", err, errForeign)
	}
	return err
}

// openFiles opens store and journal and brings the one up to the other.
func (e *Engine) openFiles() (err error) {
	ours := e.hasJournal()
	err = e.guarded(func() (err error) {
		e.db, err = openFile(e.folder)
		return err
	})
	broken := errors.Is(err, errBroken) || errors.Is(err, errForeign) && ours
	if err != nil && !broken {
		return err
	}
	var jerr error
	if e.journal, jerr = openJournal(e.folder); jerr != nil {
		return jerr
	}
	if !ours { // it is only there for good when its name is, too
		if err := syncFolders(e.folder); err != nil {
			return fmt.Errorf("sync queue folder %s: %w", e.folder, err)
		}
	}
	if !broken {
		err = e.bringUp()
		broken = errors.Is(err, errBroken) || errors.Is(err, errDamaged) || err == nil && e.isSuspect()
	}
	if broken {
		return e.rebuild(err)
	}
	return err
}

// hasJournal tells a broken store of ours from somebody else's file.
func (e *Engine) hasJournal() bool {
	_, err := os.Stat(filepath.Join(e.folder, JournalFile))
	return err == nil
}

// bringUp prepares the store and does again what it has not followed.
func (e *Engine) bringUp() error {
	if err := e.begin(); err != nil {
		return fmt.Errorf("open queue in %s: %w", e.folder, err)
	}
	if err := e.guarded(e.prepare); err != nil {
		return fmt.Errorf("%s: %w", filepath.Join(e.folder, File), err)
	}
	if err := e.guarded(e.replay); err != nil {
		return fmt.Errorf("open queue in %s: %w", e.folder, err)
	}
	if err := e.guarded(e.recallAll); err != nil {
		return fmt.Errorf("open queue in %s: %w", e.folder, err)
	}
	return nil
}

// prepare makes the buckets of a new file and moves an old one to the present format.
func (e *Engine) prepare() error {
	s := store{tx: e.tx}
	format, err := s.format()
	switch {
	case err != nil:
		return err
	case format == present:
		_, err := e.tx.CreateBucketIfNotExists([]byte(inBegun.name())) // the first files lack it
		return err
	case format == "":
		err = s.make()
	case format == "1":
		e.log.Info("queue: the file is moved to the present format", "folder", e.folder, "from", format, "to", present)
		err = s.move1()
	default:
		return fmt.Errorf("format %q, this program writes %q: %w", format, present, errFormat)
	}
	if err != nil {
		return err
	}
	if err := e.tx.Commit(); err != nil {
		return fmt.Errorf("write queue in %s: %w", e.folder, advise(err))
	}
	e.tx = nil
	return e.begin()
}

// recallAll lets no job wait longer than it was asked to, because the clock was set
// back while nobody looked (R21).
func (e *Engine) recallAll() error {
	s := store{tx: e.tx}
	late, err := s.overdue(e.clock.Start())
	if err != nil || len(late) == 0 {
		return err
	}
	if err := s.recall(late, e.clock.Start()); err != nil {
		return err
	}
	return e.checkpoint()
}

// closeFiles gives back what openFiles opened.
func (e *Engine) closeFiles() error {
	var errs []error
	if e.tx != nil {
		_ = e.guarded(e.tx.Rollback) // of what the journal has: no loss
		e.tx = nil
	}
	if e.db != nil {
		errs = append(errs, e.guarded(e.db.Close))
		e.db = nil
	}
	if e.journal != nil {
		errs = append(errs, e.journal.close())
		e.journal = nil
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("close queue in %s: %w", e.folder, err)
	}
	return nil
}
