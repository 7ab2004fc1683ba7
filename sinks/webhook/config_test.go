package webhook_test

import (
	"fmt"
	"strings"
	"testing"

	"bellhop/internal/secret"
	"bellhop/sinks/webhook"
)

func TestConfigFaults(t *testing.T) {
	header := func(name, value string) map[string]secret.String {
		return map[string]secret.String{name: secret.New(value)}
	}
	hunter := secret.New("hunter2")
	for name, c := range map[string]struct {
		change func(*webhook.Config)
		key    string // of the fault; empty: none
	}{
		"good":           {func(*webhook.Config) {}, ""},
		"basic":          {func(c *webhook.Config) { c.Username, c.Password = "u", hunter }, ""},
		"bearer":         {func(c *webhook.Config) { c.BearerToken = hunter }, ""},
		"no url":         {func(c *webhook.Config) { c.URL = secret.String{} }, "url"},
		"odd url":        {func(c *webhook.Config) { c.URL = secret.New("ftp://hunter2@x") }, "url"},
		"broken url":     {func(c *webhook.Config) { c.URL = secret.New("http://x/%zz?hunter2") }, "url"},
		"header name":    {func(c *webhook.Config) { c.Headers = header("X Team", "hunter2") }, "headers.X Team"},
		"header value":   {func(c *webhook.Config) { c.Headers = header("X-Team", "a\r\nhunter2") }, "headers.X-Team"},
		"our header":     {func(c *webhook.Config) { c.Headers = header("content-type", "text/plain") }, "headers.content-type"},
		"token of two":   {func(c *webhook.Config) { c.BearerToken = secret.New("hunter2\n") }, "bearer_token"},
		"no user":        {func(c *webhook.Config) { c.Password = hunter }, "username"},
		"two ways":       {func(c *webhook.Config) { c.Username, c.BearerToken = "u", hunter }, "bearer_token"},
		"another two":    {func(c *webhook.Config) { c.Username, c.Headers = "u", header("authorization", "hunter2") }, "bearer_token"},
		"signed":         {func(c *webhook.Config) { c.HMACSecret = secret.New("hunter2-hunter2-hunter2") }, ""},
		"short key":      {func(c *webhook.Config) { c.HMACSecret = hunter }, "hmac_secret"},
		"our signature":  {func(c *webhook.Config) { c.Headers = header("x-bellhop-signature", "a") }, "headers.x-bellhop-signature"},
		"our other name": {func(c *webhook.Config) { c.Headers = header("Idempotency-Key", "a") }, "headers.Idempotency-Key"},
		"header's token": {func(c *webhook.Config) { c.Headers = header("Authorization", "Token hunter2") }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			conf := webhook.DefaultConfig()
			conf.URL = secret.New("https://example.org/hook")
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
