package pipeline

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"bellhop/internal/event"
	"bellhop/internal/record"
	"bellhop/router/queue"
	"bellhop/sinks"
)

const (
	// turnTime is how much longer than a command itself one waits for it: its turn has to
	// come, and one that is ended has time for that (R24).
	turnTime = time.Minute
	// How often it is looked whether what is waited for has ended: more and more seldom.
	firstLookup   = 10 * time.Millisecond
	seldomLookups = time.Second
)

// patience is how long one waits for the slowest of the outlets, 0 where for none.
func patience(all []Outlet) (most time.Duration) {
	for _, o := range all {
		for _, s := range []event.Status{event.StatusOpen, event.StatusChanged, event.StatusRepeat} {
			most = max(most, o.awaits(s))
		}
	}
	if most > 0 {
		most += turnTime
	}
	return most
}

func (o Outlet) awaits(s event.Status) time.Duration {
	a, ok := o.Sink.(sinks.Awaited)
	if !ok {
		return 0
	}
	return a.Awaits(s)
}

// noteAwaited notes by which deliveries those sinks are told for which somebody waits.
func (p *Pipeline) noteAwaited(before map[string]string, tell []telling) map[string]string {
	all := maps.Clone(before)
	for _, t := range tell {
		if p.outlets[t.to.Sink].awaits(t.as) == 0 {
			continue
		}
		if all == nil {
			all = make(map[string]string)
		}
		all[t.to.Sink] = deliveryID(t)
	}
	return all
}

// lastAwaited is the delivery by which such a sink was told last of the incident; one
// without an id: it is no such sink, or the delivery is forgotten.
func (p *Pipeline) lastAwaited(ctx context.Context, in event.Incident, a event.Audience) (queue.Job, error) {
	id := in.Awaited[a.Sink]
	if id == "" || !p.triesAgain(a.Sink) {
		return queue.Job{}, nil
	}
	return p.delivery(ctx, id)
}

// triesAgain tells whether what could not be told to the sink is, when the alert fires
// again.
func (p *Pipeline) triesAgain(sink string) bool {
	return p.outlets[sink].awaits(event.StatusRepeat) > 0
}

// cutOff tells whether the delivery was begun, has no end on record and may not be begun
// again without a person (R17). Nobody knows what a far end did that may have heard of it.
func (p *Pipeline) cutOff(sink string, j queue.Job) bool {
	a, ok := p.outlets[sink].Sink.(sinks.Awaited)
	return ok && j.State == queue.Dead && j.Heard && !a.Reruns()
}

// awaitInstead has whoever waits for a delivery of the incident wait for the one that
// takes its place.
func (p *Pipeline) awaitInstead(ctx context.Context, d record.Delivery, old, now string, step *queue.Step) error {
	if d.Incident == "" || !p.triesAgain(d.Sink) {
		return nil
	}
	in, row, err := p.incident(ctx, d.Incident)
	if err != nil || in.Awaited[d.Sink] != old {
		return err
	}
	in.Awaited[d.Sink] = now
	return replace(step, row, in)
}

// delivery reads a delivery, one without an id when there is none any more.
func (p *Pipeline) delivery(ctx context.Context, id string) (queue.Job, error) {
	jobs, err := p.Engine.Jobs(ctx, queue.JobQuery{ID: id, Prefix: record.Outbound, Limit: 1})
	if err != nil || len(jobs) == 0 {
		return queue.Job{}, err
	}
	return jobs[0], nil
}

// asked is an alert whose sender waits for what it starts.
type asked struct {
	row string // of its signal
	ref event.PlanRef
}

// await returns what waits for the commands that the signals start; nil: nobody does. One
// waits for alerts that are looked at without a wait and are about one plan or topic.
func (p *Pipeline) await(ss []event.Signal, now time.Time) func(context.Context) error {
	if p.patience == 0 {
		return nil
	}
	var all []asked
	for _, s := range ss {
		known := s.Plan.ID != "" || s.Plan.Topic != ""
		if known && s.CEF == nil && s.Alert.Status == event.Firing && !p.firstLook(s, now).After(now) {
			all = append(all, asked{record.SignalKey(s), s.Plan})
		}
	}
	if len(all) == 0 {
		return nil
	}
	return func(ctx context.Context) error { return p.outcomes(ctx, all) }
}

