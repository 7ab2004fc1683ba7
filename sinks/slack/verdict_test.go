package slack_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"bellhop/internal/event"
	"bellhop/internal/farend"
	"bellhop/internal/retry"
)

func refused(v retry.Verdict) retry.Judgement { return retry.Judgement{Verdict: v, Refused: true} }

func says(code string) farend.Fault {
	return farend.Fault{Status: 200, Body: fmt.Sprintf(`{"ok":false,"error":%q,"needed":"chat:write.public"}`, code)}
}

func TestR12ErrorCodes(t *testing.T) {
	paced := retry.Judgement{Verdict: retry.Away, Wait: 5 * time.Second, Refused: true}
	for _, c := range []struct {
		want  retry.Judgement
		codes []string
	}{
		{refused(retry.Dead), []string{"msg_too_long", "msg_blocks_too_long", "no_text", "invalid_blocks", "invalid_blocks_format",
			"too_many_attachments", "attachment_payload_limit_exceeded", "metadata_too_large", "invalid_arguments"}},
		{paced, []string{"ratelimited", "rate_limited"}},
		{refused(retry.Away), []string{"request_timeout", "message_limit_exceeded", "team_added_to_org", "org_login_required"}},
		// Some of it may have been done.
		{retry.Judgement{Verdict: retry.Away}, []string{"internal_error", "fatal_error", "service_unavailable"}},
		// Nobody knows whether it is about this message or about all.
		{retry.Judgement{Verdict: retry.Later}, []string{"something_new"}},
	} {
		for _, code := range c.codes {
			err := refuse(t, says(code))
			if got := retry.Of(err); got != c.want || !strings.Contains(err.Error(), code) {
				t.Errorf("%s: got %+v, want %+v: %v", code, got, c.want, err)
			}
		}
	}
}

// What the settings are to blame for is not the message's fault: it waits, and
// the error says what to do.
func TestR12SettingsFaultsBreakTheSinkAndSayWhatToDo(t *testing.T) {
	for code, do := range map[string]string{
		"invalid_auth": "token", "not_authed": "token", "token_revoked": "token", "token_expired": "token", "account_inactive": "token",
		"missing_scope": "chat:write", "no_permission": "chat:write", "not_allowed_token_type": "chat:write",
		"channel_not_found": "see whether channel names one", "not_in_channel": "/invite", "is_archived": "name another in channel",
		"restricted_action": "administrator", "ekm_access_denied": "administrator", "access_denied": "administrator",
		"unknown_method": "url", "method_deprecated": "newer bellhop",
	} {
		err := refuse(t, says(code))
		if got := retry.Of(err); got != refused(retry.Misconfigured) || !strings.Contains(err.Error(), do) || !strings.Contains(err.Error(), "chat:write.public") {
			t.Errorf("%s: got %+v: %v", code, got, err)
		}
	}
}

func TestR12OddAnswers(t *testing.T) {
	paced := func(wait time.Duration) retry.Judgement {
		return retry.Judgement{Verdict: retry.Away, Wait: wait, Refused: true}
	}
	pace := func(after string) farend.Fault {
		return farend.Fault{Status: 429, Header: http.Header{"Retry-After": {after}}}
	}
	unknown := retry.Judgement{Verdict: retry.Away}
	for name, c := range map[string]struct {
		fault farend.Fault
		want  retry.Judgement
		says  string
	}{
		"pace":             {pace("17"), paced(17 * time.Second), "429"},
		"pace, no header":  {farend.Fault{Status: 429}, paced(5 * time.Second), "429"},
		"pace, odd header": {pace("soon"), paced(5 * time.Second), "429"},
		"page":             {farend.Fault{Status: 200, Body: "<html>Log in to the guest network"}, unknown, "guest network"},
		"nothing":          {farend.Fault{Status: 200, Body: "{}"}, unknown, "Web API"},
		"no body":          {farend.Fault{Status: 200}, unknown, "Web API"},
		"no such path":     {farend.Fault{Status: 404}, refused(retry.Misconfigured), "see whether url"},
		"why, exactly":     {farend.Fault{Status: 200, Body: `{"ok":false,"error":"invalid_blocks","response_metadata":{"messages":["must be less than 3001 characters"]}}`}, refused(retry.Dead), "3001"},
		"token said back":  {says(token), retry.Judgement{Verdict: retry.Later}, "<secret>"},
	} {
		err := refuse(t, c.fault)
		if got := retry.Of(err); got != c.want || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: got %+v, want %+v: %v", name, got, c.want, err)
		}
	}
}

// The stand-in's own refusals, as Slack would word them.
func TestWrongTokenAndWrongChannel(t *testing.T) {
	for _, c := range []struct{ token, channel, says string }{
		{"xoxb-another", "#backups", "invalid_auth"},
		{token, "#nowhere", "channel_not_found"},
	} {
		d := newDesk(t, c.token, c.channel)
		if _, err := d.send(t, message(event.StatusOpen)); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("want %s: %v", c.says, err)
		}
	}
}

func refuse(t *testing.T, f farend.Fault) error {
	t.Helper()
	d := newDesk(t, token, "#backups")
	d.Inject(f)
	_, err := d.send(t, message(event.StatusOpen))
	if err == nil {
		t.Fatalf("%+v was taken for a success", f)
	}
	if strings.Contains(err.Error(), token) {
		t.Errorf("the error holds the token: %v", err)
	}
	return err
}
