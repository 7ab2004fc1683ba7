package pagerduty

import (
	"context"
	"errors"
	"time"

	api "github.com/PagerDuty/go-pagerduty"
)

const (
	// verifyKey is the dedup key of an alert that never is: PagerDuty drops its
	// resolve in silence, but looks at the routing key first.
	verifyKey = "bellhop-verify"
	// verifyTimeout bounds a look at a key, for which its lane waits.
	verifyTimeout = 10 * time.Second
)

// Verify implements sinks.Keyed. Only that PagerDuty calls the key invalid says
// something about it.
func (s *Sink) Verify(ctx context.Context, target string) error {
	k, err := s.keys.key(target)
	if err != nil || !s.verify {
		return err
	}
	asking, cancel := context.WithTimeout(ctx, verifyTimeout)
	defer cancel()
	_, err = s.post(asking, k, api.V2Event{RoutingKey: k.secret.Reveal(), Action: "resolve", DedupKey: verifyKey, Client: "bellhop"})
	switch {
	case errors.Is(err, errInvalid):
		return err
	case err != nil && ctx.Err() == nil:
		s.log.Warn("whether PagerDuty knows a routing key could not be found out", "key", target, "err", err)
	}
	return nil
}
