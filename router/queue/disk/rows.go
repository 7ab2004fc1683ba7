package disk

import (
	"bytes"
	"context"
	"encoding/binary"

	"go.etcd.io/bbolt"

	"bellhop/router/queue"
)

// revision is how many bytes of a stored row are its revision.
const revision = 8

// row returns a row's revision and value; 0 and nil when it is not there. The
// value is valid within the transaction only.
func (s store) row(key string) (rev uint64, value []byte) {
	b := s.in(bucketRows).Get([]byte(key))
	if len(b) < revision {
		return 0, nil
	}
	return binary.BigEndian.Uint64(b), b[revision:]
}

// set writes or removes a row. Revisions are counted over all rows, so that one
// that is removed and made anew is not taken for the old one.
func (s store) set(row queue.Row) error {
	rows := s.in(bucketRows)
	if row.Value == nil {
		if now, _ := s.row(row.Key); row.Rev != 0 && row.Rev != now {
			return nil // another row by now, which nobody asked to remove
		}
		return rows.Delete([]byte(row.Key))
	}
	rev, err := rows.NextSequence()
	if err != nil {
		return err
	}
	return rows.Put([]byte(row.Key), append(number(rev), row.Value...))
}

// Get implements queue.Engine.
func (e *Engine) Get(ctx context.Context, key string) (queue.Row, error) {
	row := queue.Row{Key: key}
	if err := e.open(ctx); err != nil {
		return row, err
	}
	err := e.view(func(s store) error {
		var value []byte
		row.Rev, value = s.row(key)
		row.Value = bytes.Clone(value)
		return nil
	})
	return row, err
}

// Scan implements queue.Engine.
func (e *Engine) Scan(ctx context.Context, q queue.RowQuery) ([]queue.Row, error) {
	if err := e.open(ctx); err != nil {
		return nil, err
	}
	var rows []queue.Row
	err := e.view(func(s store) error {
		prefix := []byte(q.Prefix)
		c := s.in(bucketRows).Cursor()
		step := c.Next
		if q.Desc {
			step = c.Prev
		}
		for k, v := startRow(c, q); k != nil; k, v = step() {
			if !bytes.HasPrefix(k, prefix) || q.Limit > 0 && len(rows) == q.Limit {
				break
			}
			rows = append(rows, queue.Row{
				Key: string(k), Rev: binary.BigEndian.Uint64(v), Value: bytes.Clone(v[revision:]),
			})
		}
		return nil
	})
	return rows, err
}

// startRow finds the first row of a walk.
func startRow(c *bbolt.Cursor, q queue.RowQuery) (k, v []byte) {
	if q.Desc {
		bound := after([]byte(q.Prefix))
		if q.After != "" && (bound == nil || q.After < string(bound)) {
			bound = []byte(q.After)
		}
		return before(c, bound)
	}
	k, v = c.Seek([]byte(max(q.Prefix, q.After)))
	if q.After != "" && string(k) == q.After {
		k, v = c.Next()
	}
	return k, v
}

// after is the smallest key beyond all that begin with prefix; nil: there is none.
func after(prefix []byte) []byte {
	end := bytes.TrimRight(prefix, "\xff")
	if len(end) == 0 {
		return nil
	}
	end = bytes.Clone(end)
	end[len(end)-1]++
	return end
}

// before moves to the last key that is smaller than bound; nil: to the very last.
func before(c *bbolt.Cursor, bound []byte) (k, v []byte) {
	if bound == nil {
		return c.Last()
	}
	if k, _ := c.Seek(bound); k == nil {
		return c.Last()
	}
	return c.Prev()
}
