package pipeline

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"time"

	"bellhop/internal/event"
	"bellhop/internal/intake"
	"bellhop/internal/record"
	"bellhop/router/queue"
)

// Accept keeps the signals, all of them or none, and returns an id for the
// whole. When it returns without an error they are on disk.
func (p *Pipeline) Accept(ctx context.Context, ss []event.Signal) (intake.Accepted, error) {
	if len(ss) == 0 {
		return intake.Accepted{}, nil
	}
	p = p.live.Load()
	now := p.Now()
	step, err := p.keeping(ss, now)
	if err != nil {
		return intake.Accepted{}, err
	}
	if err := p.Engine.Do(ctx, step); err != nil {
		return intake.Accepted{}, fmt.Errorf("keep %d alerts: %w", len(ss), err)
	}
	id := p.NewID()
	alerts := len(ss)
	if ss[alerts-1].Cut { // stands for some that were not accepted
		alerts--
	}
	p.Log.LogAttrs(ctx, slog.LevelInfo, "alerts accepted", slog.String("id", id), slog.Int("alerts", alerts),
		slog.String("about", subject(ss[0].Plan)), slog.String("alert", ss[0].Alert.Name()), slog.String("status", said(ss[0])))
	return intake.Accepted{ID: id, Await: p.await(ss, now)}, nil
}

// said is what the sender of a signal says of it.
func said(s event.Signal) string {
	if s.CEF != nil {
		return s.CEF.Action
	}
	return s.Alert.Status
}

// keeping is the step that keeps the signals and has each of their plans looked at.
func (p *Pipeline) keeping(ss []event.Signal, now time.Time) (queue.Step, error) {
	step := queue.Step{Set: make([]queue.Row, 0, len(ss)), Put: make([]queue.Job, 0, 1)}
	looks := make(map[event.PlanRef]int) // where in Put
	for _, s := range ss {
		s.Accepted = now
		if s.CEF != nil {
			s.Alert.Fingerprint = p.NewID()
		}
		row, err := record.SignalRow(s)
		if err != nil {
			return step, err
		}
		step.Set = append(step.Set, row)
		due := p.firstLook(s, now)
		if i, there := looks[s.Plan]; there {
			if due.Before(step.Put[i].Due) {
				step.Put[i].Due = due
			}
			continue
		}
		job, err := lookJob(s.Plan, due)
		if err != nil {
			return step, err
		}
		looks[s.Plan] = len(step.Put)
		step.Put = append(step.Put, job)
	}
	return step, nil
}

// firstLook is when the plan is looked at because of s: an end does not wait (R7), nor
// does what is about no plan (R18).
func (p *Pipeline) firstLook(s event.Signal, now time.Time) time.Time {
	if s.Alert.Status == event.Resolved || s.Plan.Topic != "" {
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
