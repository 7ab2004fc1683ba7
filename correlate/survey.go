package correlate

import (
	"context"
	"fmt"
	"time"

	"bellhop/internal/event"
)

// Latest is what the newest run of a plan came to, for alerts of which nobody knows
// what plan they speak of (R4).
type Latest struct {
	Plan    string // its id
	Enabled bool
	Newest  time.Time // the end of its newest status; zero: it has none that can be read
	Outcome event.Outcome
}

// Survey says of every plan what its newest run came to, or of every plan of that name
// if one is given. Each plan may take as long as a look. An error means that Redis could
// not be read, as of [Correlator.Look].
func (c *Correlator) Survey(ctx context.Context, name string) ([]Latest, error) {
	plans, err := c.roster(ctx, name)
	if err != nil {
		return nil, err
	}
	all := make([]Latest, 0, len(plans))
	for _, id := range plans {
		f, err := c.Look(ctx, Query{Ref: event.PlanRef{ID: id}, Accepted: c.now(), Quiet: true})
		if err != nil {
			return nil, fmt.Errorf("look at plan %q: %w", id, err)
		}
		all = append(all, Latest{Plan: id, Enabled: f.Enabled, Newest: f.Newest, Outcome: f.Outcome})
	}
	return all, nil
}

// roster lists the plans, or those of that name.
func (c *Correlator) roster(ctx context.Context, name string) ([]string, error) {
	ctx, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	r := reader{store: c.store, now: c.now()}
	if name == "" {
		return r.plans(ctx)
	}
	return r.namesakes(ctx, &scene{}, name)
}
