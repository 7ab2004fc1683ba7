package disk

import (
	"errors"
	"os"
	"syscall"
)

// datasync makes what was written last, and as much of the file's metadata as is
// needed to read it.
func datasync(f *os.File) error { return syscall.Fdatasync(int(f.Fd())) }

// allocate takes room in a file; errors.ErrUnsupported: the file system cannot.
func allocate(f *os.File, at, n int64) error {
	err := syscall.Fallocate(int(f.Fd()), 0, at, n)
	if errors.Is(err, syscall.EOPNOTSUPP) {
		return errors.ErrUnsupported
	}
	return err
}

// unmap lets the pages of a mapping go until they are looked at again.
func unmap(at, n uintptr) error {
	if _, _, errno := syscall.Syscall(syscall.SYS_MADVISE, at, n, syscall.MADV_DONTNEED); errno != 0 {
		return errno
	}
	return nil
}
