package pipeline

import (
	"context"
	"fmt"

	"bellhop/internal/record"
	"bellhop/router/queue"
)

// sweepPage is how many plans one step of a sweep puts.
const sweepPage = 500

// Sweep has every plan with an open incident looked at, because the end that a
// resolve should bring may never be sent (R9). While the cluster's state cannot be
// read there is nothing to be found out.
func (p *Pipeline) Sweep(ctx context.Context) error {
	p = p.live.Load()
	if err := p.Correlator.Reachable(ctx); err != nil {
		p.Log.Debug("the open incidents are not swept: the cluster's state cannot be read", "err", err)
		return nil
	}
	after := ""
	for {
		rows, err := p.Engine.Scan(ctx, queue.RowQuery{Prefix: record.OpenPlans, After: after, Limit: sweepPage})
		if err != nil {
			return fmt.Errorf("list the open incidents: %w", err)
		}
		if len(rows) == 0 {
			return nil
		}
		if err := p.sweepPage(ctx, rows); err != nil {
			return err
		}
		after = rows[len(rows)-1].Key
	}
}

func (p *Pipeline) sweepPage(ctx context.Context, rows []queue.Row) error {
	var step queue.Step
	for _, row := range rows {
		var look record.Look
		if err := record.Decode(row, &look); err != nil {
			p.Log.Error("a plan with an open incident cannot be swept", "err", err)
			continue
		}
		if look.Ref.Topic != "" { // they have looks of their own
			continue
		}
		// Not earlier than a signal's look would be: the run may just be ending.
		job, err := lookJob(look.Ref, p.Now().Add(p.Timing.Wait))
		if err != nil {
			return err
		}
		step.Put = append(step.Put, job)
	}
	if err := p.Engine.Do(ctx, step); err != nil {
		return fmt.Errorf("put looks at %d open incidents: %w", len(rows), err)
	}
	return nil
}
