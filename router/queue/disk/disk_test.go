package disk_test

import (
	"testing"
	"time"

	"bellhop/router/queue"
	"bellhop/router/queue/disk"
	"bellhop/router/queue/queuetest"
)

func open(t testing.TB, dir string, now func() time.Time) *disk.Engine {
	t.Helper()
	e, err := disk.Open(dir, disk.Options{Now: now})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func TestEngineKeepsTheContract(t *testing.T) {
	queuetest.Run(t, func(t *testing.T, dir string, now func() time.Time) queue.Engine { return open(t, dir, now) })
}
