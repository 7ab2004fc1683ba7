package disk

const (
	// breath is how often the store is asked until its pages are let go.
	breath = 64
	// small is how large a file may be whose pages are not worth letting go, in bytes.
	small = 16 << 20
)

// breathe lets the store's pages go now and then: they are mapped into memory, and
// whatever was looked at would count as the process's own for ever. The kernel
// keeps them as long as it has no better use for the room.
func (e *Engine) breathe() {
	if e.reads++; e.reads >= breath {
		e.letGo()
	}
}

// letGo unmaps the pages that were looked at. They come back by themselves.
func (e *Engine) letGo() {
	e.reads = 0
	info := e.db.Info()
	size := e.mapped()
	if info.Data == 0 || size < small {
		return
	}
	if err := unmap(info.Data, uintptr(size)); err != nil {
		e.log.Debug("queue: pages could not be let go", "folder", e.folder, "err", err)
	}
}

// mapped is how many bytes of the file are surely mapped: what the transaction
// found when it began.
func (e *Engine) mapped() int {
	if e.tx == nil {
		return 0
	}
	return int(e.tx.Size())
}
