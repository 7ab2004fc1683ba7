// Package slack tells a channel of Slack, or of Mattermost.
//
// The promise: with a token, an incident is one message. Its first notice is posted
// (chat.postMessage); each later one edits that message (chat.update), so that the
// channel shows how things stand, and says its news as a reply in the thread, so that
// one reads how it came to this. What is needed for it is in [Memory], so a restart
// changes nothing. A message that is gone or can no longer be edited costs no notice:
// a new one is posted and takes its place. With update: false, and through a webhook,
// which knows neither edits nor threads, each notice is a message of its own.
//
// Of the two calls the edit comes first. It may be made again as often as one likes,
// so a retry edits anew and then replies: no reply is lost because the edit had
// succeeded, and none is said twice because of it. Slack knows no idempotency key:
// when the answer to a post or a reply is lost, the retry may be seen twice. What was
// edited counts as heard, whatever became of the reply.
//
// Slack takes one message a second and channel, and chat.update is of tier 3, 50 calls
// a minute and more for each app (https://docs.slack.dev/apis/web-api/rate-limits/).
// A send that edits makes two calls, but one of each method, and one that posts in the
// place of a refused edit makes no other post. So a lane of 1/1s keeps the pace of
// messages, and outruns that of edits only when more than 50 changes come within a
// minute; then Slack says how long to wait, and that is obeyed like any other 429.
//
// All words are the templates'. Texts are cut and blocks counted before they leave,
// because Slack drops a message that is too long and cuts others without a word. Nothing
// that came from outside can call people (@here), make a link or hide one: templates
// escape & < >, and if one forgets it, no tag but a link or a date is left whole; Slack
// is told to read nothing into plain text; Mattermost cannot be told, so what would be a
// mention or a link there is parted by an invisible space. The library neither retries nor
// sleeps here, that is the queue's. Its parsing of answers is not relied upon: a post
// counts as taken when Slack says "ok": true, a webhook's when it says ok, and only then.
package slack

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"bellhop/internal/fault"
	"bellhop/internal/retry"
	"bellhop/sinks"
	"bellhop/sinks/wire"
)

const (
	titlePart   = "mail.subject"
	textPart    = "slack.text"
	detailsPart = "slack.details"
	bodyPart    = "slack.body"
	maxTarget   = 120 // characters of a target in an error
)

// Kind describes the kind "slack". Slack takes one message a second and channel
// and promises nothing for bursts (https://docs.slack.dev/apis/web-api/rate-limits/).
func Kind() sinks.Kind {
	return sinks.Kind{
		Name:     "slack",
		Parts:    []string{titlePart, textPart, detailsPart, bodyPart},
		Limit:    retry.Limit{N: 1, Per: time.Second, Burst: 1},
		Timeout:  30 * time.Second,
		Settings: func() any { c := DefaultConfig(); return &c },
		Validate: func(settings any) []fault.Fault { return settings.(*Config).Validate() },
		New: func(_ string, settings any, d sinks.Deps) (sinks.Sink, error) {
			return New(*settings.(*Config), d)
		},
		Supersede: sinks.KeepLatest,
		Calm:      true,
	}
}

// Sink is one channel.
type Sink struct {
	target string
	way    way
}

var _ sinks.Sink = (*Sink)(nil)

// way is a way into a channel.
type way interface {
	send(ctx context.Context, m sinks.Message) (sinks.Receipt, error)
}

// New builds the sink of settings that were found valid.
func New(c Config, d sinks.Deps) (*Sink, error) {
	if fs := c.Validate(); len(fs) > 0 {
		return nil, fmt.Errorf("build Slack sink: %s %s; %s", fs[0].Key, fs[0].Text, fs[0].Remedy)
	}
	if c.WebhookURL.Empty() {
		return &Sink{target: c.Channel, way: newBot(c, d)}, nil
	}
	h, err := newHook(c, d)
	if err != nil {
		return nil, fmt.Errorf("build Slack sink: %w", err)
	}
	return &Sink{target: cmp.Or(c.Channel, "webhook at "+h.host), way: h}, nil
}

// Targets names the channel as the settings do, or the webhook's host, which is all
// of its address that may be shown.
func (s *Sink) Targets() []string { return []string{s.target} }

// Send brings m into its channel.
func (s *Sink) Send(ctx context.Context, m sinks.Message) (sinks.Receipt, error) {
	receipt, err := s.way.send(ctx, m)
	if err != nil {
		err = fmt.Errorf("post to %s: %w", place(m.Target), err)
	}
	return receipt, err
}

// place is a target as errors call it.
func place(target string) string {
	if isChannel(target) {
		return "Slack channel " + target
	}
	return "Slack " + wire.Line(target, maxTarget)
}

// channelOf is the channel that a target names, or own: a target of the time when the
// sink had a webhook without a channel, or another one, names none.
func channelOf(target, own string) string {
	if isChannel(target) {
		return target
	}
	return own
}
