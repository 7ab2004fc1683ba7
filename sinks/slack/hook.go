package slack

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"bellhop/internal/retry"
	"bellhop/internal/secret"
	"bellhop/sinks"
	"bellhop/sinks/wire"
)

// hook is the way in with the address of an incoming webhook, of Slack
// (https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks/) or of
// Mattermost (https://developers.mattermost.com/integrate/webhooks/incoming/).
type hook struct {
	url      secret.String
	host     string
	channel  string // "": the webhook's own
	external string
	now      func() time.Time
	caller   *wire.Caller
}

var _ way = (*hook)(nil)

func newHook(c Config, d sinks.Deps) (*hook, error) {
	address, err := url.Parse(c.WebhookURL.Reveal())
	if err != nil {
		return nil, errors.New("webhook_url cannot be read") // the parser quotes it
	}
	return &hook{
		url:      c.WebhookURL,
		host:     address.Host,
		channel:  c.Channel,
		external: d.ExternalURL,
		now:      d.Now,
		caller:   wire.NewCaller(d.Client, d.Version, append(wire.Hidden(address), c.WebhookURL)...),
	}, nil
}

// send posts m as a message of its own.
func (h *hook) send(ctx context.Context, m sinks.Message) (sinks.Receipt, error) {
	body, err := json.Marshal(h.note(m))
	if err != nil {
		return sinks.Receipt{}, retry.Permanent(fmt.Errorf("write the message: %w", err))
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, h.url.Reveal(), bytes.NewReader(body))
	if err != nil {
		return sinks.Receipt{}, retry.Refused(retry.Broken(errors.New("webhook_url cannot be read"))) // the error quotes it
	}
	req.Header.Set("Content-Type", "application/json")
	call := h.caller.Call()
	if _, err = call.Do(req); err == nil {
		err = h.verdict(call)
	}
	return sinks.Receipt{Status: call.Answer()}, err
}

// note is a message in the form that both understand: of Block Kit Mattermost shows
// nothing (https://github.com/mattermost/mattermost/issues/14973).
type note struct {
	Channel     string       `json:"channel,omitempty"`
	Text        string       `json:"text"`
	Attachments []attachment `json:"attachments"`
	UnfurlLinks bool         `json:"unfurl_links"`
	UnfurlMedia bool         `json:"unfurl_media"`
}

// attachment is text beside a bar of colour
// (https://docs.slack.dev/legacy/legacy-messaging/legacy-secondary-message-attachments/,
// https://developers.mattermost.com/integrate/reference/message-attachments/).
type attachment struct {
	Fallback string   `json:"fallback"`
	Color    string   `json:"color"`
	Text     string   `json:"text"`
	Fields   []field  `json:"fields"`
	Markup   []string `json:"mrkdwn_in"`
}

type field struct {
	Title string `json:"title"`
	Value string `json:"value"`
	Short bool   `json:"short"`
}

func (h *hook) note(m sinks.Message) note {
	texts := body(m)
	if links := footer(wire.Links(h.external, m.Event)); links != "" {
		texts = append(texts, links)
	}
	a := attachment{
		Fallback: headline(m),
		Color:    color(m.Event),
		Text:     undated(strings.Join(texts, "\n")),
		Markup:   []string{"text", "fields"},
	}
	for _, d := range details(m) {
		a.Fields = append(a.Fields, field{Title: d.name, Value: undated(d.value), Short: true})
	}
	return note{Channel: channelOf(m.Target, h.channel), Text: undated(rendered(m, maxText)), Attachments: []attachment{a}}
}

// verdict says what became of a call that was answered. Both say ok with status 200 to
// what they took, and with anything else it was somebody else who answered. Slack names
// its reason in one word, with the statuses of
// https://api.slack.com/changelog/2016-05-17-changes-to-errors-for-incoming-webhooks;
// Mattermost in an id that begins with web.incoming_webhook. Where they do not speak of
// this message, the address or its webhook is to blame, which the settings name.
func (h *hook) verdict(call *wire.Call) error {
	said := errors.New("answered " + call.Said())
	switch {
	case call.Status/100 == 2 && strings.TrimSpace(string(call.Body)) == "ok":
		return nil
	case call.Status/100 == 2:
		return retry.Down(0, fmt.Errorf("%w, and not ok; see whether webhook_url is the address of an incoming webhook of Slack or Mattermost", said))
	case call.Status == http.StatusTooManyRequests:
		return pace(call, h.now(), said)
	}
	if do := hookRemedy(call.Status, hookCode(call.Body)); do != "" {
		return retry.Refused(retry.Broken(fmt.Errorf("%w; %s", said, do)))
	}
	return retry.HTTP(call.Status, call.Header, h.now(), said)
}

// hookCode is the one word that names the reason of a refusal, if any.
func hookCode(body []byte) string {
	const longest = 100
	var mattermost struct {
		ID string `json:"id"`
	}
	if json.Unmarshal(body, &mattermost) == nil && mattermost.ID != "" {
		return mattermost.ID
	}
	if word := strings.TrimSpace(string(body)); len(word) <= longest && !strings.ContainsFunc(word, odd) {
		return word
	}
	return ""
}

// hookRemedy says what to do about a refusal that is the settings' fault.
func hookRemedy(status int, code string) string {
	const anew = "make a new incoming webhook and write its address into webhook_url"
	if code == "web.incoming_webhook.disabled.app_error" { // with 501
		return "have Mattermost's administrator enable incoming webhooks"
	}
	if status >= http.StatusInternalServerError {
		return ""
	}
	switch code {
	case "invalid_token", "no_service", "no_service_id", "no_active_hooks", "no_team", "team_disabled", "web.incoming_webhook.invalid.app_error":
		return "the webhook is not there any more: " + anew
	case "action_prohibited", "posting_to_general_channel_denied", "web.incoming_webhook.permissions.app_error",
		"web.incoming_webhook.channel_locked.app_error":
		return "this webhook may not post there: leave channel out, name another, or ask the administrator"
	case "channel_is_archived":
		return "the channel is archived: take it out of the archive, or write the address of another channel's webhook into webhook_url"
	case "channel_not_found", "user_not_found", "web.incoming_webhook.channel.app_error", "web.incoming_webhook.user.app_error":
		return "see whether channel names one that exists, or leave it out"
	case "web.incoming_webhook.general.app_error":
		return "see whether the whole address was copied, and the webhook is still there"
	}
	switch status {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusGone:
		return anew
	}
	return ""
}
