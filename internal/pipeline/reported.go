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

// Reported has a plan looked at because one of its modules has left a status (R1):
// when somebody waits for it, because of an alert or an open incident.
func (p *Pipeline) Reported(ctx context.Context, plan string) error {
	p = p.live.Load()
	ref := event.PlanRef{ID: plan}
	expected, err := p.expected(ctx, ref)
	if err != nil || !expected {
		return err
	}
	job, err := lookJob(ref, p.Now().Add(breath))
	if err != nil {
		return err
	}
	if err := p.Engine.Do(ctx, queue.Step{Put: []queue.Job{job}}); err != nil {
		return fmt.Errorf("put a look at plan %q: %w", plan, err)
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
