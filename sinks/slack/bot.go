package slack

import (
	"context"
	"fmt"
	"strings"
	"time"

	api "github.com/slack-go/slack"

	"bellhop/internal/retry"
	"bellhop/internal/secret"
	"bellhop/sinks"
	"bellhop/sinks/wire"
)

// maxReply bounds a reply in the thread, in bytes: the edited message says it all.
const maxReply = 1000

// bot is the way in with a token, over the Web API.
type bot struct {
	token    secret.String
	channel  string
	url      string // ends in a slash, as the library wants it
	update   bool
	external string
	now      func() time.Time
	caller   *wire.Caller
}

var _ way = (*bot)(nil)

func newBot(c Config, d sinks.Deps) *bot {
	return &bot{
		token:    c.Token,
		channel:  c.Channel,
		url:      strings.TrimRight(c.URL, "/") + "/",
		update:   c.Update,
		external: d.ExternalURL,
		now:      d.Now,
		caller:   wire.NewCaller(d.Client, d.Version, c.Token),
	}
}

// send posts the first notice of an incident, and later ones into that message.
func (b *bot) send(ctx context.Context, m sinks.Message) (sinks.Receipt, error) {
	first := recall(m.Memory)
	if !b.update || !first.tells(m.Event) {
		return b.post(ctx, m)
	}
	edited, err := b.call(ctx, first.Channel, append(b.message(m), api.MsgOptionUpdate(first.TS))...)
	switch {
	case err == nil:
		return b.reply(ctx, m, first)
	case edited.uneditable(err):
		receipt, failed := b.instead(ctx, m, first, edited)
		if !retry.Of(err).Refused { // the edit may have been made
			failed = heard(failed)
		}
		return receipt, failed
	}
	return sinks.Receipt{Status: edited.status}, fmt.Errorf("edit message %s: %w", first.name(), err)
}

// post makes a new message of m, to be remembered.
func (b *bot) post(ctx context.Context, m sinks.Message) (sinks.Receipt, error) {
	posted, err := b.call(ctx, channelOf(m.Target, b.channel), b.message(m)...)
	if err != nil {
		return sinks.Receipt{Status: posted.status}, err
	}
	now := posted.memory().with(m.Event)
	return sinks.Receipt{Status: "posted as " + now.name(), Memory: now.remember()}, nil
}

// instead posts m because the first message was refused its edit, or a reply. One that
// is gone for good is forgotten even if the post fails, and not asked for again.
func (b *bot) instead(ctx context.Context, m sinks.Message, first Memory, refused reply) (sinks.Receipt, error) {
	receipt, err := b.post(ctx, m)
	why := fmt.Sprintf("in the place of %s (%s)", first.name(), b.caller.Clean(refused.reason()))
	if err == nil {
		receipt.Status += ", " + why
		return receipt, nil
	}
	if refused.lasting() {
		receipt.Memory = forget()
	}
	return receipt, fmt.Errorf("%s: %w", why, err)
}

// reply says the news of m in the thread of the first message, which shows it already.
func (b *bot) reply(ctx context.Context, m sinks.Message, first Memory) (sinks.Receipt, error) {
	said, err := b.call(ctx, first.Channel, append(quiet(),
		api.MsgOptionTS(first.TS), api.MsgOptionText(rendered(m, maxReply), false))...)
	switch {
	case err == nil:
		status := fmt.Sprintf("edited %s, replied as %s", first.name(), said.memory().name())
		return sinks.Receipt{Status: status, Memory: said.standing(first).with(m.Event).remember()}, nil
	case said.unthreadable():
		receipt, failed := b.instead(ctx, m, first, said)
		return receipt, heard(failed)
	}
	return sinks.Receipt{Status: said.status}, heard(fmt.Errorf("reply to message %s, which is edited: %w", first.name(), err))
}

// call makes one call of the Web API: chat.postMessage, unless an option says otherwise.
func (b *bot) call(ctx context.Context, channel string, options ...api.MsgOption) (reply, error) {
	call := b.caller.Call()
	client := api.New(b.token.Reveal(), api.OptionAPIURL(b.url), api.OptionHTTPClient(call))
	_, _, _, err := client.SendMessageContext(ctx, channel, options...)
	r, err := b.verdict(call, err)
	r.status = call.Answer()
	return r, err
}

// message is a header, beneath it everything else beside a bar of colour, which only an
// attachment has, and the text for notifications and for clients without blocks.
func (b *bot) message(m sinks.Message) []api.MsgOption {
	return append(quiet(),
		api.MsgOptionText(rendered(m, maxText), false),
		api.MsgOptionBlocks(header(m)),
		api.MsgOptionAttachments(api.Attachment{
			Color:    color(m.Event),
			Fallback: headline(m),
			Blocks:   api.Blocks{BlockSet: attached(m, wire.Links(b.external, m.Event))},
		}))
}

// quiet has nothing in the text become a mention or a link by itself, and no link
// fetched for a preview. An edit needs it as well: it keeps nothing of what the post said.
func quiet() []api.MsgOption {
	return []api.MsgOption{
		api.MsgOptionParse(false),
		api.MsgOptionLinkNames(false),
		api.MsgOptionDisableLinkUnfurl(),
		api.MsgOptionDisableMediaUnfurl(),
	}
}
