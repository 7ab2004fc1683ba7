package disk

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"

	"go.etcd.io/bbolt"

	"bellhop/router/queue"
)

// row returns a row; its revision is 0 when it is not there. The value is valid
// until the store changes.
func (s store) row(key string) (queue.Row, error) {
	return readRow([]byte(key), s.in(inRows).Get([]byte(key)))
}

// readRow reads a row as it is stored: checksum, revision, value.
func readRow(key, b []byte) (queue.Row, error) {
	row := queue.Row{Key: string(key)}
	if b == nil {
		return row, nil
	}
	b, err := checked(b)
	if err == nil && len(b) < 8 {
		err = errDamaged
	}
	if err != nil {
		return row, fmt.Errorf("read row %q: %w", key, err)
	}
	row.Rev, row.Value = binary.BigEndian.Uint64(b), b[8:]
	return row, nil
}

// set writes or removes a row. Revisions are counted over all rows, so that one
// that is removed and made anew is not taken for the old one.
func (s store) set(row queue.Row) error {
	if row.Value == nil {
		now, err := s.row(row.Key)
		if err == nil && row.Rev != 0 && row.Rev != now.Rev {
			return nil // another row by now, which nobody asked to remove
		}
		return s.remove(inRows, []byte(row.Key))
	}
	rev, err := s.nextNumber(inRows)
	if err != nil {
		return err
	}
	return s.write(inRows, []byte(row.Key), sealed(number(rev), row.Value))
}

// Get implements queue.Engine.
func (e *Engine) Get(ctx context.Context, key string) (queue.Row, error) {
	row := queue.Row{Key: key}
	err := e.view(ctx, func(p *pending) bool { return p.touchesRow(key) }, func(s store) (err error) {
		row, err = s.row(key)
		row.Value = bytes.Clone(row.Value)
		return err
	})
	return row, err
}

// scanPage is how many rows or jobs are read while nobody else is served.
const scanPage = 500

// Scan implements queue.Engine. A long list is read in pages, each true in itself.
func (e *Engine) Scan(ctx context.Context, q queue.RowQuery) ([]queue.Row, error) {
	var rows []queue.Row
	page := q
	for {
		page.Limit = scanPage
		if q.Limit > 0 {
			page.Limit = min(scanPage, q.Limit-len(rows))
		}
		more, last, err := e.scan(ctx, page)
		rows = append(rows, more...)
		if err != nil || last == "" || q.Limit > 0 && len(rows) >= q.Limit {
			return rows, err
		}
		page.After = last
	}
}

// scan reads a page; last is the key where the next one goes on, "" at the end. A
// damaged row is left out and told of in the log.
func (e *Engine) scan(ctx context.Context, q queue.RowQuery) (rows []queue.Row, last string, err error) {
	err = e.view(ctx, func(p *pending) bool { return p.touchesRows(q.Prefix) }, func(s store) error {
		prefix := []byte(q.Prefix)
		k, v, step := startRows(s.in(inRows).Cursor(), q)
		n := 0
		for ; k != nil && bytes.HasPrefix(k, prefix); k, v = step() {
			if n == q.Limit {
				return nil
			}
			n++
			last = string(k)
			row, err := readRow(k, v)
			if err != nil {
				e.log.Error("queue: a damaged row is left out", "folder", e.folder, "err", err)
				continue
			}
			row.Value = bytes.Clone(row.Value)
			rows = append(rows, row)
		}
		last = ""
		return nil
	})
	return rows, last, err
}

// startRows finds the first row of a walk, and how it goes on.
func startRows(c *bbolt.Cursor, q queue.RowQuery) (k, v []byte, step func() (k, v []byte)) {
	if q.Desc {
		bound := after([]byte(q.Prefix))
		if q.After != "" && (bound == nil || q.After < string(bound)) {
			bound = []byte(q.After)
		}
		b := newBack(c)
		k, v = b.before(bound)
		return k, v, b.prev
	}
	k, v = c.Seek([]byte(max(q.Prefix, q.After)))
	if q.After != "" && string(k) == q.After {
		k, v = c.Next()
	}
	return k, v, c.Next
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
