package pagerduty

import (
	"context"
	"fmt"

	api "github.com/PagerDuty/go-pagerduty"

	"bellhop/internal/event"
	"bellhop/internal/pdcef"
	"bellhop/internal/retry"
)

// pass sends an event as its sender wrote it, but for the routing key.
func (s *Sink) pass(ctx context.Context, k key, cef event.CEF) (answer string, err error) {
	if cef.Action == event.ActionChange {
		return s.passChange(ctx, k, cef)
	}
	e, err := pdcef.Parse(cef.Body)
	if err != nil {
		return "", unreadable(err)
	}
	e.RoutingKey = k.secret.Reveal()
	return s.post(ctx, k, e)
}

func (s *Sink) passChange(ctx context.Context, k key, cef event.CEF) (answer string, err error) {
	e, err := pdcef.ParseChange(cef.Body)
	if err != nil {
		return "", unreadable(err)
	}
	e.RoutingKey = k.secret.Reveal()
	return s.through(k, "change event", func(client *api.Client) error {
		_, err := client.CreateChangeEventWithContext(ctx, e)
		return err
	})
}

// unreadable is of an event that was good when it was kept.
func unreadable(err error) error {
	return retry.Refused(retry.Permanent(fmt.Errorf("pass an event on to PagerDuty: %w", err)))
}
