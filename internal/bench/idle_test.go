//go:build linux

package bench

import (
	"fmt"
	"testing"
	"time"

	"bellhop/correlate/redistest"
)

const (
	idleSettle = 5 * time.Second // after the start
	idleLeast  = 60 * time.Second
)

// idle is a bellhop with nothing to do, which sits there while everything else is
// measured, with a cluster's Redis that answers. What is counted is its own CPU time, so the others do not matter.
type idle struct {
	b     *bellhop
	since time.Time
	used  time.Duration
}

func beginIdle(t *testing.T, bin string) *idle {
	t.Helper()
	redis := redistest.Start(t)
	redis.Load(failing(numbers(0, 3), 600), time.Now())
	settings := fmt.Sprintf("redis: {address: %q}\nsinks: {hook: {type: webhook, url: %q}}", redis.Addr, "http://"+closedAddress(t)+"/")
	i := &idle{b: newBellhop(t, bin, settings)}
	i.b.start()
	time.Sleep(idleSettle)
	i.since, i.used = time.Now(), cpuOf(t, i.b.pid())
	return i
}

func (i *idle) end(t *testing.T) []row {
	time.Sleep(time.Until(i.since.Add(brief(idleLeast))))
	took := time.Since(i.since)
	share := (cpuOf(t, i.b.pid()) - i.used).Seconds() / took.Seconds() * 100
	m := memoryOf(t, i.b.pid())
	return []row{
		{"idle, CPU over " + took.Round(time.Second).String(), "≤ 0.1 % of a core", fmt.Sprintf("%.3f %%", share), share <= 0.1},
		{"idle, memory", "≤ 30 MB", m.String(), m.rss <= 30_000_000},
	}
}
