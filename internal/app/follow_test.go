package app_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"bellhop/correlate/redistest"
	"bellhop/internal/event"
)

// A run is under way when the alert comes; it is told as soon as its last module has
// reported, and not when the next look would have been due.
func TestR1ARunIsLookedAtAgainWhenAModuleReports(t *testing.T) {
	redis := redistest.Start(t)
	redis.Load(string(read(t, "node-midrun.redis")), time.Now())
	far := newFarends(t)
	settings := fmt.Sprintf(`
receiver: {port: 0}
correlator: {wait_seconds: 0}
redis: {address: %q}
repo_check: {enabled: false}
queue: {path: %q}
sinks:
%s`, redis.Addr, t.TempDir(), far.sinks())
	b := start(t, settings)
	b.post(read(t, "alertmanager", "BackupFailed-1-firing.json"))
	eventually(t, 20*time.Second, "the run was found under way", func() error {
		if !strings.Contains(b.log.String(), "has not settled") {
			return fmt.Errorf("it was not looked at")
		}
		return nil
	})
	looked := time.Now()
	redis.Load(string(read(t, "node-partial.redis")), time.Now().Add(30*time.Minute))
	eventually(t, 10*time.Second, "somebody listened", func() error {
		n, err := redis.Admin.Publish(t.Context(), "node/2/event/backup-status-changed", `{"node_id": 2, "backup_id": 1, "module_id": "webtop1"}`).Result()
		if err == nil && n == 0 {
			err = fmt.Errorf("nobody does")
		}
		return err
	})
	e := b.event(1)
	if e.Outcome != event.Partial || !e.Run.Settled {
		t.Errorf("got %+v", e)
	}
	if took := time.Since(looked); took > 25*time.Second { // the next look by itself comes after 30 s
		t.Errorf("it took %v, as long as without the report", took)
	}
}

func TestR1WhatNobodyWaitsForIsNotLookedAt(t *testing.T) {
	redis := redistest.Start(t)
	redis.Load(string(read(t, "node-partial.redis")), time.Now())
	far := newFarends(t)
	b := start(t, fmt.Sprintf(`
receiver: {port: 0}
correlator: {wait_seconds: 0}
redis: {address: %q}
repo_check: {enabled: false}
queue: {path: %q}
sinks:
%s`, redis.Addr, t.TempDir(), far.sinks()))
	report := func() error {
		n, err := redis.Admin.Publish(t.Context(), "node/1/event/backup-status-changed", `{"backup_id": 1, "module_id": "mail1"}`).Result()
		if err == nil && n == 0 {
			err = fmt.Errorf("nobody listens")
		}
		return err
	}
	eventually(t, 10*time.Second, "somebody listened", report)
	time.Sleep(3 * time.Second)
	if all, err := b.events(); err != nil || len(all) != 0 {
		t.Errorf("%d events, %v", len(all), err)
	}
	if page := b.text("/metrics"); !strings.Contains(page, "bellhop_correlation_duration_seconds_count 0") {
		t.Errorf("something was looked at")
	}
}

// Without any alert, what the cluster reports is enough: a run that went well is told to
// those who like to hear it, and what ran just before the start as well.
func TestR1ReportsAloneTellWhatBecameOfARun(t *testing.T) {
	redis := redistest.Start(t)
	redis.Load(string(read(t, "node-success.redis")), time.Now())
	far := newFarends(t)
	b := start(t, fmt.Sprintf(`
receiver: {port: 0}
correlator: {wait_seconds: 0, trigger: true}
redis: {address: %q}
repo_check: {enabled: false}
queue: {path: %q}
sinks:
%s`, redis.Addr, t.TempDir(), far.sinks()))
	if e := b.event(1); e.Status != event.StatusSuccess || e.Outcome != event.Success {
		t.Errorf("got %+v", e)
	}
	redis.Load(string(read(t, "node-partial.redis")), time.Now().Add(30*time.Minute))
	if err := redis.Admin.Publish(t.Context(), "node/1/event/backup-status-changed", `{"backup_id": 1, "module_id": "mail1"}`).Err(); err != nil {
		t.Fatal(err)
	}
	if e := b.event(2); e.Status != event.StatusOpen || e.Outcome != event.Partial || len(e.Alerts) != 0 {
		t.Errorf("got %+v", e)
	}
	eventually(t, 20*time.Second, "everybody heard of it", func() error {
		if alerts := far.pager.Alerts(); len(alerts) != 1 || !alerts[0].Open {
			return fmt.Errorf("PagerDuty shows %+v", alerts)
		}
		if n := len(far.hook.Requests()); n != 2 {
			return fmt.Errorf("the webhook heard %d messages", n)
		}
		return nil
	})
}
