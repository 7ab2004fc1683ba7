package slack

import (
	"net/url"
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
	// WebhookURL is the address of an incoming webhook of Slack or Mattermost, instead
	// of a token. Whoever knows it can post, so it is secret.
	WebhookURL secret.String `koanf:"webhook_url"`
	// Channel is the channel's name with its # or, safer against renaming, its id. A
	// webhook has a channel of its own, and some let a message name another.
	Channel string `koanf:"channel"`
	// URL is the base of the Web API, for tests, proxies and GovSlack.
	URL string `koanf:"url"`
	// Update has the first message of an incident edited as the incident changes, with
	// a reply in its thread; false: each notice is a message of its own, as it always is
	// through a webhook.
	Update bool `koanf:"update"`
}

// DefaultConfig returns the settings that nobody has to write.
func DefaultConfig() Config { return Config{URL: usualURL, Update: true} }

// Validate looks at the settings without asking Slack.
func (c Config) Validate() []fault.Fault {
	return append(append(c.checkWay(), c.checkChannel()...), wire.CheckBase(c.URL, usualURL)...)
}

// checkWay looks at the way into the channel, of which there has to be one.
func (c Config) checkWay() []fault.Fault {
	switch {
	case c.Token.Empty() && c.WebhookURL.Empty():
		return []fault.Fault{{Key: "token", Text: "is empty, and so is webhook_url",
			Remedy: "give the bot token of a Slack app, it begins with xoxb-, or the address of an incoming webhook as webhook_url"}}
	case !c.Token.Empty() && !c.WebhookURL.Empty():
		return []fault.Fault{{Key: "webhook_url", Text: "stands beside token",
			Remedy: "keep one of the two; only with token the first message can be edited"}}
	case !c.WebhookURL.Empty():
		return checkWebhook(c.WebhookURL.Reveal())
	case strings.ContainsFunc(c.Token.Reveal(), odd):
		return []fault.Fault{{Key: "token", Text: "holds white space or unprintable characters",
			Remedy: "copy the bot token from the Slack app once more"}}
	}
	return nil
}

// checkWebhook quotes nothing of the address, which is a secret as a whole.
func checkWebhook(address string) []fault.Fault {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || strings.ContainsFunc(address, odd) {
		return []fault.Fault{{Key: "webhook_url", Text: "is not the address of a web server",
			Remedy: "copy the whole address of the incoming webhook once more, it begins with https://"}}
	}
	return nil
}

func (c Config) checkChannel() []fault.Fault {
	if c.Channel == "" && !c.WebhookURL.Empty() || isChannel(c.Channel) {
		return nil
	}
	return []fault.Fault{{Key: "channel", Text: "is no channel", Remedy: `give its name, as "#backups", or its id`}}
}

func isChannel(channel string) bool {
	name := strings.TrimPrefix(channel, "#")
	return name != "" && len(name) <= maxChannel && !strings.ContainsFunc(name, odd)
}

func odd(r rune) bool { return unicode.IsSpace(r) || !unicode.IsPrint(r) }
