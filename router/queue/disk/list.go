package disk

import (
	"bytes"
	"context"
	"math"
	"slices"
	"strings"

	"go.etcd.io/bbolt"

	"bellhop/router/queue"
)

// Jobs implements queue.Engine. A query for an id, a lane or a state costs what it
// returns; one over many lanes in any state reads the jobs it passes by. A long list is read in pages, each
// true in itself.
func (e *Engine) Jobs(ctx context.Context, q queue.JobQuery) ([]queue.Job, error) {
	var jobs []queue.Job
	page := q
	for {
		if q.Limit > 0 {
			page.Limit = q.Limit - len(jobs)
		}
		more, last, err := e.jobs(ctx, page)
		jobs = append(jobs, more...)
		if err != nil || last == 0 || q.Limit > 0 && len(jobs) >= q.Limit {
			return jobs, err
		}
		page.After = last
	}
}

// jobs reads a page; last is the number where the next one goes on, 0 at the end.
// A damaged job is left out and told of in the log.
func (e *Engine) jobs(ctx context.Context, q queue.JobQuery) (jobs []queue.Job, last uint64, err error) {
	touched := func(p *pending) bool { return p.touchesJobs(q) }
	err = e.view(ctx, touched, func(s store) error {
		walks, err := s.walks(q)
		if err != nil {
			return err
		}
		for range scanPage {
			seq, ok := next(walks, q.Oldest)
			if !ok {
				last = 0
				return nil
			}
			last = seq
			r, err := s.load(seq)
			switch {
			case err != nil:
				e.log.Error("queue: a damaged job is left out", "folder", e.folder, "err", err)
			case r != nil && wanted(r, q):
				jobs = append(jobs, r.job())
			}
			if q.Limit > 0 && len(jobs) == q.Limit {
				return nil
			}
		}
		return nil
	})
	return jobs, last, err
}

func wanted(r *record, q queue.JobQuery) bool {
	return (q.Lane == "" || r.Lane == q.Lane) && strings.HasPrefix(r.Lane, q.Prefix) &&
		(q.ID == "" || r.ID == q.ID) && (q.Key == "" || r.Key == q.Key && r.State == queue.Queued) &&
		(q.State == "" || r.State == q.State)
}

// walk goes through job numbers, upwards or downwards.
type walk interface {
	// head is the number where it stands; false at its end.
	head() (seq uint64, ok bool)
	step()
}

// walks returns the walks that together pass every job the query may want.
func (s store) walks(q queue.JobQuery) ([]walk, error) {
	switch {
	case q.ID != "":
		w, err := s.history(q)
		return []walk{w}, err
	case !q.Since.IsZero():
		return []walk{s.begunSince(q)}, nil
	case q.Lane == "" && q.State == "":
		return []walk{newIndexWalk(s.in(inJobs).Cursor(), nil, q)}, nil
	case q.Lane == "":
		return s.walksOf(q), nil
	case q.Key != "":
		return []walk{newIndexWalk(s.in(inOrder).Cursor(), keyPrefix(q.Lane, q.Key), q)}, nil
	}
	of := states()
	if q.State != "" {
		of = []queue.State{q.State}
	}
	var walks []walk
	for _, state := range of {
		walks = append(walks, newIndexWalk(s.in(inLanes).Cursor(), lanePrefix(q.Lane, state), q))
	}
	return walks, nil
}

// walksOf walks the jobs of one state lane by lane, so that the few dead ones are
// found among many others.
func (s store) walksOf(q queue.JobQuery) (walks []walk) {
	for _, lane := range s.lanes() {
		if strings.HasPrefix(lane, q.Prefix) {
			walks = append(walks, newIndexWalk(s.in(inLanes).Cursor(), lanePrefix(lane, q.State), q))
		}
	}
	return walks
}

// indexWalk walks an index whose keys end in job numbers.
type indexWalk struct {
	move   func() (key, value []byte)
	prefix []byte
	key    []byte // where it stands; nil: at its end
}

func newIndexWalk(c *bbolt.Cursor, prefix []byte, q queue.JobQuery) *indexWalk {
	from := q.After
	if q.Oldest {
		w := &indexWalk{move: c.Next, prefix: prefix}
		k, _ := c.Seek(append(bytes.Clone(prefix), number(from+1)...))
		w.stand(k)
		return w
	}
	if from == 0 {
		from = math.MaxUint64
	}
	b := newBack(c)
	w := &indexWalk{move: b.prev, prefix: prefix}
	k, _ := b.before(append(bytes.Clone(prefix), number(from)...))
	w.stand(k)
	return w
}

func (w *indexWalk) head() (uint64, bool) {
	if w.key == nil {
		return 0, false
	}
	return seqOf(w.key), true
}

func (w *indexWalk) step() {
	k, _ := w.move()
	w.stand(k)
}

func (w *indexWalk) stand(k []byte) {
	w.key = nil
	if bytes.HasPrefix(k, w.prefix) {
		w.key = k
	}
}

// seqWalk walks numbers that are known.
type seqWalk []uint64

func (w *seqWalk) head() (uint64, bool) {
	if len(*w) == 0 {
		return 0, false
	}
	return (*w)[0], true
}

func (w *seqWalk) step() { *w = (*w)[1:] }

// history walks the jobs of one id.
func (s store) history(q queue.JobQuery) (*seqWalk, error) {
	var w seqWalk
	for r, err := s.find(q.ID); r != nil || err != nil; r, err = s.load(r.Former) {
		if err != nil {
			return nil, err
		}
		if beyond(r.Seq, q) {
			w = append(w, r.Seq)
		}
	}
	if q.Oldest {
		slices.Reverse(w)
	}
	return &w, nil
}

// begunSince walks the jobs of a lane an attempt of which began since a time.
func (s store) begunSince(q queue.JobQuery) *seqWalk {
	var w seqWalk
	prefix := duePrefix(q.Lane)
	c := s.in(inBegun).Cursor()
	for k, _ := c.Seek(begunKey(q.Lane, q.Since, 0)); bytes.HasPrefix(k, prefix); k, _ = c.Next() {
		if seq := seqOf(k); beyond(seq, q) {
			w = append(w, seq)
		}
	}
	slices.Sort(w)
	w = slices.Compact(w)
	if !q.Oldest {
		slices.Reverse(w)
	}
	return &w
}

// beyond tells whether a number comes after where the query begins.
func beyond(seq uint64, q queue.JobQuery) bool {
	return q.After == 0 || q.Oldest && seq > q.After || !q.Oldest && seq < q.After
}

// next takes the number that comes first off the walks.
func next(walks []walk, oldest bool) (seq uint64, ok bool) {
	var best walk
	for _, w := range walks {
		at, more := w.head()
		if more && (best == nil || (at < seq) == oldest) {
			best, seq = w, at
		}
	}
	if best == nil {
		return 0, false
	}
	best.step()
	return seq, true
}
