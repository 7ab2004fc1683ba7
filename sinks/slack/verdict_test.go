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

func TestR12ErrorCodes(t *testing.T) {
	verdicts := map[retry.Verdict][]string{
		retry.Dead: {"msg_too_long", "msg_blocks_too_long", "no_text", "invalid_blocks", "invalid_blocks_format",
			"too_many_attachments", "attachment_payload_limit_exceeded", "metadata_too_large", "channel_not_found", "is_archived"},
		retry.Temporary: {"internal_error", "fatal_error", "service_unavailable", "request_timeout", "message_limit_exceeded",
			"team_added_to_org", "something_new"},
		retry.Later: {"ratelimited", "rate_limited"},
	}
	for want, codes := range verdicts {
		for _, code := range codes {
			err := refuse(t, farend.Fault{Status: 200, Body: fmt.Sprintf(`{"ok":false,"error":%q}`, code)})
			if verdict, _ := retry.Of(err); verdict != want || !strings.Contains(err.Error(), code) {
				t.Errorf("%s: verdict %d, want %d: %v", code, verdict, want, err)
			}
		}
	}
}

// What the settings are to blame for is not the message's fault: it waits, and
// the error says what to do.
func TestR12SettingsFaultsSayWhatToDo(t *testing.T) {
	for code, do := range map[string]string{
		"invalid_auth": "token", "not_authed": "token", "token_revoked": "token", "token_expired": "token", "account_inactive": "token",
		"missing_scope": "chat:write", "no_permission": "chat:write", "not_allowed_token_type": "chat:write",
		"not_in_channel": "/invite", "restricted_action": "administrator", "ekm_access_denied": "administrator", "access_denied": "administrator",
	} {
		err := refuse(t, farend.Fault{Status: 200, Body: fmt.Sprintf(`{"ok":false,"error":%q,"needed":"chat:write.public"}`, code)})
		if verdict, _ := retry.Of(err); verdict != retry.Temporary || !strings.Contains(err.Error(), do) || !strings.Contains(err.Error(), "chat:write.public") {
			t.Errorf("%s: verdict %d: %v", code, verdict, err)
		}
	}
}

func TestR12OddAnswers(t *testing.T) {
	for name, c := range map[string]struct {
		fault   farend.Fault
		verdict retry.Verdict
		wait    time.Duration
		says    string
	}{
		"pace":             {farend.Fault{Status: 429, Header: http.Header{"Retry-After": {"17"}}}, retry.Later, 17 * time.Second, "429"},
		"pace, no header":  {farend.Fault{Status: 429}, retry.Later, 5 * time.Second, "429"},
		"pace, odd header": {farend.Fault{Status: 429, Header: http.Header{"Retry-After": {"soon"}}}, retry.Later, 5 * time.Second, "429"},
		"page":             {farend.Fault{Status: 200, Body: "<html>Log in to the guest network"}, retry.Temporary, 0, "guest network"},
		"nothing":          {farend.Fault{Status: 200, Body: "{}"}, retry.Temporary, 0, "Web API"},
		"no body":          {farend.Fault{Status: 200}, retry.Temporary, 0, "Web API"},
		"why, exactly":     {farend.Fault{Status: 200, Body: `{"ok":false,"error":"invalid_blocks","response_metadata":{"messages":["must be less than 3001 characters"]}}`}, retry.Dead, 0, "3001"},
		"token said back":  {farend.Fault{Status: 200, Body: `{"ok":false,"error":"` + token + `"}`}, retry.Temporary, 0, "<secret>"},
	} {
		err := refuse(t, c.fault)
		if verdict, wait := retry.Of(err); verdict != c.verdict || wait != c.wait || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: verdict %d after %v: %v", name, verdict, wait, err)
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
