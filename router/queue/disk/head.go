package disk

import (
	"bytes"
	"encoding/binary"
	"time"
)

// head is an entry of the due index: the job of a key that goes out next.
type head struct {
	seq   uint64
	wake  time.Time
	delay time.Duration
}

// heads calls f for the heads of a lane that wake at from or later, the earliest
// first, until f returns false.
func (s store) heads(lane string, from time.Time, f func(h head) bool) {
	prefix := duePrefix(lane)
	c := s.in(inDue).Cursor()
	for k, v := c.Seek(dueKey(lane, from, 0)); bytes.HasPrefix(k, prefix); k, v = c.Next() {
		h := head{seq: seqOf(k), wake: dueOf(k), delay: time.Duration(binary.BigEndian.Uint64(v))}
		if !f(h) {
			return
		}
	}
}

// overdue lists the heads that would wait longer than they were asked to,
// because the clock was set back while nobody looked (R21).
func (s store) overdue(now time.Time) ([]head, error) {
	var late []head
	err := s.in(inCount).ForEach(func(lane, _ []byte) error {
		s.heads(string(lane[2:]), now, func(h head) bool {
			if h.wake.Sub(now) > h.delay {
				late = append(late, h)
			}
			return true
		})
		return nil
	})
	return late, err
}

// recall lets overdue heads wait for their delay from now on.
func (s store) recall(late []head, now time.Time) error {
	for _, h := range late {
		r, err := s.load(h.seq)
		if err != nil {
			return err
		}
		if r == nil {
			continue
		}
		if err := s.change(r, func() { r.Wake = now.Add(r.Delay) }); err != nil {
			return err
		}
	}
	return nil
}
