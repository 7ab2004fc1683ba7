package disk

import (
	"bytes"

	"go.etcd.io/bbolt"
)

// back walks a bucket backwards. What was deleted in the running transaction leaves
// empty pages, on which bbolt's own Prev ends too early and its Last never ends; so
// this one knows where the bucket begins, and goes on until it gets there.
type back struct {
	c     *bbolt.Cursor
	first []byte // the smallest key; nil: the bucket is empty
	at    []byte // where it stands
}

func newBack(c *bbolt.Cursor) *back {
	k, _ := c.First()
	return &back{c: c, first: k}
}

// before moves to the last key that is smaller than bound; nil: to the very last.
func (b *back) before(bound []byte) (k, v []byte) {
	if b.first == nil || bound != nil && bytes.Compare(b.first, bound) >= 0 {
		return nil, nil
	}
	if bound != nil {
		k, _ = b.c.Seek(bound)
	}
	if k == nil {
		k, v = b.c.Last()
		b.at = k
		return k, v
	}
	return b.back()
}

// prev moves on.
func (b *back) prev() (k, v []byte) {
	if b.at == nil || bytes.Equal(b.at, b.first) {
		return nil, nil
	}
	return b.back()
}

// back moves to the key before, which is there.
func (b *back) back() (k, v []byte) {
	for k == nil {
		k, v = b.c.Prev()
	}
	b.at = k
	return k, v
}
