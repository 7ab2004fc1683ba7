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
	// RoutingKeys holds the integration keys of "Events API v2" integrations. Each
	// incident goes through one of them.
	RoutingKeys []secret.String `koanf:"routing_keys"`
	// URL is the base to which /v2/enqueue is added, for tests, proxies and
	// accounts of another region.
	URL string `koanf:"url"`
	// Verify asks PagerDuty at each start and reload whether it knows the keys.
	Verify bool `koanf:"verify"`
}

// DefaultConfig returns the settings that nobody has to write.
func DefaultConfig() Config { return Config{URL: usualURL, Verify: true} }

// Validate looks at the settings without asking PagerDuty. It does not count the
// characters of a key: PagerDuty alone knows its keys.
func (c Config) Validate() []fault.Fault {
	return append(c.checkKeys(), wire.CheckBase(c.URL, usualURL)...)
}

func (c Config) checkKeys() []fault.Fault {
	if len(c.RoutingKeys) == 0 {
		return []fault.Fault{{Key: "routing_keys", Text: "is empty",
			Remedy: "give the integration key of an Events API v2 integration"}}
	}
	var faults []fault.Fault
	seen := make(map[string]int)
	for i, key := range c.RoutingKeys {
		text, remedy := wrong(key.Reveal())
		if first, twice := seen[target(key)]; twice && text == "" {
			text, remedy = fmt.Sprintf("is the same key as routing_keys.%d", first), "keep one of the two"
		}
		if text != "" {
			faults = append(faults, fault.Fault{Key: fmt.Sprintf("routing_keys.%d", i), Text: text, Remedy: remedy})
			continue
		}
		seen[target(key)] = i
	}
	return faults
}

// wrong says what is wrong with a key; "": nothing that can be seen.
func wrong(key string) (text, remedy string) {
	remedy = "copy the integration key from PagerDuty, 32 letters and digits"
	odd := func(r rune) bool { return unicode.IsSpace(r) || !unicode.IsPrint(r) }
	switch {
	case key == "":
		return "is empty", remedy
	case strings.ContainsFunc(key, odd):
		return "holds white space or unprintable characters", remedy
	}
	return "", ""
}
