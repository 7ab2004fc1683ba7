package exec

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"syscall"

	"bellhop/internal/event"
	"bellhop/internal/retry"
)

const (
	// atOnce is how many commands of one sink run at the same time. More wait in their
	// lane, which has places left for the ends that some of them may wait for.
	atOnce = 32
	// remembered is how many ends are kept in mind, for starts that come just after.
	remembered = 1000
)

// runs knows the commands that run.
type runs struct {
	mu   sync.Mutex
	all  []*run
	over []about // whose end was heard of, the newest last
}

// about is an incident as one sink hears of it.
type about struct{ sink, incident string }

// run is a command that runs.
type run struct {
	about
	key     string         // the dedup key: what max counts by
	sent    syscall.Signal // that told it the end of its incident; 0: none did
	signals chan syscall.Signal
}

func newRuns() *runs { return &runs{} }

// begin notes that a command runs, unless it must not or cannot now. An incident's end
// does not count as over for the command that it starts itself.
func (r *runs) begin(sink string, e event.Event, most int) (*run, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	one := &run{about: about{sink, e.Incident}, key: e.DedupKey, signals: make(chan syscall.Signal, 1)}
	running, alike := 0, 0
	for _, other := range r.all {
		if other.sink == sink {
			running++
			if other.key == one.key {
				alike++
			}
		}
	}
	switch {
	case e.Status != event.StatusResolved && slices.Contains(r.over, one.about):
		return nil, retry.Skip(errors.New("the incident ended before this was begun"))
	case most > 0 && alike >= most:
		return nil, retry.Skip(fmt.Errorf("as many as max allows run for this already: %d", alike))
	case running >= atOnce:
		return nil, retry.Refused(retry.After(0, fmt.Errorf("%d of this sink's commands run already", running)))
	}
	r.all = append(r.all, one)
	return one, nil
}

// done notes that it runs no more.
func (r *runs) done(one *run) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.all = slices.DeleteFunc(r.all, func(other *run) bool { return other == one })
}

// end passes the end of an incident on to what runs for it, and returns to how many.
// Signal 0: it is let alone.
func (r *runs) end(sink, incident string, s syscall.Signal) (reached int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	which := about{sink, incident}
	if incident != "" && !slices.Contains(r.over, which) {
		r.over = append(r.over, which)
		r.over = r.over[max(0, len(r.over)-remembered):]
	}
	for _, one := range r.all {
		if s == 0 || one.about != which || one.sent != 0 {
			continue
		}
		one.sent = s
		one.signals <- s // there is room for it: this is the only one
		reached++
	}
	return reached
}

// sent is the signal that told one the end of its incident; 0: none did.
func (r *runs) sent(one *run) syscall.Signal {
	r.mu.Lock()
	defer r.mu.Unlock()
	return one.sent
}
