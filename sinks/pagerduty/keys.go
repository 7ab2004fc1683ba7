package pagerduty

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"sync"

	"bellhop/internal/pdcef"
	"bellhop/internal/retry"
	"bellhop/internal/secret"
)

// key is a routing key and the name under which it may be shown.
type key struct {
	secret secret.String
	target string
}

// target names a routing key without giving it away.
func target(key secret.String) string { return pdcef.Target(key.Reveal()) }

// ring is the routing keys of a sink, one of which is good at least.
type ring struct {
	keys []key

	mu  sync.Mutex
	out map[string]bool // targets of those that were taken out
}

func newRing(secrets []secret.String) *ring {
	r := &ring{out: make(map[string]bool)}
	for _, s := range secrets {
		r.keys = append(r.keys, key{s, target(s)})
	}
	return r
}

func (r *ring) targets() []string {
	var all []string
	for _, k := range r.keys {
		all = append(all, k.target)
	}
	return all
}

// key returns the key of that name. The error says why nothing goes through it: it is
// marked for this message when the settings no longer name the key, and for all of
// its lane when it was taken out.
func (r *ring) key(target string) (key, error) {
	for _, k := range r.keys {
		if k.target != target {
			continue
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		if r.out[target] {
			return key{}, retry.Refused(retry.Broken(fmt.Errorf("routing key %s was taken out, because PagerDuty calls it invalid", target)))
		}
		return k, nil
	}
	return key{}, retry.Refused(retry.After(0, fmt.Errorf("routing key %s is no longer among routing_keys", target)))
}

// takeOut takes a key out of use, unless it is the last one. First is true for who
// did it.
func (r *ring) takeOut(target string) (out, first bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.out[target]:
		return true, false
	case len(r.keys)-len(r.out) == 1:
		return false, false
	}
	r.out[target] = true
	return true, true
}

// pin chooses the good key that weighs most for the incident. With a key that goes,
// only its own incidents move, and to one that comes only those that are to be its.
func (r *ring) pin(incident string) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	best, most := "", uint64(0)
	for _, k := range r.keys {
		if w := weight(k.target, incident); !r.out[k.target] && (best == "" || w > most) {
			best, most = k.target, w
		}
	}
	return best
}

// weight is that of rendezvous hashing (Thaler and Ravishankar, "A Name-Based Mapping
// Scheme for Rendezvous", 1996).
func weight(target, incident string) uint64 {
	sum := sha256.Sum256([]byte(target + "\x00" + incident))
	return binary.BigEndian.Uint64(sum[:])
}
