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
}

func (s store) in(bucket []byte) *bbolt.Bucket { return s.tx.Bucket(bucket) }

// fresh is true for a file in which nothing is yet, and an error for one that
// we should not touch.
func (s store) fresh() (bool, error) {
	meta := s.in(bucketMeta)
	if meta == nil {
		if first, _ := s.tx.Cursor().First(); first != nil {
			return false, errForeign
		}
		return true, nil
	}
	if v := meta.Get(keyFormat); string(v) != format {
		return false, fmt.Errorf("format %q, this program writes %q: %w", v, format, errFormat)
	}
	return false, nil
}

func (s store) make() error {
	for _, b := range buckets() {
		if _, err := s.tx.CreateBucket(b); err != nil {
			return err
		}
	}
	return s.in(bucketMeta).Put(keyFormat, []byte(format))
}

// load returns the job of that number; nil when there is none.
func (s store) load(seq uint64) (*record, error) {
	b := s.in(bucketJobs).Get(number(seq))
	if b == nil {
		return nil, nil
	}
	return decode(seq, b)
}

// find returns the newest job of that id; nil when there is none.
func (s store) find(id string) (*record, error) {
	b := s.in(bucketIDs).Get([]byte(id))
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
	return s.in(bucketJobs).Put(number(r.Seq), b)
}

// add stores a job that waits, in its place among those of its key.
func (s store) add(r *record, own time.Time) error {
	r.cap(own)
	if err := s.save(r); err != nil {
		return err
	}
	if err := s.in(bucketIDs).Put([]byte(r.ID), number(r.Seq)); err != nil {
		return err
	}
	if err := s.list(r); err != nil {
		return err
	}
	if err := s.in(bucketOrder).Put(orderKey(r.Lane, r.Key, r.Seq), nil); err != nil {
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
	return s.in(bucketLanes).Put(laneKey(r.Lane, r.State, r.Seq), number(nanos(r.Put)))
}

func (s store) unlist(r *record) error {
	return s.in(bucketLanes).Delete(laneKey(r.Lane, r.State, r.Seq))
}

// first is the number of the job that the others of its key wait for.
func (s store) first(lane, key string) (seq uint64, ok bool) {
	prefix := keyPrefix(lane, key)
	k, _ := s.in(bucketOrder).Cursor().Seek(prefix)
	if !bytes.HasPrefix(k, prefix) {
		return 0, false
	}
	return seqOf(k), true
}

// file enters a head into the due index; unfile takes it out.
func (s store) file(r *record) error {
	return s.in(bucketDue).Put(dueKey(r.Lane, r.Wake, r.Seq), number(uint64(r.Delay)))
}

func (s store) unfile(r *record) error {
	return s.in(bucketDue).Delete(dueKey(r.Lane, r.Wake, r.Seq))
}

// change saves what f does to a waiting job and keeps it filed under its time.
func (s store) change(r *record, f func()) error {
	key := dueKey(r.Lane, r.Wake, r.Seq)
	head := s.in(bucketDue).Get(key) != nil
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
	return s.in(bucketCount).Put(name(nil, lane), value)
}

func (s store) counted(lane string) (waiting, dead int) {
	b := s.in(bucketCount).Get(name(nil, lane))
	if len(b) != 16 {
		return 0, 0
	}
	return int(binary.BigEndian.Uint64(b)), int(binary.BigEndian.Uint64(b[8:]))
}
