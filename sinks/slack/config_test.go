package slack_test

import (
	"fmt"
	"strings"
	"testing"

	"bellhop/internal/secret"
	"bellhop/sinks/slack"
)

// webhook has one instead of a token and a channel.
func webhook(address string) func(*slack.Config) {
	return func(c *slack.Config) {
		c.Token, c.WebhookURL, c.Channel = secret.String{}, secret.New(address), ""
	}
}

func TestConfigFaults(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*slack.Config)
		key    string // of the fault; empty: none
	}{
		"good":          {func(*slack.Config) {}, ""},
		"id":            {func(c *slack.Config) { c.Channel = "C0123456789" }, ""},
		"no token":      {func(c *slack.Config) { c.Token = secret.String{} }, "token"},
		"token of two":  {func(c *slack.Config) { c.Token = secret.New("xoxb-hunter2\nxoxb-hunter2") }, "token"},
		"a webhook":     {webhook("https://hooks.slack.com/services/T0/B0/hunter2"), ""},
		"and a place":   {func(c *slack.Config) { webhook("https://chat.example.org/hooks/hunter2")(c); c.Channel = "#a" }, ""},
		"both":          {func(c *slack.Config) { c.WebhookURL = secret.New("https://hooks.slack.com/hunter2") }, "webhook_url"},
		"odd webhook":   {webhook("hooks.slack.com/hunter2"), "webhook_url"},
		"no webhook":    {webhook("http://x/%zz?hunter2"), "webhook_url"},
		"two webhooks":  {webhook("https://x/hunter2\nhttps://x/hunter2"), "webhook_url"},
		"no place":      {func(c *slack.Config) { webhook("https://x/hunter2")(c); c.Channel = "#a #b" }, "channel"},
		"no channel":    {func(c *slack.Config) { c.Channel = "" }, "channel"},
		"only a hash":   {func(c *slack.Config) { c.Channel = "#" }, "channel"},
		"two channels":  {func(c *slack.Config) { c.Channel = "#a #b" }, "channel"},
		"no url":        {func(c *slack.Config) { c.URL = "" }, "url"},
		"login in url":  {func(c *slack.Config) { c.URL = "https://user:hunter2@slack.example.org/api/" }, "url"},
		"not a website": {func(c *slack.Config) { c.URL = "slack.com/api" }, "url"},
	} {
		t.Run(name, func(t *testing.T) {
			conf := slack.DefaultConfig()
			conf.Token, conf.Channel = secret.New(token), "#backups"
			c.change(&conf)
			faults := conf.Validate()
			if c.key == "" && len(faults) == 0 {
				return
			}
			if len(faults) != 1 || faults[0].Key != c.key {
				t.Fatalf("faults %+v, want one of %q", faults, c.key)
			}
			if strings.Contains(fmt.Sprint(faults), "hunter2") {
				t.Errorf("the fault holds a secret: %+v", faults)
			}
		})
	}
}
