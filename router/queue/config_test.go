package queue_test

import (
	"slices"
	"testing"

	"bellhop/router/queue"
)

func TestSettingsThatCannotKeepAnything(t *testing.T) {
	if faults := queue.DefaultConfig().Validate(); len(faults) > 0 {
		t.Errorf("the defaults are refused: %v", faults)
	}
	var keys []string
	for _, f := range (queue.Config{Engine: "redis", KeepBytes: 16<<20 - 1}).Validate() {
		keys = append(keys, f.Key)
	}
	if want := []string{"engine", "path", "give_up_after", "keep", "keep_bytes"}; !slices.Equal(keys, want) {
		t.Errorf("got faults of %v, want %v", keys, want)
	}
}
