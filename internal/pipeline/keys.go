package pipeline

import (
	"context"
	"fmt"
	"slices"

	"bellhop/internal/event"
	"bellhop/internal/record"
	"bellhop/router/queue"
	"bellhop/sinks"
)

// keyed is the outlet's sink when it has keys, each of them a target of its own (R15).
func (o Outlet) keyed() (sinks.Keyed, bool) {
	k, ok := o.Sink.(sinks.Keyed)
	return k, ok
}

// targets lists whom the outlet tells of an incident. Of several keys that is the one
// through which it was told, whatever became of that one; else the one that is
// named, if it is the sink's own; else the pin.
func (o Outlet) targets(told []event.Audience, dedup, named string) []string {
	k, ok := o.keyed()
	if !ok {
		return o.Sink.Targets()
	}
	for _, a := range told {
		if a.Sink == o.Name {
			return []string{a.Target}
		}
	}
	if slices.Contains(k.Targets(), named) && k.Lost(named) == nil {
		return []string{named}
	}
	return []string{k.Pin(dedup)}
}

// lost says why what is in that lane for that target does not go out any more; nil: it
// does. An address that the settings name no longer is still good for what was told
// there; a key is not.
func (o Outlet) lost(lane, target string) error {
	if k, ok := o.keyed(); ok {
		return k.Lost(target)
	}
	if lane != record.Lane(o.Name) {
		return fmt.Errorf("sink %s has no keys any more", o.Name)
	}
	return nil
}

// lanes lists where deliveries of the outlet wait.
func (o Outlet) lanes() []string {
	all := []string{record.Lane(o.Name)}
	if _, ok := o.keyed(); ok {
		for _, target := range o.Sink.Targets() {
			all = append(all, record.KeyLane(o.Name, target))
		}
	}
	return all
}

// lane is where a delivery waits: in its key's lane where the sink has keys, else in
// the sink's own. But what waits for its target under the same key must not be
// overtaken, and may be in the other lane of the two: from a version that knew no
// lanes of keys, or from before the sink was taken out of the settings.
func (p *Pipeline) lane(ctx context.Context, to event.Audience, key string) (string, error) {
	o, configured := p.outlets[to.Sink]
	lane, other := record.Lane(to.Sink), record.KeyLane(to.Sink, to.Target)
	if _, ok := o.keyed(); ok {
		lane, other = other, lane
	} else if configured {
		return lane, nil
	}
	jobs, err := p.Engine.Jobs(ctx, queue.JobQuery{Lane: other, Key: key, State: queue.Queued, Limit: 1})
	if err != nil {
		return "", fmt.Errorf("list what waits in lane %s: %w", other, err)
	}
	if len(jobs) > 0 {
		lane = other
	}
	return lane, nil
}
