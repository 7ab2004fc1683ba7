package disk

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// redo writes down what is done to the store, in the form of the journal: after a
// kill it is done again.
type redo struct{ ops []byte }

const (
	opPut    = 'p' // bucket, key, value
	opDelete = 'd' // bucket, key
	opCount  = 'n' // bucket, its sequence
)

func (r *redo) write(b bucket, key, value []byte) {
	if r == nil {
		return
	}
	r.ops = appendText(appendText(append(r.ops, opPut, byte(b)), key), value)
}

func (r *redo) remove(b bucket, key []byte) {
	if r == nil {
		return
	}
	r.ops = appendText(append(r.ops, opDelete, byte(b)), key)
}

func (r *redo) count(b bucket, n uint64) {
	if r == nil {
		return
	}
	r.ops = binary.AppendUvarint(append(r.ops, opCount, byte(b)), n)
}

func appendText[T ~[]byte | ~string](b []byte, text T) []byte {
	return append(binary.AppendUvarint(b, uint64(len(text))), text...)
}

var errShort = errors.New("it ends too early")

// reader takes apart what redo and blind steps wrote. After a fault it reads
// nothing but zeros.
type reader struct {
	rest  []byte
	fault error
}

func (r *reader) byte() byte {
	if len(r.rest) == 0 {
		r.fault = errShort
		return 0
	}
	b := r.rest[0]
	r.rest = r.rest[1:]
	return b
}

func (r *reader) number() uint64 {
	n, size := binary.Uvarint(r.rest)
	if size <= 0 {
		r.fault, r.rest = errShort, nil
		return 0
	}
	r.rest = r.rest[size:]
	return n
}

func (r *reader) text() []byte {
	n := r.number()
	if n > uint64(len(r.rest)) {
		r.fault, r.rest = errShort, nil
		return nil
	}
	text := r.rest[:n:n]
	r.rest = r.rest[n:]
	return text
}

// redoOps does to the store what ops say.
func (s store) redoOps(ops []byte) error {
	r := reader{rest: ops}
	for len(r.rest) > 0 && r.fault == nil {
		if err := s.redoOne(&r); err != nil {
			return err
		}
	}
	return r.fault
}

func (s store) redoOne(r *reader) error {
	op, in := r.byte(), bucket(r.byte())
	if in >= buckets {
		return fmt.Errorf("the journal names bucket %d, which does not exist", in)
	}
	switch op {
	case opPut:
		key, value := r.text(), r.text()
		if r.fault != nil {
			return r.fault
		}
		return s.in(in).Put(key, value)
	case opDelete:
		key := r.text()
		if r.fault != nil {
			return r.fault
		}
		return s.in(in).Delete(key)
	case opCount:
		n := r.number()
		if r.fault != nil {
			return r.fault
		}
		return s.in(in).SetSequence(n)
	}
	return fmt.Errorf("the journal names operation %d, which does not exist", op)
}
