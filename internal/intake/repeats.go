package intake

import (
	"cmp"
	"crypto/sha256"
	"slices"
	"strconv"
	"sync"
	"time"

	"bellhop/internal/event"
)

const (
	// repeatTime is how long the same alerts count as the same message (R16).
	repeatTime = 5 * time.Minute
	// maxRemembered is how many alerts are remembered, twice as many at most, and
	// maxTogether how many of one message. What is forgotten costs a look, no more.
	maxRemembered = 1 << 13
	maxTogether   = 1000
)

// repeats knows the messages of the last minutes again: a pair of Alertmanagers sends
// each of them twice, and one that did not hear an answer sends it once more (R16). It
// knows a message only while no other one spoke of any of its alerts, and only once it
// was kept; what is answered from memory was kept, therefore. A message whose commands
// run is answered when they have ended; one that was answered with a failure is none
// that is repeated, but one that is tried again.
type repeats struct {
	now   func() time.Time
	mu    sync.Mutex
	begun time.Time          // when young was
	young map[string]*posted // the last message of each alert, by its fingerprint
	old   map[string]*posted // those from before young
}

// posted is a message. Its alerts point to it while it is the last that spoke of them.
type posted struct {
	sum    [sha256.Size]byte
	retry  bool      // the same message was answered with a failure before
	kept   time.Time // zero: it was not, or not yet
	answer taken     // once it was kept
	// ended is closed when it is known what became of what it started; nil: nobody waits
	// for that. Before, fault must not be read.
	ended chan struct{}
	fault error
}

// mark has the signals of the message tell whether it is tried again.
func (p *posted) mark(ss []event.Signal) []event.Signal {
	for i := range ss {
		ss[i].Retry = p.retry
	}
	return ss
}

// again returns the same message if it was sent before and is to be answered alike; else
// before is nil, and p is to be handed to keep once the message was kept.
func (r *repeats) again(b Batch) (before, p *posted) {
	names, sum := digest(b)
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.now()
	before = r.last(names)
	same := before != nil && before.sum == sum && before.fresh(now)
	if same && !before.failed() {
		return before, nil
	}
	r.turn(now)
	p = &posted{sum: sum, retry: same}
	remember := len(names) <= maxTogether && !hasTwice(names) // of two of one alert, the last counts
	for _, name := range names {
		delete(r.old, name)
		if !remember {
			delete(r.young, name)
			continue
		}
		r.young[name] = p
	}
	return nil, p
}

// Heard notes that something else was heard of these alerts, by another way than the
// handler: what comes by the handler now is not the same message again.
func (h *Handler) Heard(ss []event.Signal) {
	h.before.mu.Lock()
	defer h.before.mu.Unlock()
	for _, s := range ss {
		delete(h.before.young, s.Alert.Fingerprint)
		delete(h.before.old, s.Alert.Fingerprint)
	}
}

// keep notes that the message was kept, and how it is answered unless what it started
// fails, where somebody waits for that; then end follows.
func (r *repeats) keep(p *posted, answer taken, waits bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	p.answer, p.kept = answer, r.now()
	if waits {
		p.ended = make(chan struct{})
	}
}

// end notes what became of what the message started, and lets know who waits for it.
func (r *repeats) end(p *posted, fault error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	p.fault, p.kept = fault, r.now()
	close(p.ended)
}

// fresh is true for a message that is still worked on, or is young.
func (p *posted) fresh(now time.Time) bool {
	age := now.Sub(p.kept)
	return !p.kept.IsZero() && (p.pending() || age >= 0 && age < repeatTime)
}

func (p *posted) failed() bool { return !p.pending() && p.fault != nil }

func (p *posted) pending() bool {
	if p.ended == nil {
		return false
	}
	select {
	case <-p.ended:
		return false
	default:
		return true
	}
}

// last is the message that was the last to speak of all these alerts, if it is one.
func (r *repeats) last(names []string) (p *posted) {
	for i, name := range names {
		one, there := r.young[name]
		if !there {
			one = r.old[name]
		}
		if one == nil || i > 0 && one != p {
			return nil
		}
		p = one
	}
	return p
}

// turn forgets what is old, and as much as has to be.
func (r *repeats) turn(now time.Time) {
	if age := now.Sub(r.begun); r.young == nil || age < 0 || age >= repeatTime || len(r.young) >= maxRemembered {
		r.old, r.young, r.begun = r.young, make(map[string]*posted), now
	}
}

// digest is the sum over what tells messages apart, and the fingerprints in their order.
func digest(b Batch) (names []string, sum [sha256.Size]byte) {
	alerts := make([]*event.Alert, 0, len(b.Signals))
	for i := range b.Signals {
		if !b.Signals[i].Cut {
			alerts = append(alerts, &b.Signals[i].Alert)
		}
	}
	slices.SortFunc(alerts, func(a, b *event.Alert) int {
		return cmp.Or(cmp.Compare(a.Fingerprint, b.Fingerprint), cmp.Compare(a.Status, b.Status), a.StartsAt.Compare(b.StartsAt))
	})
	names = make([]string, len(alerts))
	text := make([]byte, 0, 256) // enough for most, and so not on the heap
	for _, n := range []int64{int64(b.Accepted), int64(b.Ignored), b.Truncated} {
		text = append(strconv.AppendInt(text, n, 10), 0)
	}
	for i, a := range alerts {
		names[i] = a.Fingerprint
		text = append(append(text, a.Fingerprint...), 0) // it holds no control character
		text = append(append(text, a.Status...), 0)
		text = append(a.StartsAt.AppendFormat(text, time.RFC3339Nano), 0)
	}
	return names, sha256.Sum256(text)
}

// hasTwice tells whether a name stands twice in a sorted list.
func hasTwice(names []string) bool {
	return len(slices.Compact(slices.Clone(names))) < len(names)
}
