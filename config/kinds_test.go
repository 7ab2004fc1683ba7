package config_test

import (
	"time"

	"bellhop/internal/fault"
	"bellhop/internal/retry"
	"bellhop/internal/secret"
	"bellhop/sinks"
	"bellhop/sinks/all"
)

// The kinds of these tests have the settings of the real ones, and forms that
// those do not have.

type mailSettings struct {
	From   string   `koanf:"from"`
	To     []string `koanf:"to"`
	Prefix string   `koanf:"subject_prefix"`
}

type clusterSettings struct {
	mailSettings
	Command []string `koanf:"command"`
}

type smtpSettings struct {
	mailSettings
	Host     string        `koanf:"host"`
	Port     int           `koanf:"port"`
	TLS      string        `koanf:"tls"`
	CA       string        `koanf:"tls_ca_file"`
	Insecure bool          `koanf:"insecure_skip_verify"`
	Username string        `koanf:"username"`
	Password secret.String `koanf:"password"`
}

type pagerSettings struct {
	Keys []secret.String `koanf:"routing_keys"`
	URL  string          `koanf:"url"`
}

type slackSettings struct {
	Token   secret.String `koanf:"token"`
	Webhook secret.String `koanf:"webhook_url"`
	Channel string        `koanf:"channel"`
	URL     string        `koanf:"url"`
	Update  bool          `koanf:"update"`
}

type hookSettings struct {
	URL      secret.String            `koanf:"url"`
	Headers  map[string]secret.String `koanf:"headers"`
	Bearer   secret.String            `koanf:"bearer_token"`
	Username string                   `koanf:"username"`
	Password secret.String            `koanf:"password"`
	HMAC     secret.String            `koanf:"hmac_secret"`
}

type oddSettings struct {
	Deep struct {
		Token secret.String `koanf:"token"`
		Ratio float64       `koanf:"ratio"`
		Small int8          `koanf:"small"`
	} `koanf:"deep"`
	Ports   []int `koanf:"ports"`
	ignored string
}

var _ = oddSettings{}.ignored

func testKinds() []sinks.Kind {
	return append(plainKinds(),
		kind("odd", 0, 0, 0, func() any { return &oddSettings{} }))
}

// plainKinds have the names of the real ones, and settings of their own.
func plainKinds() []sinks.Kind {
	return []sinks.Kind{
		kind("ns8-sendmail", 30, time.Minute, 10, func() any {
			return &clusterSettings{mailSettings{Prefix: "[NS8 Backup]"}, []string{"runagent", "ns8-sendmail"}}
		}),
		kind("smtp", 60, time.Minute, 10, func() any {
			return &smtpSettings{mailSettings: mailSettings{Prefix: "[NS8 Backup]"}, Port: 587, TLS: "starttls"}
		}),
		kind("pagerduty", 120, time.Minute, 10, func() any { return &pagerSettings{URL: "https://events.pagerduty.com"} }),
		kind("slack", 1, time.Second, 1, func() any { return &slackSettings{URL: "https://slack.com/api/", Update: true} }),
		kind("webhook", 10, time.Second, 10, func() any { return &hookSettings{} }),
		kind("exec", 0, 0, 0, func() any { return &struct{}{} }),
	}
}

func kind(name string, n int, per time.Duration, burst int, settings func() any) sinks.Kind {
	return sinks.Kind{
		Name: name, Limit: retry.Limit{N: n, Per: per, Burst: burst}, Settings: settings, Validate: validate,
	}
}

func validate(settings any) []fault.Fault {
	switch s := settings.(type) {
	case *clusterSettings:
		return checkMail(s.mailSettings)
	case *smtpSettings:
		return checkMail(s.mailSettings)
	case *slackSettings:
		if s.Token.Empty() == s.Webhook.Empty() {
			return []fault.Fault{{Key: "token", Text: "is empty", Remedy: "give the bot's token"}}
		}
	case *pagerSettings:
		if len(s.Keys) == 0 || len(s.Keys[0].Reveal()) < 4 {
			return []fault.Fault{{Key: "routing_keys.0", Text: "is too short", Remedy: "copy it once more"}}
		}
	}
	return nil
}

func checkMail(s mailSettings) []fault.Fault {
	var faults []fault.Fault
	if s.From == "" {
		faults = append(faults, fault.Fault{Key: "from", Text: "is empty", Remedy: "give an address"})
	}
	if len(s.To) == 0 {
		faults = append(faults, fault.Fault{Key: "to", Text: "is empty", Remedy: "give an address"})
	}
	return faults
}

// exampleKinds are those whose keys the example names: all there are.
func exampleKinds() []sinks.Kind { return all.Kinds() }
