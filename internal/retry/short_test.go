package retry_test

import (
	"testing"
	"time"

	"bellhop/internal/retry"
)

func TestShortLeavesOutOnlyZerosThatSayNothing(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0s", time.Second: "1s", 10 * time.Second: "10s", time.Minute: "1m", 10 * time.Minute: "10m",
		90 * time.Second: "1m30s", time.Hour: "1h", 24 * time.Hour: "24h", 20*time.Hour + 10*time.Minute: "20h10m",
		time.Hour + 10*time.Second: "1h0m10s",
	} {
		if got := retry.Short(d); got != want {
			t.Errorf("%v: %s, want %s", d, got, want)
		}
	}
}
