package admin_test

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"bellhop/internal/admin"
	"bellhop/router/queue"
)

// shelf is an engine that holds what a test puts into it.
type shelf struct {
	rows  []queue.Row
	jobs  []queue.Job
	stats []queue.Stats
	fault error
}

var _ admin.Reader = (*shelf)(nil)

func (s *shelf) Get(_ context.Context, key string) (queue.Row, error) {
	for _, row := range s.rows {
		if row.Key == key {
			return row, s.fault
		}
	}
	return queue.Row{Key: key}, s.fault
}

func (s *shelf) Scan(_ context.Context, q queue.RowQuery) ([]queue.Row, error) {
	var found []queue.Row
	for _, row := range s.rows {
		beyond := q.After == "" || (row.Key > q.After) != q.Desc && row.Key != q.After
		if strings.HasPrefix(row.Key, q.Prefix) && beyond {
			found = append(found, row)
		}
	}
	slices.SortFunc(found, func(a, b queue.Row) int {
		if q.Desc {
			a, b = b, a
		}
		return cmp.Compare(a.Key, b.Key)
	})
	return first(found, q.Limit), s.fault
}

func (s *shelf) Jobs(_ context.Context, q queue.JobQuery) ([]queue.Job, error) {
	var found []queue.Job
	for _, j := range s.jobs {
		if (q.ID == "" || j.ID == q.ID) && (q.Lane == "" || j.Lane == q.Lane) && strings.HasPrefix(j.Lane, q.Prefix) &&
			(q.State == "" || j.State == q.State) && (q.After == 0 || j.Seq < q.After) {
			found = append(found, j)
		}
	}
	slices.SortFunc(found, func(a, b queue.Job) int { return cmp.Compare(b.Seq, a.Seq) })
	return first(found, q.Limit), s.fault
}

func (s *shelf) lanes(_ context.Context, prefix string) ([]queue.Stats, error) {
	return slices.DeleteFunc(slices.Clone(s.stats), func(st queue.Stats) bool { return !strings.HasPrefix(st.Lane, prefix) }), s.fault
}

// hand acts on deliveries, or says why not.
type hand struct {
	acted   []string // what was done, and to what
	refuses error
}

var _ admin.Actions = (*hand)(nil)

func (a *hand) Retry(_ context.Context, id string) (string, error) {
	a.acted = append(a.acted, "retry "+id)
	return id + "-again", a.refuses
}

func (a *hand) Drop(_ context.Context, id string) error {
	a.acted = append(a.acted, "drop "+id)
	return a.refuses
}

func first[T any](list []T, n int) []T {
	if n == 0 {
		return list
	}
	return list[:min(n, len(list))]
}
