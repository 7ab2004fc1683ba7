package slack

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"bellhop/internal/retry"
	"bellhop/sinks/wire"
)

// limited is the wait after a refusal for pace that names none.
const limited = 5 * time.Second

// reply is what chat.postMessage and chat.update answer, with status 200 also when they
// refuse.
type reply struct {
	OK       bool   `json:"ok"`
	Error    string `json:"error"`
	Needed   string `json:"needed"` // the scope, with missing_scope
	Channel  string `json:"channel"`
	TS       string `json:"ts"`
	Metadata struct {
		Messages []string `json:"messages"` // what exactly is wrong, with invalid_blocks
	} `json:"response_metadata"`
	// Message is what was posted; it counts for nothing when it cannot be read.
	Message json.RawMessage `json:"message"`

	status string // of HTTP, in words
}

func (r reply) memory() Memory { return Memory{Channel: r.Channel, TS: r.TS} }

// standing is the message that stands in the channel after a reply to first. Where that
// was deleted just before, Slack posts the reply without a thread and says so by leaving
// thread_ts out (https://github.com/slack-go/slack/issues/1571).
func (r reply) standing(first Memory) Memory {
	var posted struct {
		Text   *string `json:"text"` // there in any case
		Thread string  `json:"thread_ts"`
	}
	alone := json.Unmarshal(r.Message, &posted) == nil && posted.Text != nil && posted.Thread == ""
	if alone && r.memory().remember() != nil {
		return r.memory()
	}
	return first
}

// verdict says what became of a call. A 2xx that is not Slack's, a portal's page for
// one, means that Slack is not to be reached at the moment. It does not mean that the
// message was refused: nobody knows who answered, and a proxy may say so after it has
// handed the message on. Any address under the Web API answers 200, so that 404 and
// the like are the setting url. Apart from a call that was never made, the
// library's error does not count: it takes an answer of {} for a success and
// loses the body of any other status.
func (b *bot) verdict(call *wire.Call, err error) (reply, error) {
	var r reply
	switch {
	case call.Err != nil:
		return r, call.Err
	case call.Status == 0 && err != nil:
		return r, retry.Refused(retry.After(0, fmt.Errorf("make the request: %s", b.caller.Clean(err.Error()))))
	case call.Status == http.StatusTooManyRequests:
		return r, pace(call, b.now(), errors.New("answered "+call.Said()))
	case call.Status == http.StatusNotFound, call.Status == http.StatusMethodNotAllowed, call.Status == http.StatusGone:
		return r, retry.Refused(retry.Broken(fmt.Errorf("answered %s; see whether url is the address of Slack's Web API", call.Said())))
	case call.Status/100 != 2:
		return r, retry.HTTP(call.Status, call.Header, b.now(), errors.New("answered "+call.Said()))
	}
	if err := json.Unmarshal(call.Body, &r); err != nil || !r.OK && r.Error == "" {
		return reply{}, retry.Down(0, fmt.Errorf("answered %s, which is not Slack's; see whether url is the address of its Web API", call.Said()))
	}
	if !r.OK {
		return r, b.refused(call, r)
	}
	return r, nil
}

// pace marks a refusal for pace.
func pace(call *wire.Call, now time.Time, err error) error {
	wait := retry.RetryAfter(call.Header, now)
	if wait == 0 {
		wait = limited
	}
	return retry.Refused(retry.Down(wait, err))
}

