package disk

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"time"

	"go.etcd.io/bbolt"
)

// store is the file within one transaction. It keeps the buckets true to each
// other; who may do what is decided above it.
type store struct {
	tx   *bbolt.Tx
	wall time.Time // the present, for what is written down
	redo *redo     // takes down what is changed; nil: nothing is
}

func (s store) in(b bucket) *bbolt.Bucket { return s.tx.Bucket([]byte(b.name())) }

// write, remove and nextNumber are the only ways to change the store.
func (s store) write(b bucket, key, value []byte) error {
	s.redo.write(b, key, value)
	return s.in(b).Put(key, value)
}

func (s store) remove(b bucket, key []byte) error {
	s.redo.remove(b, key)
	return s.in(b).Delete(key)
}

// number counts the bucket's sequence up.
func (s store) nextNumber(b bucket) (uint64, error) {
	n, err := s.in(b).NextSequence()
	s.redo.count(b, n)
	return n, err
}

// load returns the job of that number; nil when there is none.
func (s store) load(seq uint64) (*record, error) {
	b := s.in(inJobs).Get(number(seq))
	if b == nil {
		return nil, nil
	}
	text, err := checked(b)
	if err != nil {
		return nil, fmt.Errorf("read job %d: %w", seq, err)
	}
	return decode(seq, text)
}

// find returns the newest job of that id; nil when there is none.
func (s store) find(id string) (*record, error) {
	b := s.in(inIDs).Get([]byte(id))
	if b == nil {
		return nil, nil
	}
	return s.load(binary.BigEndian.Uint64(b))
}

func (s store) save(r *record) error {
	b, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("encode job %q: %w", r.ID, err)
	}
	return s.write(inJobs, number(r.Seq), sealed(nil, b))
}

// add stores a job that waits, in its place among those of its key.
func (s store) add(r *record, own time.Time) error {
	r.cap(own)
	if err := s.save(r); err != nil {
		return err
	}
	if err := s.write(inIDs, []byte(r.ID), number(r.Seq)); err != nil {
		return err
	}
	if err := s.list(r); err != nil {
		return err
	}
	if err := s.write(inOrder, orderKey(r.Lane, r.Key, r.Seq), nil); err != nil {
		return err
	}
	if err := s.count(r.Lane, 1, 0); err != nil {
		return err
	}
	if first, _ := s.first(r.Lane, r.Key); first != r.Seq {
		return nil
	}
	return s.file(r)
}

// list enters a job into its lane under its state; unlist takes it out.
func (s store) list(r *record) error {
	return s.write(inLanes, laneKey(r.Lane, r.State, r.Seq), number(nanos(r.Put)))
}

func (s store) unlist(r *record) error {
	return s.remove(inLanes, laneKey(r.Lane, r.State, r.Seq))
}

// first is the number of the job that the others of its key wait for.
func (s store) first(lane, key string) (seq uint64, ok bool) {
	prefix := keyPrefix(lane, key)
	k, _ := s.in(inOrder).Cursor().Seek(prefix)
	if !bytes.HasPrefix(k, prefix) {
		return 0, false
	}
	return seqOf(k), true
}

// file enters a head into the due index; unfile takes it out.
func (s store) file(r *record) error {
	return s.write(inDue, dueKey(r.Lane, r.Wake, r.Seq), number(uint64(r.Delay)))
}

func (s store) unfile(r *record) error {
	return s.remove(inDue, dueKey(r.Lane, r.Wake, r.Seq))
}

// change saves what f does to a waiting job and keeps it filed under its time.
func (s store) change(r *record, f func()) error {
	key := dueKey(r.Lane, r.Wake, r.Seq)
	head := s.in(inDue).Get(key) != nil
	if head {
		if err := s.unfile(r); err != nil {
			return err
		}
	}
	f()
	if head {
		if err := s.file(r); err != nil {
			return err
		}
	}
	return s.save(r)
}

// count adds to a lane's counters.
func (s store) count(lane string, waiting, dead int) error {
	w, d := s.counted(lane)
	value := append(number(uint64(w+waiting)), number(uint64(d+dead))...)
	return s.write(inCount, name(nil, lane), value)
}

func (s store) counted(lane string) (waiting, dead int) {
	b := s.in(inCount).Get(name(nil, lane))
	if len(b) != 16 {
		return 0, 0
	}
	return int(binary.BigEndian.Uint64(b)), int(binary.BigEndian.Uint64(b[8:]))
}
