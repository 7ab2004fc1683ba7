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

// reply is what chat.postMessage answers, with status 200 also when it refuses.
type reply struct {
	OK       bool   `json:"ok"`
	Error    string `json:"error"`
	Needed   string `json:"needed"` // the scope, with missing_scope
	Channel  string `json:"channel"`
	TS       string `json:"ts"`
	Metadata struct {
		Messages []string `json:"messages"` // what exactly is wrong, with invalid_blocks
	} `json:"response_metadata"`
}

// verdict says what became of a call. A 2xx that is not Slack's, a portal's page for
// one, means that Slack is not to be reached at the moment. It does not mean that the
// message was refused: nobody knows who answered, and a proxy may say so after it has
// handed the message on. Any address under the Web API answers 200, so that 404 and
// the like are the setting url. Apart from a call that was never made, the
// library's error does not count: it takes an answer of {} for a success and
// loses the body of any other status.
func (s *Sink) verdict(call *wire.Call, err error) (Memory, error) {
	switch {
	case call.Err != nil:
		return Memory{}, call.Err
	case call.Status == 0 && err != nil:
		return Memory{}, retry.Refused(retry.After(0, fmt.Errorf("make the request: %s", s.caller.Clean(err.Error()))))
	case call.Status == http.StatusTooManyRequests:
		return Memory{}, s.pace(call, errors.New("answered "+call.Said()))
	case call.Status == http.StatusNotFound, call.Status == http.StatusMethodNotAllowed, call.Status == http.StatusGone:
		return Memory{}, retry.Refused(retry.Broken(fmt.Errorf("answered %s; see whether url is the address of Slack's Web API", call.Said())))
	case call.Status/100 != 2:
		return Memory{}, retry.HTTP(call.Status, call.Header, s.now(), errors.New("answered "+call.Said()))
	}
	var r reply
	if err := json.Unmarshal(call.Body, &r); err != nil || !r.OK && r.Error == "" {
		return Memory{}, retry.Down(0, fmt.Errorf("answered %s, which is not Slack's; see whether url is the address of its Web API", call.Said()))
	}
	if !r.OK {
		return Memory{}, s.refused(call, r)
	}
	return Memory{Channel: r.Channel, TS: r.TS}, nil
}

func (s *Sink) pace(call *wire.Call, err error) error {
	wait := retry.RetryAfter(call.Header, s.now())
	if wait == 0 {
		wait = limited
	}
	return retry.Refused(retry.Down(wait, err))
}

// refused sorts the error codes of
// https://docs.slack.dev/reference/methods/chat.postMessage/#errors. Of fatal_error
// and internal_error that page says that some of it may have succeeded, and of
// service_unavailable nothing, so neither says that the message was refused.
//
// One that is not known here may speak of this message alone. So it waits alone:
// should it be about all of them, each finds out by itself, and none is lost.
func (s *Sink) refused(call *wire.Call, r reply) error {
	reason := fmt.Errorf("refused: %s", s.caller.Clean(r.reason()))
	if do := remedy(r.Error); do != "" {
		return retry.Refused(retry.Broken(fmt.Errorf("%w; %s", reason, do)))
	}
	switch r.Error {
	case "ratelimited", "rate_limited":
		return s.pace(call, reason)
	case "request_timeout", // the request came in by halves
		"message_limit_exceeded",                  // the workspace's own limit
		"team_added_to_org", "org_login_required": // it is being moved
		return retry.Refused(retry.Down(0, reason))
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

// remedy says what to do about a refusal that is the settings' fault: every
// message meets it, and none does once it is mended. Those that speak of the channel
// are among them, because a sink has one channel.
func remedy(code string) string {
	switch code {
	case "invalid_auth", "not_authed", "token_revoked", "token_expired", "account_inactive", "team_not_found":
		return "the token is not valid: install the app anew and write its bot token into token"
	case "missing_scope", "no_permission", "not_allowed_token_type", "team_access_not_granted":
		return "the token may not post: give the app the scope chat:write and install it anew"
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
