package disk

import (
	"fmt"
	"slices"
	"testing"

	"bellhop/router/queue"
)

// TestAWalkBackwardsPassesWhatWasDeleted deletes whole pages between two
// checkpoints, of which a cursor of the tree makes nothing.
func TestAWalkBackwardsPassesWhatWasDeleted(t *testing.T) {
	e := openEngine(t, t.TempDir())
	key := func(i int) string { return fmt.Sprintf("row/%04d", i) }
	var all queue.Step
	for i := range 2000 {
		all.Set = append(all.Set, queue.Row{Key: key(i), Value: make([]byte, 200)})
	}
	if err := e.Do(t.Context(), all); err != nil {
		t.Fatal(err)
	}
	if _, err := e.Scan(t.Context(), queue.RowQuery{Limit: 1}); err != nil { // files them
		t.Fatal(err)
	}
	e.gate <- struct{}{}
	err := e.checkpoint()
	e.leave()
	if err != nil {
		t.Fatal(err)
	}
	left := []int{3, 900, 901, 1500}
	for _, keep := range [][]int{left, left[1:3], nil} {
		var step queue.Step
		for i := range 2000 {
			if !slices.Contains(keep, i) {
				step.Set = append(step.Set, queue.Row{Key: key(i)})
			}
		}
		if err := e.Do(t.Context(), step); err != nil {
			t.Fatal(err)
		}
		rows, err := e.Scan(t.Context(), queue.RowQuery{Prefix: "row/", Desc: true})
		var got []string
		for _, r := range rows {
			got = append(got, r.Key)
		}
		var want []string
		for _, i := range slices.Backward(keep) {
			want = append(want, key(i))
		}
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("walked %v, want %v, error %v", got, want, err)
		}
		if more, err := e.Scan(t.Context(), queue.RowQuery{Prefix: "row/", Desc: true, After: key(901)}); err != nil || len(more) > 2 {
			t.Errorf("before 901 there are %d, error %v", len(more), err)
		}
	}
}
