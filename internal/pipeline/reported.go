package pipeline

import (
	"context"
	"fmt"
	"time"

	"bellhop/internal/event"
	"bellhop/internal/record"
	"bellhop/router/queue"
)

// breath is how long a look waits after a report, so that the modules of a plan that
// end one after the other cause few looks.
const breath = 2 * time.Second

// Reported has a plan looked at because one of its modules has left a status (R1): when
// somebody waits for it, because of an alert or an open incident, or when no alert is
// needed.
func (p *Pipeline) Reported(ctx context.Context, plan string) error {
	p = p.live.Load()
	ref := event.PlanRef{ID: plan}
	if !p.Timing.Trigger {
		expected, err := p.expected(ctx, ref)
		if err != nil || !expected {
			return err
		}
	}
	return p.lookSoon(ctx, ref)
}

// CatchUp has those plans looked at that have left a status inside recent_window, which
// nobody may have heard reported. It does nothing where alerts are needed: they come.
func (p *Pipeline) CatchUp(ctx context.Context) error {
	p = p.live.Load()
	if !p.Timing.Trigger {
		return nil
	}
	plans, err := p.Correlator.Survey(ctx, "")
	if err != nil {
		return fmt.Errorf("see which plans have run: %w", err)
	}
	since := p.Now().Add(-p.Timing.RecentWindow)
	for _, l := range plans {
		if l.Newest.Before(since) {
			continue
		}
		if err := p.lookSoon(ctx, event.PlanRef{ID: l.Plan}); err != nil {
			return err
		}
	}
	return nil
}

func (p *Pipeline) lookSoon(ctx context.Context, ref event.PlanRef) error {
	job, err := lookJob(ref, p.Now().Add(breath))
	if err != nil {
		return err
	}
	if err := p.Engine.Do(ctx, queue.Step{Put: []queue.Job{job}}); err != nil {
		return fmt.Errorf("put a look at plan %q: %w", ref.ID, err)
	}
	return nil
}

func (p *Pipeline) expected(ctx context.Context, ref event.PlanRef) (bool, error) {
	jobs, err := p.Engine.Jobs(ctx, queue.JobQuery{ID: record.InboxID(ref), State: queue.Queued, Limit: 1})
	if err != nil {
		return false, fmt.Errorf("see whether plan %q is to be looked at: %w", ref.ID, err)
	}
	if len(jobs) > 0 {
		return true, nil
	}
	open, err := p.Engine.Get(ctx, record.OpenKey(ref.ID))
	if err != nil {
		return false, fmt.Errorf("see whether plan %q has an open incident: %w", ref.ID, err)
	}
	return open.Rev != 0, nil
}
