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

	// format is the version of all that is written. A change that an older
	// program would misread counts it up.
	format = "1"

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
	file := filepath.Join(folder, File)
	db, err := bbolt.Open(file, 0o600, &bbolt.Options{
		Timeout:      time.Millisecond, // never needed: lockFile has the lock already
		FreelistType: bbolt.FreelistMapType,
		OpenFile:     lockFile,
	})
	if err != nil {
		return nil, fmt.Errorf("open queue %s: %w", file, advise(err))
	}
	// A file is only there for good when its name is, too.
	if err := syncFolders(folder); err != nil {
		return nil, errors.Join(fmt.Errorf("sync queue folder %s: %w", folder, err), db.Close())
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

// prepare makes the buckets of a new file and checks those of an old one.
func (e *Engine) prepare() error {
	fresh, late := false, []head(nil)
	err := e.view(func(s store) (err error) {
		if fresh, err = s.fresh(); err == nil && !fresh {
			late, err = s.overdue(e.clock.start)
		}
		return err
	})
	switch {
	case err != nil:
		return fmt.Errorf("%s: %w", File, err)
	case fresh:
		err = e.db.Update(func(tx *bbolt.Tx) error { return store{tx: tx}.make() })
	case len(late) > 0:
		err = e.db.Update(func(tx *bbolt.Tx) error { return store{tx: tx}.recall(late, e.clock.start) })
	}
	if err != nil {
		return fmt.Errorf("write queue in %s: %w", e.folder, err)
	}
	return nil
}
