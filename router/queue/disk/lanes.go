package disk

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"strings"
	"syscall"
	"time"

	"bellhop/router/queue"
)

// Lanes implements queue.Engine.
func (e *Engine) Lanes(ctx context.Context, prefix string) ([]queue.Stats, error) {
	var all []queue.Stats
	touched := func(p *pending) bool { return p.touchesJobs(queue.JobQuery{Prefix: prefix}) }
	err := e.view(ctx, touched, func(s store) error {
		for _, lane := range s.lanes() {
			if !strings.HasPrefix(lane, prefix) {
				continue
			}
			stats := queue.Stats{Lane: lane}
			stats.Depth, stats.Dead = s.counted(lane)
			stats.Oldest = s.oldest(lane)
			if stats.Depth > 0 || stats.Dead > 0 {
				all = append(all, stats)
			}
		}
		return nil
	})
	return all, err
}

// lanes lists the lanes that ever held a job, by name.
func (s store) lanes() (all []string) {
	c := s.in(inCount).Cursor()
	for k, _ := c.First(); k != nil; k, _ = c.Next() {
		all = append(all, string(k[2:]))
	}
	return all
}

// oldest is when the oldest job that waits in a lane was put; zero: none waits.
func (s store) oldest(lane string) time.Time {
	prefix := lanePrefix(lane, queue.Queued)
	k, v := s.in(inLanes).Cursor().Seek(prefix)
	if !bytes.HasPrefix(k, prefix) {
		return time.Time{}
	}
	return time.Unix(0, int64(binary.BigEndian.Uint64(v)))
}

// Prune implements queue.Engine.
func (e *Engine) Prune(ctx context.Context, before time.Time, n int) (pruned int, err error) {
	err = e.write(ctx, work{do: func(b *batch) (err error) {
		pruned, err = b.prune(before, n)
		return err
	}})
	return pruned, err
}

func (b *batch) prune(before time.Time, n int) (pruned int, err error) {
	for _, lane := range b.store.lanes() {
		for _, state := range states() {
			if state == queue.Queued {
				continue
			}
			old := b.ended(lane, state, before, n-pruned)
			for _, seq := range old {
				if b.awaited(seq) {
					continue
				}
				if err := b.apply(func() error { return b.erase(lane, state, seq) }); err != nil {
					return pruned, err
				}
				pruned++
			}
		}
	}
	return pruned, nil
}

// awaited tells whether a job may have been put again by a step that is not filed
// yet: it is needed, to know that it was said already.
func (b *batch) awaited(seq uint64) bool {
	r, err := b.load(seq)
	return err == nil && r != nil && b.e.pending.touchesJob(r.ID)
}

// ended lists at most n jobs of a lane and state that were put before a time.
func (s store) ended(lane string, state queue.State, before time.Time, n int) (seqs []uint64) {
	prefix := lanePrefix(lane, state)
	c := s.in(inLanes).Cursor()
	for k, v := c.Seek(prefix); bytes.HasPrefix(k, prefix) && len(seqs) < n; k, v = c.Next() {
		if binary.BigEndian.Uint64(v) >= nanos(before) {
			break
		}
		seqs = append(seqs, seqOf(k))
	}
	return seqs
}

// erase removes the record of an ended job.
func (s store) erase(lane string, state queue.State, seq uint64) error {
	if err := s.remove(inLanes, laneKey(lane, state, seq)); err != nil {
		return err
	}
	if state == queue.Dead {
		if err := s.count(lane, 0, -1); err != nil {
			return err
		}
	}
	r, err := s.load(seq)
	if err != nil || r == nil {
		return err
	}
	return s.forget(r)
}

// Usage implements queue.Engine.
func (e *Engine) Usage(ctx context.Context) (queue.Usage, error) {
	var u queue.Usage
	var fs syscall.Statfs_t
	if err := syscall.Statfs(e.folder, &fs); err != nil {
		return u, fmt.Errorf("look how much room is left for the queue in %s: %w", e.folder, err)
	}
	err := e.view(ctx, func(*pending) bool { return false }, func(s store) error {
		stats := e.db.Stats()
		spare := int64(stats.FreePageN+stats.PendingPageN) * int64(e.db.Info().PageSize)
		u.Used = max(s.tx.Size()-spare, 0) + e.journal.end
		u.Free = int64(fs.Bavail)*int64(fs.Bsize) + spare
		return nil
	})
	return u, err
}
