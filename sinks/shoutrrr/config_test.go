package shoutrrr_test

import (
	"fmt"
	"strings"
	"testing"

	"bellhop/internal/secret"
	"bellhop/sinks/shoutrrr"
)

func TestConfigFaults(t *testing.T) {
	for url, says := range map[string]string{ // "": no fault
		"ntfy://ntfy.sh/alarms":                          "",
		"NTFY://ntfy.sh/alarms":                          "",
		"generic+https://example.org/hunter2":            "",
		"generic://example.org/?template=json":           "",
		"matrix://me:hunter2@matrix.example.org?rooms=a": "",
		"":                                   "is empty",
		"hunter2":                            "is no URL",
		"telegram://12:hunter2%zz@telegram":  "is no URL",
		"hunter2://x":                        "names no service",
		"+https://hunter2":                   "is no URL",
		"ntfy+https://hunter2.example.org/x": "behind a +",
		"generic+https://example.org/?template=hunter2": "no template but json",
		"logger://": "not for this sink",
		"smtp://me:hunter2@mail.example.org/?from=a@b.c&to=d@e.f":    "not for this sink",
		"pagerduty://hunter2@/hunter2":                               "not for this sink",
		"ntfy://ntfy.sh":                                             "topic is required",
		"ntfy://ntfy.sh/hunter2?prio=hunter2":                        "not a valid config key",
		"telegram://hunter2@telegram?chats=@a":                       "invalid telegram token",
		"telegram://123456789:hunter2hunter2hunter2hunter2hunter@x":  "no channels",
		"gotify://push.example.org/hunter2":                          "token",
		"discord://hunter2@1/raw":                                    "a notice is text",
		"discord://1":                                                "token missing",
		"slack://hunter2@webhook":                                    "token",
		"zulip://hunter2":                                            "mail missing",
		"opsgenie://api.opsgenie.com":                                "API key missing",
		"opsgenie://api.opsgenie.com:99999/hunter2":                  "out of range",
		"teams://hunter2":                                            "",
		"matrix://me:hunter2@matrix.example.org?rooms=,":             "panicked",
		"matrix://me:hunter2@matrix.example.org?disableTLS=hunter2x": "is refused",
		"rocketchat://hunter2":                                       "arguments",
		"mattermost://chat.example.org":                              "arguments",
	} {
		t.Run(url, func(t *testing.T) {
			faults := shoutrrr.Config{URL: secret.New(url)}.Validate()
			if says == "" && !strings.HasPrefix(url, "teams") {
				if len(faults) > 0 {
					t.Errorf("faults %+v", faults)
				}
				return
			}
			if len(faults) != 1 || faults[0].Key != "url" || !strings.Contains(faults[0].Text, says) || faults[0].Remedy == "" {
				t.Fatalf("faults %+v, want one that says %q", faults, says)
			}
			if strings.Contains(fmt.Sprint(faults), "hunter2") {
				t.Errorf("the fault holds a secret: %+v", faults)
			}
		})
	}
}

// FuzzConfig looks for a URL that crashes the library or is said back.
func FuzzConfig(f *testing.F) {
	for _, far := range fars() {
		f.Add(far.url)
	}
	f.Add("matrix://a:b@c?rooms=,")
	f.Add("generic+://x")
	f.Fuzz(func(t *testing.T, url string) {
		for _, fault := range (shoutrrr.Config{URL: secret.New(url)}).Validate() {
			if len(url) > 20 && strings.Contains(fault.Text+fault.Remedy, url) {
				t.Errorf("the fault says the URL: %+v", fault)
			}
		}
	})
}