// refused sorts the error codes of
// https://docs.slack.dev/reference/methods/chat.postMessage/#errors and
// https://docs.slack.dev/reference/methods/chat.update/#errors. Of fatal_error
// and internal_error that page says that some of it may have succeeded, and of
// service_unavailable nothing, so neither says that the message was refused.
//
// One that is not known here may speak of this message alone. So it waits alone:
// should it be about all of them, each finds out by itself, and none is lost.
func (b *bot) refused(call *wire.Call, r reply) error {
	reason := fmt.Errorf("refused: %s", b.caller.Clean(r.reason()))
	if do := remedy(r.Error); do != "" {
		return retry.Refused(retry.Broken(fmt.Errorf("%w; %s", reason, do)))
	}
	switch r.Error {
	case "ratelimited", "rate_limited":
		return pace(call, b.now(), reason)
	case "request_timeout", // the request came in by halves
		"message_limit_exceeded",                  // the workspace's own limit
		"team_added_to_org", "org_login_required": // it is being moved
		return retry.Refused(retry.Down(0, reason))
	case "message_not_found", "cant_update_message", "edit_window_closed", "block_mismatch", // an edit; see uneditable
		"is_inactive", "external_channel_migrating":
		return retry.Refused(retry.After(0, reason))
	case "service_unavailable", "fatal_error", "internal_error":
		return retry.Down(0, reason)
	case "msg_too_long", "msg_blocks_too_long", "no_text", "invalid_blocks", "invalid_blocks_format",
		"invalid_attachments", "too_many_attachments", "attachment_payload_limit_exceeded", "metadata_too_large",
		"invalid_arguments", "cannot_reply_to_message":
		return retry.Permanent(reason)
	}
	return retry.After(0, reason)
}

func (r reply) reason() string {
	text := r.Error
	for _, m := range r.Metadata.Messages {
		text += "; " + m
	}
	if r.Needed != "" {
		text += "; needs scope " + r.Needed
	}
	return text
}

// uneditable reports whether a new message may be taken where the edit was refused with
// err. It may not where Slack is away, or asks for a slower pace, or does not take the
// token: the edit comes again when that is over. Whatever else Slack says, a code that
// is not known here too, is about editing that message.
func (r reply) uneditable(err error) bool {
	return r.Error != "" && retry.Of(err).Verdict != retry.Away && tokenRemedy(r.Error) == ""
}

// unthreadable reports whether the first message takes no replies.
func (r reply) unthreadable() bool {
	return r.Error == "cannot_reply_to_message" || r.Error == "restricted_action_non_threadable_channel"
}

// lasting reports whether the first message is lost for good. It is not where the
// channel is archived or being moved.
func (r reply) lasting() bool {
	switch r.Error {
	case "message_not_found", "cant_update_message", "edit_window_closed", "block_mismatch":
		return true
	}
	return r.unthreadable()
}

// heard takes back that Slack has refused a message, because its edit can be seen.
func heard(err error) error {
	j := retry.Of(err)
	if !j.Refused {
		return err
	}
	err = errors.New(err.Error()) // the mark stays behind
	switch j.Verdict {
	case retry.Dead:
		return retry.Permanent(err)
	case retry.Later:
		return retry.After(j.Wait, err)
	case retry.Misconfigured:
		return retry.Broken(err)
	}
	return retry.Down(j.Wait, err)
}

// remedy says what to do about a refusal that is the settings' fault: every
// message meets it, and none does once it is mended. Those that speak of the channel
// are among them, because a sink has one channel.
func remedy(code string) string {
	if do := tokenRemedy(code); do != "" {
		return do
	}
	switch code {
	case "channel_not_found":
		return "see whether channel names one that exists, and invite the app if it is private: /invite @app"
	case "is_archived":
		return "the channel is archived: name another in channel, or take it out of the archive"
	case "not_in_channel":
		return "invite the app into the channel: /invite @app"
	case "restricted_action", "restricted_action_read_only_channel", "restricted_action_thread_only_channel",
		"restricted_action_non_threadable_channel", "ekm_access_denied", "access_denied", "accesslimited":
		return "the workspace forbids this app to post there: ask its administrator"
	case "unknown_method":
		return "see whether url is the address of Slack's Web API"
	case "method_deprecated", "deprecated_endpoint":
		return "Slack has taken chat.postMessage away: a newer bellhop is needed"
	}
	return ""
}

// tokenRemedy is the remedy where the token is to blame, whatever it was used for.
func tokenRemedy(code string) string {
	switch code {
	case "invalid_auth", "not_authed", "token_revoked", "token_expired", "account_inactive", "team_not_found":
		return "the token is not valid: install the app anew and write its bot token into token"
	case "missing_scope", "no_permission", "not_allowed_token_type", "team_access_not_granted",
		"enterprise_is_restricted", "two_factor_setup_required":
		return "the token may not post: give the app the scope chat:write and install it anew"
	}
	return ""
}
