// Package pagerduty opens, updates and resolves alerts through PagerDuty's
// Events API v2, and does nothing else there: no change events, no REST.
//
// The promise: one incident is one alert. Every event bears the incident's own
// dedup key, so a retry of a trigger that was heard changes nothing, and what is
// resolved is what was opened. An alert is known to PagerDuty only through the
// routing key that opened it, so a target is a routing key. Texts are cut before
// they leave, because PagerDuty refuses an event that is too long instead of
// cutting it. PagerDuty is silent on a resolve of an alert that it does not know
// (202), and it tells nobody anew of an alert that somebody has acknowledged:
// neither can be seen from here. The reason of a refusal is quoted in the error;
// the routing key never is. The library's own retries stay off: the queue tries
// again, and the library's second try would send an empty body.
package pagerduty

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	api "github.com/PagerDuty/go-pagerduty"

	"bellhop/internal/event"
	"bellhop/internal/fault"
	"bellhop/internal/retry"
	"bellhop/internal/secret"
	"bellhop/sinks"
	"bellhop/sinks/wire"
)

const summaryPart = "pagerduty.summary"

// Kind describes the kind "pagerduty". PagerDuty takes about 120 events in any
// 60 s per integration key and throws away what goes beyond
// (https://developer.pagerduty.com/docs/events-api-v2/rate-limits/).
func Kind() sinks.Kind {
	return sinks.Kind{
		Name:     "pagerduty",
		Parts:    []string{summaryPart},
		Limit:    retry.Limit{N: 120, Per: time.Minute, Burst: 10},
		Timeout:  30 * time.Second,
		Settings: func() any { c := DefaultConfig(); return &c },
		Validate: func(settings any) []fault.Fault { return settings.(*Config).Validate() },
		New: func(_ string, settings any, d sinks.Deps) (sinks.Sink, error) {
			return New(*settings.(*Config), d)
		},
		Supersede: sinks.KeepNews,
	}
}

// Sink is one routing key.
type Sink struct {
	key      secret.String
	target   string
	url      string
	external string
	now      func() time.Time
	caller   *wire.Caller
}

var _ sinks.Sink = (*Sink)(nil)

// New builds the sink of settings that were found valid.
func New(c Config, d sinks.Deps) (*Sink, error) {
	if fs := c.Validate(); len(fs) > 0 {
		return nil, fmt.Errorf("build PagerDuty sink: %s %s; %s", fs[0].Key, fs[0].Text, fs[0].Remedy)
	}
	key := c.RoutingKeys[0]
	return &Sink{
		key:      key,
		target:   target(key),
		url:      strings.TrimRight(c.URL, "/"),
		external: d.ExternalURL,
		now:      d.Now,
		caller:   wire.NewCaller(d.Client, d.Version, key),
	}, nil
}

// target names a routing key without giving it away.
func target(key secret.String) string {
	sum := sha256.Sum256([]byte(key.Reveal()))
	return "key-" + hex.EncodeToString(sum[:4])
}

// Targets names the routing key: "key-" and eight hex digits of its SHA-256.
func (s *Sink) Targets() []string { return []string{s.target} }

// Send opens or updates the alert of m's incident, or resolves it. A success
// that belongs to no incident is not for a pager: nothing is sent, and the
// receipt says so.
//
// It always goes through the key of today, even when m waited for the key of
// yesterday: so what waited because of a wrong key arrives once the key is right.
func (s *Sink) Send(ctx context.Context, m sinks.Message) (sinks.Receipt, error) {
	if m.Event.Status == event.StatusSuccess {
		return sinks.Receipt{Status: "skipped: a success is not for a pager"}, nil
	}
	if m.Event.Status == event.StatusResolved {
		if err := s.reachable(m.Memory); err != nil {
			return sinks.Receipt{}, err
		}
	}
	call := s.caller.Call()
	client := api.NewClient("", api.WithV2EventsAPIEndpoint(s.url)) // an event bears its key, no token is needed
	client.HTTPClient = call
	e := s.event(m)
	_, err := client.ManageEventWithContext(ctx, &e)
	receipt := sinks.Receipt{Status: call.Answer()}
	if err := s.verdict(call, err); err != nil {
		return receipt, fmt.Errorf("send %s to PagerDuty: %w", e.Action, err)
	}
	receipt.Memory = s.remember()
	return receipt, nil
}
