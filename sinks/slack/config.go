package slack

import (
	"strings"
	"unicode"

	"bellhop/internal/fault"
	"bellhop/internal/secret"
	"bellhop/sinks/wire"
)

const (
	usualURL   = "https://slack.com/api/"
	maxChannel = 80 // characters of a channel's name, "#" aside
)

// Config is the section of a Slack sink.
type Config struct {
	// Token is the token of a bot that may chat:write and is in the channel.
	Token secret.String `koanf:"token"`
	// Channel is the channel's name with its # or, safer against renaming, its id.
	Channel string `koanf:"channel"`
	// URL is the base of the Web API, for tests, proxies and GovSlack.
	URL string `koanf:"url"`
}

// DefaultConfig returns the settings that nobody has to write.
func DefaultConfig() Config { return Config{URL: usualURL} }

// Validate looks at the settings without asking Slack.
func (c Config) Validate() []fault.Fault {
	var faults []fault.Fault
	odd := func(r rune) bool { return unicode.IsSpace(r) || !unicode.IsPrint(r) }
	switch token := c.Token.Reveal(); {
	case token == "":
		faults = append(faults, fault.Fault{Key: "token", Text: "is empty",
			Remedy: "give the bot token of a Slack app, it begins with xoxb-"})
	case strings.ContainsFunc(token, odd):
		faults = append(faults, fault.Fault{Key: "token", Text: "holds white space or unprintable characters",
			Remedy: "copy the bot token from the Slack app once more"})
	}
	name := strings.TrimPrefix(c.Channel, "#")
	if name == "" || len(name) > maxChannel || strings.ContainsFunc(name, odd) {
		faults = append(faults, fault.Fault{Key: "channel", Text: "is no channel",
			Remedy: `give its name, as "#backups", or its id`})
	}
	return append(faults, wire.CheckBase(c.URL, usualURL)...)
}
