package pipeline

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"bellhop/internal/event"
	"bellhop/internal/record"
	"bellhop/router/queue"
)

// Accept keeps the signals, all of them or none, and returns an id for the
// whole. When it returns without an error they are on disk.
func (p *Pipeline) Accept(ctx context.Context, ss []event.Signal) (string, error) {
	if len(ss) == 0 {
		return "", nil
	}
	p = p.live.Load()
	now := p.Now()
	var step queue.Step
	for _, s := range ss {
		s.Accepted = now
		row, err := record.SignalRow(s)
		if err != nil {
			return "", err
		}
		step.Set = append(step.Set, row)
		job, err := lookJob(s.Plan, p.firstLook(s, now))
		if err != nil {
			return "", err
		}
		step.Put = append(step.Put, job)
	}
	if err := p.Engine.Do(ctx, step); err != nil {
		return "", fmt.Errorf("keep %d alerts: %w", len(ss), err)
	}
	id := p.NewID()
	p.Log.Info("alerts accepted", "id", id, "alerts", len(ss), "plan", planKey(ss[0].Plan), "status", ss[0].Alert.Status)
	return id, nil
}

// firstLook is when the plan is looked at because of s: an end does not wait (R7).
func (p *Pipeline) firstLook(s event.Signal, now time.Time) time.Time {
	if s.Alert.Status == event.Resolved {
		return now
	}
	return now.Add(p.Timing.Wait)
}

// lookJob is the one inbox job of a plan; putting it again joins it (R1).
func lookJob(ref event.PlanRef, due time.Time) (queue.Job, error) {
	payload, err := json.Marshal(record.Look{Ref: ref})
	if err != nil {
		return queue.Job{}, fmt.Errorf("encode look at plan %q: %w", ref.ID, err)
	}
	id := record.InboxID(ref)
	return queue.Job{ID: id, Lane: record.Inbox, Key: id, Due: due, Payload: payload}, nil
}
