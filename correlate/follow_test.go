package correlate_test

import (
	"context"
	"testing"
	"time"

	"bellhop/correlate"
	"bellhop/correlate/redistest"
)

// follow collects what is reported until the test ends.
func follow(t *testing.T, r *correlate.Redis) (heard <-chan correlate.Report, begun <-chan struct{}, ended <-chan error) {
	t.Helper()
	reports, starts, ends := make(chan correlate.Report, 100), make(chan struct{}, 100), make(chan error, 1)
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		ends <- r.Follow(ctx, func() { starts <- struct{}{} }, func(rep correlate.Report) { reports <- rep })
	}()
	t.Cleanup(cancel)
	return reports, starts, ends
}

func within[T any](t *testing.T, what string, c <-chan T) (v T) {
	t.Helper()
	select {
	case v = <-c:
	case <-time.After(20 * time.Second):
		t.Fatalf("waited 20 s for %s", what)
	}
	return v
}

func TestReportsOfBothLayoutsAreHeardWithTheRightsOfDefault(t *testing.T) {
	s := redistest.Start(t)
	heard, begun, _ := follow(t, dialTo(t, "", s.Addr))
	within(t, "the subscription", begun)
	for _, said := range [][2]string{
		{"node/1/event/backup-status-changed", `{"node_id": 1, "backup_id": 7, "module_id": "mail1"}`},
		{"node/1/event/module-added", `{"backup_id": 99}`},
		{"node/1/event/backup-status-changed", `not JSON`},
		{"node/1/event/backup-status-changed", `{"module_id": "mail1"}`},
		{"node/1/event/backup-status-changed", `{"backup_id": {}, "module_id": "mail1"}`},
		{"module/mail1/event/backup-status-changed", `{"node_id": "1", "backup_id": "8", "module_id": "mail1"}`},
	} {
		if err := s.Admin.Publish(t.Context(), said[0], said[1]).Err(); err != nil {
			t.Fatal(err)
		}
	}
	for _, want := range []string{"7", "8"} {
		if got := within(t, "a report", heard); got.Plan != want || got.Module != "mail1" {
			t.Errorf("heard %+v, want plan %s", got, want)
		}
	}
}

func TestFollowingEndsWhenRedisDoes(t *testing.T) {
	s := redistest.Start(t)
	_, begun, ended := follow(t, dialTo(t, "", s.Addr))
	within(t, "the subscription", begun)
	s.Stop()
	if err := within(t, "the end", ended); err == nil {
		t.Error("it ended without an error")
	}
}
