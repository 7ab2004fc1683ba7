package disk

import (
	"bytes"
	"context"
	"encoding/binary"
	"math"
	"strings"
	"time"

	"go.etcd.io/bbolt"

	"bellhop/router/queue"
)

// Jobs implements queue.Engine. A query for a lane costs what it returns; one
// over many lanes reads the jobs it passes by.
func (e *Engine) Jobs(ctx context.Context, q queue.JobQuery) ([]queue.Job, error) {
	if err := e.open(ctx); err != nil {
		return nil, err
	}
	var jobs []queue.Job
	err := e.view(func(s store) error {
		walks := s.walks(q)
		for q.Limit <= 0 || len(jobs) < q.Limit {
			if err := ctx.Err(); err != nil {
				return err
			}
			seq, ok := newest(walks)
			if !ok {
				return nil
			}
			r, err := s.load(seq)
			if err != nil {
				return err
			}
			if r != nil && wanted(r, q) {
				jobs = append(jobs, r.job())
			}
		}
		return nil
	})
	return jobs, err
}

func wanted(r *record, q queue.JobQuery) bool {
	return (q.Lane == "" || r.Lane == q.Lane) && strings.HasPrefix(r.Lane, q.Prefix) &&
		(q.State == "" || r.State == q.State)
}

// Stats implements queue.Engine.
func (e *Engine) Stats(ctx context.Context, lane string) (queue.Stats, error) {
	var stats queue.Stats
	if err := e.open(ctx); err != nil {
		return stats, err
	}
	err := e.view(func(s store) error {
		stats.Depth, stats.Dead = s.counted(lane)
		prefix := lanePrefix(lane, queue.Queued)
		k, v := s.in(bucketLanes).Cursor().Seek(prefix)
		if bytes.HasPrefix(k, prefix) {
			stats.Oldest = time.Unix(0, int64(binary.BigEndian.Uint64(v)))
		}
		return nil
	})
	return stats, err
}

// walk goes through job numbers downwards.
type walk struct {
	c      *bbolt.Cursor
	prefix []byte
	key    []byte // where it stands; nil: at its end
}

// walks returns the walks that together pass every job the query may want.
func (s store) walks(q queue.JobQuery) []*walk {
	if q.Lane == "" {
		return []*walk{newWalk(s.in(bucketJobs).Cursor(), nil, q.Before)}
	}
	states := []queue.State{queue.Queued, queue.Sent, queue.Dead, queue.Superseded}
	if q.State != "" {
		states = []queue.State{q.State}
	}
	var walks []*walk
	for _, state := range states {
		walks = append(walks, newWalk(s.in(bucketLanes).Cursor(), lanePrefix(q.Lane, state), q.Before))
	}
	return walks
}

func newWalk(c *bbolt.Cursor, prefix []byte, below uint64) *walk {
	if below == 0 {
		below = math.MaxUint64
	}
	w := &walk{c: c, prefix: prefix}
	k, _ := before(c, append(bytes.Clone(prefix), number(below)...))
	w.stand(k)
	return w
}

func (w *walk) stand(k []byte) {
	w.key = nil
	if bytes.HasPrefix(k, w.prefix) {
		w.key = k
	}
}

// newest takes the greatest number off the walks.
func newest(walks []*walk) (seq uint64, ok bool) {
	var best *walk
	for _, w := range walks {
		if w.key != nil && (best == nil || seqOf(w.key) > seqOf(best.key)) {
			best = w
		}
	}
	if best == nil {
		return 0, false
	}
	seq = seqOf(best.key)
	k, _ := best.c.Prev()
	best.stand(k)
	return seq, true
}
