package queue_test

import (
	"testing"

	"bellhop/router/queue"
)

func TestSettingsThatCannotKeepAnything(t *testing.T) {
	if faults := queue.DefaultConfig().Validate(); len(faults) > 0 {
		t.Errorf("the defaults are refused: %v", faults)
	}
	faults := queue.Config{Engine: "redis"}.Validate()
	if len(faults) != 2 || faults[0].Key != "engine" || faults[1].Key != "path" {
		t.Errorf("got %v, want faults of engine and path", faults)
	}
}
