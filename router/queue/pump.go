package queue

import (
	"context"
	"log/slog"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"bellhop/internal/retry"
)

// Handler does the work of a lane. It may be called for several jobs of different
// keys at the same time, and has to return soon after its context has ended.
type Handler interface {
	// Handle works on the leased job. An error that nobody marked (package retry)
	// is temporary: the job comes again, later each time. The result counts with
	// an error, too.
	Handle(ctx context.Context, l Lease) (Result, error)
}

// Result is what came of a turn.
type Result struct {
	// Step happens in the same step as the end of the lease; its Ends are the pump's.
	Step Step
	// Again, when it is not zero: not finished, look again then. It is no failure.
	Again time.Time
	// Status is the far end's answer, for the attempt's record.
	Status string
}

// Lane is what a pump has to know of a lane.
type Lane struct {
	Name    string
	Handler Handler
	Workers int         // how many jobs at the same time; 0: one
	Limit   retry.Limit // pace of R13
	// Marks is true for sends: a job is noted as begun before it is handed over,
	// because a far end may hear of it, every attempt is kept, and what was sent
	// is not sent again because its step did not fit. False for work that can
	// simply be done anew.
	Marks   bool
	Timeout time.Duration // of one Handle; 0: none
	// Overlaps has the lane, where it is described anew, not wait for turns that are in
	// the air. One that is just beginning then does not count against the new limit.
	Overlaps bool
	Backoff  retry.Backoff // after temporary errors; zero: retry.Key
	// GiveUp is the age, counted from when it was put, beyond which a job gets one
	// last attempt and is then set aside (R12); 0: none is ever given up.
	GiveUp time.Duration
	// Died returns what else shall happen in the very step that sets a job of this
	// lane aside; its State is Dead and its Reason is filled in. Nil: nothing.
	Died func(j Job) Step
	// Prove is asked once before the lane leases its first job, at the lane's pace and
	// within Timeout. An error shuts the gate as that of a send does. Nil: there is
	// nothing to be proved.
	Prove func(ctx context.Context) error
}

// Gate is whether a lane sends at this moment (R12).
type Gate struct {
	Lane string
	// OpensAt is when the next trial is made; zero while the gate is open.
	OpensAt time.Time
	// Misconfigured is true when it waits for somebody to mend the settings.
	Misconfigured bool
	Reason        string // the error that closed it; "" while it is open
}

// Outcome is what became of a turn, for those who count.
type Outcome string

// The outcomes of a turn.
const (
	Done    Outcome = "sent"    // the job ended well
	PutOff  Outcome = "again"   // it asked to be looked at again; no failure
	Retried Outcome = "retried" // it failed and will be tried again
	GaveUp  Outcome = "dead"    // it was set aside
	Passed  Outcome = "skipped" // there was nothing to do
)

// Observer is told what happens in the lanes; its methods must not block.
type Observer interface {
	// Ended tells of a turn whose end is on record, and how long Handle took.
	Ended(lane string, o Outcome, took time.Duration)
	// Expired tells that n jobs were set aside without an attempt of their own.
	Expired(lane string, n int)
	// Waited tells that a lane stood still for its limit.
	Waited(lane string, d time.Duration)
}

// PumpOptions are what a pump needs of the world.
type PumpOptions struct {
	Now      func() time.Time // needed
	Random   func() float64   // numbers in [0,1) for the backoff; nil: random ones
	Log      *slog.Logger     // nil: nothing is logged
	Observer Observer         // nil: nobody is told
	// Grace is how long, after Run's context has ended, turns in the air may go
	// on before their own contexts end.
	Grace time.Duration
}

// Pump leases jobs, hands them to their lane's handler at the lane's pace, and
// writes down how each turn ended. The promise: a turn's end and what it changes
// are one step; a job whose end could not be written comes again; neither an error
// nor a panic of one handler, nor the wait for one far end, holds up another lane.
type Pump struct {
	e     Engine
	o     PumpOptions
	mu    sync.Mutex
	want  map[string]Lane
	slots map[string]*slot
	start func(*slot) // runs a slot; nil while the pump does not run
}

// NewPump makes a pump over an engine. Nothing runs before [Pump.Run].
func NewPump(e Engine, lanes []Lane, o PumpOptions) *Pump {
	if o.Random == nil {
		o.Random = rand.Float64
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Observer == nil {
		o.Observer = nobody{}
	}
	p := &Pump{e: e, o: o, slots: make(map[string]*slot)}
	p.Set(lanes)
	return p
}

// Set has the pump work on these lanes from now on (R20). A lane that is gone leases
// nothing more, and what it holds stays in the engine. One that is there goes on as
// it is described now, at its pace, with its gate tried at once; one that marks does
// so when its turns in the air are done, because they count against its limit, unless
// it says that it overlaps.
func (p *Pump) Set(lanes []Lane) {
	p.mu.Lock()
	defer p.mu.Unlock()
	want := make(map[string]Lane)
	for _, l := range lanes {
		want[l.Name] = l
		if p.slots[l.Name] == nil {
			p.slots[l.Name] = &slot{}
		}
	}
	p.want = want
	for name, s := range p.slots {
		l, wanted := want[name]
		s.set(l, wanted)
		if p.start != nil {
			p.start(s)
		}
	}
}

// Gates tells of the gates of all lanes that work, by name.
func (p *Pump) Gates() []Gate {
	p.mu.Lock()
	defer p.mu.Unlock()
	var all []Gate
	for _, name := range slices.Sorted(maps.Keys(p.want)) {
		if l := p.slots[name].running(); l != nil && l.Marks {
			all = append(all, l.gate.state())
		}
	}
	return all
}

// Run works the lanes off until ctx ends. Then nothing more is leased, what is in
// the air may finish within Grace, the rest stays in the engine, and Run returns
// nil. It returns early, with ErrClosed, only when the engine was closed.
func (p *Pump) Run(ctx context.Context) error {
	air, cut := context.WithCancelCause(context.WithoutCancel(ctx))
	defer cut(nil)
	stop := context.AfterFunc(ctx, func() {
		time.AfterFunc(p.o.Grace, func() { cut(errStopping) })
	})
	defer stop()
	group, ctx := errgroup.WithContext(ctx)
	p.mu.Lock()
	p.start = func(s *slot) {
		if s.begin() {
			group.Go(func() error { return s.run(ctx, air, p.e, p.o) })
		}
	}
	for _, s := range p.slots {
		p.start(s)
	}
	p.mu.Unlock()
	group.Go(func() error { // lanes may be set for as long as the group has this one
		<-ctx.Done()
		p.mu.Lock()
		defer p.mu.Unlock()
		p.start = nil
		return nil
	})
	return group.Wait()
}

type nobody struct{}

func (nobody) Ended(string, Outcome, time.Duration) {}
func (nobody) Expired(string, int)                  {}
func (nobody) Waited(string, time.Duration)         {}
