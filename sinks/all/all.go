// Package all lists the kinds of sink, a line each. The promise: a kind that is
// not here does not exist for the configuration, and one that is here is named
// once. Nothing here can fail.
package all

import (
	"bellhop/sinks"
	"bellhop/sinks/exec"
	"bellhop/sinks/ns8sendmail"
	"bellhop/sinks/pagerduty"
	"bellhop/sinks/shoutrrr"
	"bellhop/sinks/slack"
	"bellhop/sinks/smtp"
	"bellhop/sinks/webhook"
)

// Kinds returns every kind of sink.
func Kinds() []sinks.Kind {
	return []sinks.Kind{
		exec.Kind(),
		ns8sendmail.Kind(),
		pagerduty.Kind(),
		shoutrrr.Kind(),
		slack.Kind(),
		smtp.Kind(),
		webhook.Kind(),
	}
}
