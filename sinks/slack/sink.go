// Package slack posts notices to a channel with chat.postMessage.
//
// The promise: one delivery is one message that Slack takes as it is. Texts are
// cut and blocks counted before they leave, because Slack drops a message that is
// too long and cuts others without a word. Nothing that came from outside can call
// people (@here), make a link or hide one: & < > are escaped, and Slack is told to
// read nothing into plain text. Slack knows no idempotency key: when the answer
// to a post is lost, the retry may be seen twice. The library neither retries nor
// sleeps here, that is the queue's. Its parsing of answers is not relied upon: a
// post counts as taken when Slack says "ok": true, and only then. Where the
// message went (channel and ts) is handed back for whoever edits it later.
package slack

import (
	"context"
	"fmt"
	"strings"
	"time"

	api "github.com/slack-go/slack"

	"bellhop/internal/fault"
	"bellhop/internal/retry"
	"bellhop/internal/secret"
	"bellhop/sinks"
	"bellhop/sinks/wire"
)

const textPart = "slack.text"

// Kind describes the kind "slack". Slack takes one message a second and channel
// and promises nothing for bursts (https://docs.slack.dev/apis/web-api/rate-limits/).
func Kind() sinks.Kind {
	return sinks.Kind{
		Name:     "slack",
		Parts:    []string{textPart},
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
	token    secret.String
	channel  string
	url      string // ends in a slash, as the library wants it
	external string
	now      func() time.Time
	caller   *wire.Caller
}

var _ sinks.Sink = (*Sink)(nil)

// New builds the sink of settings that were found valid.
func New(c Config, d sinks.Deps) (*Sink, error) {
	if fs := c.Validate(); len(fs) > 0 {
		return nil, fmt.Errorf("build Slack sink: %s %s; %s", fs[0].Key, fs[0].Text, fs[0].Remedy)
	}
	return &Sink{
		token:    c.Token,
		channel:  c.Channel,
		url:      strings.TrimRight(c.URL, "/") + "/",
		external: d.ExternalURL,
		now:      d.Now,
		caller:   wire.NewCaller(d.Client, d.Version, c.Token),
	}, nil
}

// Targets names the channel as the settings do.
func (s *Sink) Targets() []string { return []string{s.channel} }

// Send posts m to its channel.
func (s *Sink) Send(ctx context.Context, m sinks.Message) (sinks.Receipt, error) {
	call := s.caller.Call()
	client := api.New(s.token.Reveal(), api.OptionAPIURL(s.url), api.OptionHTTPClient(call))
	_, _, err := client.PostMessageContext(ctx, m.Target, s.message(m)...)
	receipt := sinks.Receipt{Status: call.Answer()}
	posted, err := s.verdict(call, err)
	if err != nil {
		return receipt, fmt.Errorf("post to Slack channel %s: %w", wire.Line(m.Target, maxChannel), err)
	}
	receipt.Status = wire.Line("posted as "+posted.TS, 40)
	receipt.Memory = posted.remember()
	return receipt, nil
}

// message is a header, beneath it the facts beside a bar of colour, which only an
// attachment has, and the text for notifications and for clients without blocks.
func (s *Sink) message(m sinks.Message) []api.MsgOption {
	return []api.MsgOption{
		api.MsgOptionText(fallbackText(m), false),
		api.MsgOptionBlocks(header(m.Event)),
		api.MsgOptionAttachments(api.Attachment{
			Color:    color(m.Event),
			Fallback: headline(m.Event),
			Blocks:   api.Blocks{BlockSet: facts(m.Event, wire.Links(s.external, m.Event))},
		}),
		// Nothing in the text becomes a mention or a link by itself, and no link is
		// fetched for a preview.
		api.MsgOptionParse(false),
		api.MsgOptionLinkNames(false),
		api.MsgOptionDisableLinkUnfurl(),
		api.MsgOptionDisableMediaUnfurl(),
	}
}
