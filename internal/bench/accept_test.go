//go:build linux

package bench

import (
	"fmt"
	"testing"
	"time"
)

const (
	acceptRounds = 3
	acceptRound  = 5 * time.Second
	acceptWarmUp = 500 * time.Millisecond
	senders      = 64
)

// quiet is a bellhop that has nothing to do but to accept: nobody is looked at
// before 30 s have passed, and the one far end is away.
func quiet(t *testing.T) string {
	return fmt.Sprintf("correlator: {wait_seconds: 30}\nredis: {address: %q}\nsinks: {hook: {type: webhook, url: %q}}",
		closedAddress(t), "http://"+closedAddress(t)+"/")
}

// accept posts unique webhooks of 1.5 KB, each of its own plan, over 64
// connections. It is compared with a bare net/http handler that decodes the same
// body whole and appends it to a file, with a shared fdatasync before the 200. Both
// are processes of their own, new in each round.
func accept(t *testing.T, bin string) []row {
	var c counter
	request := newBody(post("/alert", webhook()))
	round := func(address string) answers {
		load(t, address, senders, acceptWarmUp, request, &c)
		return load(t, address, senders, brief(acceptRound), request, &c)
	}
	var ours, bare side
	for range acceptRounds {
		b := newBellhop(t, bin, quiet(t))
		b.start()
		ours.add(round(b.address))
		b.kill()
		bare.add(round(startBare(t)))
	}
	rate, late := median(ours.rates)/median(bare.rates), median(ours.p99s)/median(bare.p99s)
	return []row{
		{
			"accept, 64 connections, unique 1.5 KB webhooks", "≥ 0.8 × a bare handler that decodes and syncs",
			fmt.Sprintf("%s/s, bare %s/s: %.2f ×", grouped(int(median(ours.rates))), grouped(int(median(bare.rates))), rate), rate >= 0.8,
		},
		{
			"the same, p99 of an answer", "≤ 1.5 × the bare handler's",
			fmt.Sprintf("%.1f ms, bare %.1f ms: %.2f ×", median(ours.p99s), median(bare.p99s), late), late <= 1.5,
		},
	}
}

// side gathers the rounds of one of those that are compared.
type side struct {
	rates []float64 // per second
	p50s  []float64 // milliseconds
	p99s  []float64
}

func (s *side) add(a answers) {
	s.rates = append(s.rates, a.perSecond)
	s.p50s = append(s.p50s, quantile(a.took, 0.5).Seconds()*1000)
	s.p99s = append(s.p99s, quantile(a.took, 0.99).Seconds()*1000)
}