// outcomes waits for what all of them started. It reads what is on record, because it may
// be another bellhop that has the command run. The error is the first one's.
func (p *Pipeline) outcomes(ctx context.Context, all []asked) (first error) {
	ctx, cancel := context.WithTimeout(ctx, p.patience)
	defer cancel()
	for _, a := range all {
		if err := p.outcome(ctx, a); first == nil {
			first = err
		}
	}
	return first
}

// outcome waits for what one of them started.
func (p *Pipeline) outcome(ctx context.Context, a asked) error {
	putOff, err := p.untilLooked(ctx, a)
	if err != nil || putOff {
		return err
	}
	row, err := p.Engine.Get(ctx, record.PlanKey(planKey(a.ref)))
	if err != nil {
		return fmt.Errorf("read what is known of %q: %w", subject(a.ref), err)
	}
	known := p.known(row)
	if known.Incident == "" {
		return nil
	}
	in, _, err := p.incident(ctx, known.Incident)
	for _, sink := range slices.Sorted(maps.Keys(in.Awaited)) {
		if p.triesAgain(sink) {
			err = cmp.Or(err, p.untilEnded(ctx, sink, in.Awaited[sink]))
		}
	}
	return err
}

// untilLooked waits until the alert was looked at, whatever came of it. PutOff is true
// when it is to be looked at again later.
func (p *Pipeline) untilLooked(ctx context.Context, a asked) (putOff bool, err error) {
	err = until(ctx, func() (bool, error) {
		row, err := p.Engine.Get(ctx, a.row)
		if err != nil || row.Rev == 0 {
			return true, err
		}
		jobs, err := p.Engine.Jobs(ctx, queue.JobQuery{ID: record.InboxID(a.ref), Lane: record.Inbox, State: queue.Queued, Limit: 1})
		putOff = len(jobs) > 0 && jobs[0].Tries == 0 && jobs[0].Due.After(p.Now())
		return putOff, err
	})
	if err != nil {
		err = fmt.Errorf("look at %q: %w", subject(a.ref), err)
	}
	return putOff, err
}

var (
	// errFailed is what came of a command that has not ended well.
	errFailed = errors.New("it has failed")
	// errCutOff is what came of one of which nobody knows how it has ended.
	errCutOff = errors.New("it was cut off by a crash or a stop, and runs again by hand alone")
)

// untilEnded waits until a delivery has ended, or has failed for now; one that only waits
// for a place has not. The error does not say why it failed, because what a command prints
// is not for whoever can send alerts.
func (p *Pipeline) untilEnded(ctx context.Context, sink, id string) error {
	err := until(ctx, func() (bool, error) {
		job, err := p.delivery(ctx, id)
		switch n := len(job.Attempts); {
		case err != nil:
			return false, err
		case p.cutOff(sink, job):
			return false, errCutOff
		case job.State == queue.Dead:
			return false, errFailed
		case job.ID == "" || job.State != queue.Queued:
			return true, nil
		case n > 0 && job.Begun.IsZero() && job.Attempts[n-1].Error != "" && !job.Attempts[n-1].Deferred:
			return false, errFailed
		}
		return false, nil
	})
	if err != nil {
		return fmt.Errorf("the sink %s: %w; see delivery %s", sink, err, id)
	}
	return nil
}

// errUnended is what came of a command that takes longer than anybody waits.
var errUnended = errors.New("it has not ended yet")

// until asks until it is so.
func until(ctx context.Context, so func() (bool, error)) error {
	for pause := firstLookup; ; pause = min(pause*5/4, seldomLookups) {
		if done, err := so(); done || err != nil {
			return err
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return errUnended
		}
	}
}
