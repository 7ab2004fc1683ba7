package disk

import (
	"bytes"
	"math/rand/v2"
)

// format is the version of the file; "" for one in which nothing is yet, and an
// error for one that we should not touch.
func (s store) format() (string, error) {
	meta := s.in(inMeta)
	if meta != nil {
		return string(meta.Get(keyFormat)), nil
	}
	if first, _ := s.tx.Cursor().First(); first != nil {
		return "", errForeign
	}
	return "", nil
}

// make makes the buckets of a new file. The journal's first epoch is one of its own,
// so that the journal of another file is not taken for this one's.
func (s store) make() error {
	for b := range buckets {
		if _, err := s.tx.CreateBucket([]byte(b.name())); err != nil {
			return err
		}
	}
	if err := s.setMark(mark{epoch: rand.Uint64() >> 1}); err != nil {
		return err
	}
	return s.in(inMeta).Put(keyFormat, []byte(present))
}

// move1 moves a file of format 1, which had neither journal nor checksums.
func (s store) move1() error {
	for _, b := range []bucket{inRows, inJobs} {
		if err := s.sealAll(b); err != nil {
			return err
		}
	}
	if _, err := s.tx.CreateBucketIfNotExists([]byte(inBegun.name())); err != nil {
		return err
	}
	if err := s.setMark(mark{epoch: rand.Uint64() >> 1}); err != nil {
		return err
	}
	return s.in(inMeta).Put(keyFormat, []byte(present))
}

// sealAll puts a checksum in front of every value of a bucket.
func (s store) sealAll(b bucket) error {
	c := s.in(b).Cursor()
	for k, v := c.First(); k != nil; {
		key := bytes.Clone(k)
		if err := s.in(b).Put(key, sealed(v)); err != nil {
			return err
		}
		// The cursor does not outlive a change of the tree.
		if k, v = c.Seek(key); bytes.Equal(k, key) {
			k, v = c.Next()
		}
	}
	return nil
}
