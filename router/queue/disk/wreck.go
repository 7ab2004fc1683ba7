package disk

import (
	"encoding/binary"
	"errors"
	"hash/fnv"
	"io"
)

// wreck reads a bbolt file whose tree is broken, page by page, and passes by what
// makes no sense. The layout is that of bbolt's internal/common: page.go, meta.go,
// bucket.go; numbers are in the machine's own order.
type wreck struct {
	f        io.ReaderAt
	pageSize int64
	size     int64
	seen     map[uint64]bool
	lost     int   // pages that could not be read
	left     int64 // bytes that may still be looked at: a broken page can lead in circles
}

const (
	wreckMagic   = 0xED0CDAED
	pageHead     = 16
	elementSize  = 16
	bucketHead   = 16
	metaSize     = 64
	flagBranch   = 0x01
	flagLeaf     = 0x02
	flagBucket   = 0x01 // of a leaf's element
	wreckDepth   = 64
	wreckMaxPage = 1 << 16
)

var errNoTree = errors.New("neither of its two first pages can be read")

// openWreck finds the page size and the newest root.
func openWreck(f io.ReaderAt, size int64) (w *wreck, roots []uint64, err error) {
	w = &wreck{f: f, size: size, seen: map[uint64]bool{}, left: 4*size + 1<<20}
	var newest uint64
	// The page size is not known before a meta page was read: the second one stands
	// at a power of two.
	for at := int64(0); at <= wreckMaxPage; at = max(at*2, 1024) {
		root, txid, size, ok := readMeta(f, at)
		if !ok {
			continue
		}
		w.pageSize = size
		if txid >= newest {
			newest, roots = txid, append([]uint64{root}, roots...)
		} else {
			roots = append(roots, root)
		}
	}
	if w.pageSize == 0 {
		return nil, nil, errNoTree
	}
	return w, roots, nil
}

func readMeta(f io.ReaderAt, at int64) (root, txid uint64, pageSize int64, ok bool) {
	b := make([]byte, pageHead+metaSize)
	if _, err := f.ReadAt(b, at); err != nil {
		return 0, 0, 0, false
	}
	m := b[pageHead:]
	sum := fnv.New64a()
	_, _ = sum.Write(m[:metaSize-8]) // a hash takes everything
	pageSize = int64(binary.NativeEndian.Uint32(m[8:]))
	if binary.NativeEndian.Uint32(m) != wreckMagic || sum.Sum64() != binary.NativeEndian.Uint64(m[metaSize-8:]) ||
		pageSize < 512 || pageSize > wreckMaxPage {
		return 0, 0, 0, false
	}
	return binary.NativeEndian.Uint64(m[16:]), binary.NativeEndian.Uint64(m[metaSize-16:]), pageSize, true
}

// page reads a page with what overflows it; nil: it makes no sense.
func (w *wreck) page(id uint64) []byte {
	at := int64(id) * w.pageSize
	if id < 2 || at < 0 || at+w.pageSize > w.size {
		return nil
	}
	head := make([]byte, pageHead)
	if _, err := w.f.ReadAt(head, at); err != nil {
		return nil
	}
	size := (int64(binary.NativeEndian.Uint32(head[12:])) + 1) * w.pageSize
	if binary.NativeEndian.Uint64(head) != id || at+size > w.size {
		return nil
	}
	b := make([]byte, size)
	if _, err := w.f.ReadAt(b, at); err != nil {
		return nil
	}
	return b
}

// walk calls f for each element of the leaves below a page.
func (w *wreck) walk(id uint64, depth int, f func(flags uint32, key, value []byte)) {
	if w.seen[id] || depth > wreckDepth {
		w.lost++
		return
	}
	w.seen[id] = true
	b := w.page(id)
	if b == nil || !w.elements(b, depth, f) {
		w.lost++
	}
}

// elements goes through a page; false when a part of it makes no sense.
func (w *wreck) elements(b []byte, depth int, f func(flags uint32, key, value []byte)) bool {
	flags, count := binary.NativeEndian.Uint16(b[8:]), int(binary.NativeEndian.Uint16(b[10:]))
	if flags != flagBranch && flags != flagLeaf {
		return false
	}
	whole := true
	for i := range count {
		at := pageHead + i*elementSize
		if at+elementSize > len(b) {
			return false
		}
		e := b[at:]
		if flags == flagBranch {
			w.walk(binary.NativeEndian.Uint64(e[8:]), depth+1, f)
			continue
		}
		key, value, ok := leafElement(b[at:])
		if w.left -= int64(elementSize + len(key) + len(value)); w.left < 0 {
			return false
		}
		if !ok {
			whole = false
			continue
		}
		f(binary.NativeEndian.Uint32(e), key, value)
	}
	return whole
}

// leafElement reads the element that b begins with; its key and value lie behind.
func leafElement(b []byte) (key, value []byte, ok bool) {
	pos := uint64(binary.NativeEndian.Uint32(b[4:]))
	keyEnd := pos + uint64(binary.NativeEndian.Uint32(b[8:]))
	end := keyEnd + uint64(binary.NativeEndian.Uint32(b[12:]))
	if end > uint64(len(b)) {
		return nil, nil, false
	}
	return b[pos:keyEnd], b[keyEnd:end], true
}

// bucket calls f for what a bucket holds, and returns its sequence.
func (w *wreck) bucket(value []byte, f func(key, value []byte)) (sequence uint64) {
	if len(value) < bucketHead {
		w.lost++
		return 0
	}
	each := func(_ uint32, k, v []byte) { f(k, v) }
	root := binary.NativeEndian.Uint64(value)
	switch {
	case root != 0:
		w.walk(root, 0, each)
	case len(value) < bucketHead+pageHead || !w.elements(value[bucketHead:], 0, each):
		w.lost++
	}
	return binary.NativeEndian.Uint64(value[8:])
}
