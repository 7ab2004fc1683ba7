package disk

import (
	"errors"
	"fmt"
	"runtime/debug"
)

// errBroken is said of a tree that cannot be walked.
var errBroken = errors.New("the file is broken: stop bellhop and start it again, then what can be read is saved")

// revived calls f with the store as it should be: one that could not be restored is
// tried again.
func (e *Engine) revived(f func() error) error {
	if e.broken != nil {
		return fmt.Errorf("read queue in %s: %w", e.folder, e.broken)
	}
	if e.tx == nil {
		if err := e.restore(nil); err != nil {
			return fmt.Errorf("read queue in %s: %w", e.folder, err)
		}
	}
	return f()
}

// guarded calls f, which walks the tree, and turns a panic over a broken one into
// an error; from then on nothing is done to the file any more.
func (e *Engine) guarded(f func() error) (err error) {
	before := debug.SetPanicOnFault(true)
	defer debug.SetPanicOnFault(before)
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%w: %v", errBroken, p)
			e.log.Error("queue: the file is broken", "folder", e.folder, "err", err, "stack", string(debug.Stack()))
			e.broken = err
			e.suspect()
		}
	}()
	return f()
}
