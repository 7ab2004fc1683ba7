//go:build !linux

package disk

import (
	"errors"
	"os"
)

func datasync(f *os.File) error { return f.Sync() }

func allocate(*os.File, int64, int64) error { return errors.ErrUnsupported }

func unmap(uintptr, uintptr) error { return nil }
