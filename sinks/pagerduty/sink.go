// Package pagerduty opens, updates and resolves alerts through PagerDuty's
// Events API v2, and passes on events and change events that came in its format, as
// they came. It does nothing else there: no REST.
//
// The promise: one incident is one alert. Every event bears the incident's own
// dedup key, so a retry of a trigger that was heard changes nothing, and what is
// resolved is what was opened. An alert is known to PagerDuty only through the
// routing key that opened it, so a target is a routing key, and an event goes through
// its target or not at all. Of several keys, one that PagerDuty calls invalid is taken
// out until the sink is built anew; the last one never is. Texts are cut before they
// leave, because PagerDuty refuses an event that is too long instead of cutting it.
// PagerDuty is silent on a resolve of an alert that it does not know (202), and it
// tells nobody anew of an alert that somebody has acknowledged: neither can be seen
// from here. The reason of a refusal is quoted in the error; no routing key ever is.
// The library's own retries stay off: the queue tries again, and the library's second
// try would send an empty body.
package pagerduty

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	api "github.com/PagerDuty/go-pagerduty"

	"bellhop/internal/event"
	"bellhop/internal/fault"
	"bellhop/internal/retry"
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
		New: func(name string, settings any, d sinks.Deps) (sinks.Sink, error) {
			d.Log = d.Log.With("sink", name)
			return New(*settings.(*Config), d)
		},
		Supersede: sinks.KeepNews,
		Passes:    true,
	}
}

// Sink is one or several routing keys.
type Sink struct {
	keys     *ring
	url      string
	verify   bool
	external string
	now      func() time.Time
	log      *slog.Logger
	caller   *wire.Caller
}

var _ sinks.Keyed = (*Sink)(nil)

// New builds the sink of settings that were found valid.
func New(c Config, d sinks.Deps) (*Sink, error) {
	if fs := c.Validate(); len(fs) > 0 {
		return nil, fmt.Errorf("build PagerDuty sink: %s %s; %s", fs[0].Key, fs[0].Text, fs[0].Remedy)
	}
	return &Sink{
		keys:     newRing(c.RoutingKeys),
		url:      strings.TrimRight(c.URL, "/"),
		verify:   c.Verify,
		external: d.ExternalURL,
		now:      d.Now,
		log:      d.Log,
		caller:   wire.NewCaller(d.Client, d.Version, c.RoutingKeys...),
	}, nil
}

// Targets names the routing keys, those that were taken out as well.
func (s *Sink) Targets() []string { return s.keys.targets() }

// Pin implements sinks.Keyed.
func (s *Sink) Pin(incident string) string { return s.keys.pin(incident) }

// Lost implements sinks.Keyed.
func (s *Sink) Lost(target string) error {
	_, err := s.keys.key(target)
	return err
}

// Send opens or updates the alert of m's incident, or resolves it. A success
// that belongs to no incident is not for a pager: nothing is sent, and the
// receipt says so.
func (s *Sink) Send(ctx context.Context, m sinks.Message) (sinks.Receipt, error) {
	if m.Event.Status == event.StatusSuccess {
		return sinks.Receipt{Status: "skipped: a success is not for a pager"}, nil
	}
	k, err := s.keys.key(m.Target)
	if err != nil {
		return sinks.Receipt{}, fmt.Errorf("send to PagerDuty: %w", err)
	}
	var answer string
	if m.Event.CEF != nil && m.Event.Instead == nil {
		answer, err = s.pass(ctx, k, *m.Event.CEF)
	} else {
		answer, err = s.post(ctx, k, s.event(k, m))
	}
	receipt := sinks.Receipt{Status: answer}
	if err == nil {
		receipt.Memory = remember(k.target)
	}
	return receipt, err
}

// post sends e, which goes through k, and says what PagerDuty answered. A key that
// PagerDuty calls invalid is taken out.
func (s *Sink) post(ctx context.Context, k key, e api.V2Event) (answer string, err error) {
	return s.through(k, e.Action, func(client *api.Client) error {
		_, err := client.ManageEventWithContext(ctx, &e)
		return err
	})
}

// through sends something through k by PagerDuty's client.
func (s *Sink) through(k key, what string, send func(*api.Client) error) (answer string, err error) {
	call := s.caller.Call()
	client := api.NewClient("", api.WithV2EventsAPIEndpoint(s.url)) // an event bears its key, no token is needed
	client.HTTPClient = call
	err = s.verdict(call, send(client))
	if errors.Is(err, errInvalid) {
		err = s.takeOut(k, err)
	}
	if err != nil {
		err = fmt.Errorf("send %s to PagerDuty: %w", what, err)
	}
	return call.Answer(), err
}

// takeOut adds to the error what has become of the key.
func (s *Sink) takeOut(k key, err error) error {
	out, first := s.keys.takeOut(k.target)
	if first {
		s.log.Error("PagerDuty calls a routing key invalid: it is taken out until bellhop is reloaded, the others serve on",
			"key", k.target, "err", err)
	}
	if out {
		return fmt.Errorf("%w; until a reload, the other routing keys serve in place of %s", err, k.target)
	}
	return err
}
