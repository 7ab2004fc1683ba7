package pagerduty

import (
	"fmt"
	"strings"
	"unicode"

	"bellhop/internal/fault"
	"bellhop/internal/secret"
	"bellhop/sinks/wire"
)

// usualURL is where PagerDuty takes events, but for its European accounts
// (https://developer.pagerduty.com/docs/events-api-v2/overview/).
const usualURL = "https://events.pagerduty.com"

// Config is the section of a PagerDuty sink.
type Config struct {
	// RoutingKeys holds the integration key of an "Events API v2" integration.
	RoutingKeys []secret.String `koanf:"routing_keys"`
	// URL is the base to which /v2/enqueue is added, for tests, proxies and
	// accounts of another region.
	URL string `koanf:"url"`
}

// DefaultConfig returns the settings that nobody has to write.
func DefaultConfig() Config { return Config{URL: usualURL} }

// Validate looks at the settings without asking PagerDuty. It does not count the
// characters of a key: PagerDuty alone knows its keys.
func (c Config) Validate() []fault.Fault {
	return append(c.checkKeys(), wire.CheckBase(c.URL, usualURL)...)
}

func (c Config) checkKeys() []fault.Fault {
	switch len(c.RoutingKeys) {
	case 0:
		return []fault.Fault{{Key: "routing_keys", Text: "is empty",
			Remedy: "give the integration key of an Events API v2 integration"}}
	case 1:
		return checkKey(c.RoutingKeys[0])
	}
	return []fault.Fault{{Key: "routing_keys",
		Text:   fmt.Sprintf("holds %d keys, and several keys are not supported yet", len(c.RoutingKeys)),
		Remedy: "give one key, or make a sink of its own for each"}}
}

func checkKey(key secret.String) []fault.Fault {
	text := key.Reveal()
	const remedy = "copy the integration key from PagerDuty, 32 letters and digits"
	odd := func(r rune) bool { return unicode.IsSpace(r) || !unicode.IsPrint(r) }
	switch {
	case text == "":
		return []fault.Fault{{Key: "routing_keys.0", Text: "is empty", Remedy: remedy}}
	case strings.ContainsFunc(text, odd):
		return []fault.Fault{{Key: "routing_keys.0", Text: "holds white space or unprintable characters", Remedy: remedy}}
	}
	return nil
}
