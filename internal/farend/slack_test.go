package farend_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"bellhop/internal/farend"
)

func slackForm(fields ...string) string {
	v := url.Values{"token": {"xoxb-1"}, "channel": {"#backups"}, "text": {"hello"}}
	for i := 0; i < len(fields); i += 2 {
		v.Set(fields[i], fields[i+1])
	}
	return v.Encode()
}

func section(text string) string {
	return `{"type":"section","text":{"type":"mrkdwn","text":"` + text + `"}}`
}

func list(n int, item string) string {
	return "[" + strings.TrimSuffix(strings.Repeat(item+",", n), ",") + "]"
}

func TestSlackRefuses(t *testing.T) {
	header := `{"type":"header","text":{"type":"plain_text","text":"` + strings.Repeat("x", 151) + `"}}`
	for name, c := range map[string]struct{ form, code string }{
		"no token":        {slackForm("token", ""), "not_authed"},
		"another token":   {slackForm("token", "xoxb-2"), "invalid_auth"},
		"another channel": {slackForm("channel", "#other"), "channel_not_found"},
		"nothing":         {slackForm("text", ""), "no_text"},
		"no JSON":         {slackForm("blocks", "[{"), "invalid_blocks_format"},
		"long section":    {slackForm("blocks", list(1, section(strings.Repeat("x", 3001)))), "invalid_blocks"},
		"empty section":   {slackForm("blocks", list(1, section(""))), "invalid_blocks"},
		"long header":     {slackForm("blocks", list(1, header)), "invalid_blocks"},
		"51 blocks":       {slackForm("blocks", list(51, section("x"))), "invalid_blocks"},
		"in attachments":  {slackForm("attachments", `[{"blocks":`+list(51, section("x"))+`}]`), "invalid_blocks"},
		"too much":        {slackForm("blocks", list(5, section(strings.Repeat("x", 2900)))), "msg_blocks_too_long"},
	} {
		s := farend.NewSlack(time.Now, "xoxb-1", "#backups")
		status, answer := post(s, "/api/chat.postMessage", c.form)
		if status != 200 || !strings.Contains(answer, `"error":"`+c.code+`"`) || len(s.Messages()) != 0 {
			t.Errorf("%s: %d %s", name, status, answer)
		}
	}
}

func TestSlackTakesOneASecondAfterAShortBurst(t *testing.T) {
	at := time.Unix(1_800_000_000, 0)
	s := farend.NewSlack(func() time.Time { return at }, "xoxb-1", "#backups", "#other")
	count := func(n int, channel string) (taken int) {
		for range n {
			if status, _ := post(s, "/api/chat.postMessage", slackForm("channel", channel)); status == 200 {
				taken++
			}
		}
		return taken
	}
	if n := count(10, "#backups"); n != 3 {
		t.Errorf("%d of 10 at once were taken", n)
	}
	if n := count(1, "#other"); n != 1 {
		t.Error("another channel has to wait as well")
	}
	at = at.Add(time.Second)
	if n := count(2, "#backups"); n != 1 {
		t.Errorf("%d were taken a second later", n)
	}
	ts := map[string]bool{}
	for _, p := range s.Messages() {
		ts[p.TS] = true
	}
	if len(ts) != 5 {
		t.Errorf("five messages have %d names", len(ts))
	}
}

func TestSlackEditsItsOwnMessages(t *testing.T) {
	s := farend.NewSlack(time.Now, "xoxb-1", "#backups")
	if status, answer := post(s, "/api/chat.postMessage", slackForm("blocks", list(1, section("x")))); status != 200 {
		t.Fatalf("%d %s", status, answer)
	}
	was := s.Messages()[0]
	for want, form := range map[string]string{
		`"error":"message_not_found"`: slackForm("channel", was.ID, "ts", "1.000001"),
		`"error":"channel_not_found"`: slackForm("channel", "#backups", "ts", was.TS), // by its id only
		`"error":"msg_too_long"`:      slackForm("channel", was.ID, "ts", was.TS, "text", strings.Repeat("x", 4001)),
	} {
		if _, answer := post(s, "/api/chat.update", form); !strings.Contains(answer, want) {
			t.Errorf("want %s: %s", want, answer)
		}
	}
	if _, answer := post(s, "/api/chat.update", slackForm("channel", was.ID, "ts", was.TS, "text", "mended")); !strings.Contains(answer, was.TS) {
		t.Errorf("the edit: %s", answer)
	}
	if got := s.Messages(); len(got) != 1 || got[0].Text != "mended" || got[0].Blocks != was.Blocks || got[0].Edits != 1 {
		t.Errorf("messages %+v", got)
	}
}
