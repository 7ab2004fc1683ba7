//go:build linux

package bench

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

const (
	waitingIncidents = 100_000
	waitingSinks     = 4
	waitingPost      = 8_000 // alerts in one POST, below max_body_bytes
	waitingRounds    = 3
	waitingRound     = 3 * time.Second
	waitingRest      = 2 * time.Second // after a start, before memory is looked at
)

// waiting lets 100,000 incidents wait in four sinks whose far ends refuse
// connections, made through the real road with the cluster's Redis away, and
// looks at what that costs: memory, the rate of accepting beside an empty queue's,
// and the time to be ready again after a SIGKILL.
func waiting(t *testing.T, bin string) []row {
	incidents := fewer(waitingIncidents)
	full := newBellhop(t, bin, fourSinks(t, "wait_seconds: 0, max_wait: 0"))
	full.start()
	began := time.Now()
	for first := 0; first < incidents; first += waitingPost {
		full.post(plansBody(numbers(first, min(waitingPost, incidents-first))))
	}
	depth, since := full.steady()
	events := full.events()
	full.kill()
	full.configure(fourSinks(t, "wait_seconds: 30"))
	ready := full.start()
	time.Sleep(waitingRest)
	rest := memoryOf(t, full.pid())
	ours, empty, c := side{}, side{}, counter{}
	c.n.Store(10_000_000) // plans that nobody has heard of
	request := newBody(post("/alert", webhook()))
	var busy memory
	for range waitingRounds {
		load(t, full.address, senders, acceptWarmUp, request, &c)
		ours.add(load(t, full.address, senders, brief(waitingRound), request, &c))
		busy = largest(busy, memoryOf(t, full.pid()))
		other := newBellhop(t, bin, fourSinks(t, "wait_seconds: 30"))
		other.start()
		load(t, other.address, senders, acceptWarmUp, request, &c)
		empty.add(load(t, other.address, senders, brief(waitingRound), request, &c))
		other.kill()
		full.kill() // its next round begins as the empty one's does
		ready = max(ready, full.start())
	}
	ratio := median(ours.rates) / median(empty.rates)
	what := fmt.Sprintf("%s incidents wait in %d sinks each", grouped(incidents), waitingSinks)
	return []row{
		{what + ", memory", "≤ 100 MB", fmt.Sprintf("%s; while it accepts %s", rest, busy), rest.rss <= 100_000_000},
		{
			what + ", accept", "≥ 0.9 × that of an empty queue",
			fmt.Sprintf("%s/s, empty %s/s: %.2f ×", grouped(int(median(ours.rates))), grouped(int(median(empty.rates))), ratio), ratio >= 0.9,
		},
		{what + ", ready after SIGKILL and start", "≤ 1 s", fmt.Sprintf("%.2f s", ready.Seconds()), ready <= time.Second},
		{
			what + ", what is stored", "one event an incident, a delivery for each sink",
			fmt.Sprintf("%s events, %s deliveries; %.0f s from the first alert on", grouped(events), grouped(depth), since.Sub(began).Seconds()),
			events == incidents && depth == incidents*waitingSinks,
		},
	}
}

// fourSinks is a bellhop whose far ends are all away.
func fourSinks(t *testing.T, correlator string) string {
	away := closedAddress(t)
	text := fmt.Sprintf("correlator: {%s}\nredis: {address: %q}\nsinks:\n", correlator, away)
	for i := range waitingSinks - 1 {
		text += fmt.Sprintf("  hook%d: {type: webhook, url: \"http://%s/%d\"}\n", i, away, i)
	}
	return text + fmt.Sprintf("  pager: {type: pagerduty, routing_keys: [0123456789abcdef0123456789abcdef], url: \"http://%s\", verify: false}\n", away)
}

// plansBody is a webhook with one alert of each plan.
func plansBody(plans []string) []byte {
	var all []string
	for _, plan := range plans {
		all = append(all, alert("firing", plan, "1", "2026-11-03T02:10:00Z", plan+plan))
	}
	return []byte(`{"version":"4","alerts":[` + strings.Join(all, ",") + `]}`)
}

func largest(a, b memory) memory {
	if b.rss > a.rss {
		return b
	}
	return a
}
