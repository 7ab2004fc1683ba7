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

// hello is a Slack in which "hello" was just posted.
func hello(t *testing.T, at *time.Time) (*farend.Slack, farend.Posted) {
	t.Helper()
	s := farend.NewSlack(func() time.Time { return *at }, "xoxb-1", "#backups")
	if status, answer := post(s, "/api/chat.postMessage", slackForm()); status != 200 {
		t.Fatalf("%d %s", status, answer)
	}
	return s, s.Messages()[0]
}

// What a person sees: replies stand beneath their message, and not beneath one that was
// deleted; then Slack posts them like any other message, and says so.
func TestSlackKeepsThreads(t *testing.T) {
	at := time.Unix(1_800_000_000, 0)
	s, was := hello(t, &at)
	reply := slackForm("channel", was.ID, "thread_ts", was.TS, "text", "a reply")
	if _, answer := post(s, "/api/chat.postMessage", reply); !strings.Contains(answer, `"thread_ts":"`+was.TS+`"`) {
		t.Errorf("the reply: %s", answer)
	}
	if got := s.Threads("#backups"); len(got) != 1 || got[0].Text != "hello" || len(got[0].Replies) != 1 || got[0].Replies[0].Text != "a reply" {
		t.Errorf("threads %+v", got)
	}
	s.Delete(was.TS)
	if _, answer := post(s, "/api/chat.postMessage", reply); strings.Contains(answer, "thread_ts") {
		t.Errorf("the reply to nothing: %s", answer)
	}
	if got := s.Threads("#backups"); len(got) != 1 || got[0].Text != "a reply" || got[0].Channel != "#backups" || len(got[0].Replies) != 0 {
		t.Errorf("threads %+v", got)
	}
}

func TestSlackRefusesEdits(t *testing.T) {
	for code, hinder := range map[string]func(s *farend.Slack, at *time.Time, ts string){
		"message_not_found": func(s *farend.Slack, _ *time.Time, ts string) { s.Delete(ts) },
		"is_inactive":       func(s *farend.Slack, _ *time.Time, _ string) { s.Archive("#backups", true) },
		"edit_window_closed": func(s *farend.Slack, at *time.Time, _ string) {
			s.EditWithin(time.Minute)
			*at = at.Add(2 * time.Minute)
		},
	} {
		at := time.Unix(1_800_000_000, 0)
		s, was := hello(t, &at)
		edit := slackForm("channel", was.ID, "ts", was.TS, "text", "mended")
		if _, answer := post(s, "/api/chat.update", edit); !strings.Contains(answer, `"ok":true`) {
			t.Errorf("before it was hindered: %s", answer)
		}
		hinder(s, &at, was.TS)
		if _, answer := post(s, "/api/chat.update", edit); !strings.Contains(answer, code) {
			t.Errorf("want %s: %s", code, answer)
		}
	}
}

func TestSlackTakesFiftyEditsInAnyMinute(t *testing.T) {
	at := time.Unix(1_800_000_000, 0)
	s, was := hello(t, &at)
	edit := slackForm("channel", was.ID, "ts", was.TS, "text", "mended")
	for n := range 50 {
		if status, answer := post(s, "/api/chat.update", edit); status != 200 {
			t.Fatalf("edit %d: %d %s", n, status, answer)
		}
		at = at.Add(500 * time.Millisecond)
	}
	if status, answer := post(s, "/api/chat.update", edit); status != 429 || !strings.Contains(answer, "ratelimited") {
		t.Errorf("the 51st: %d %s", status, answer)
	}
	at = at.Add(35 * time.Second)
	if status, answer := post(s, "/api/chat.update", edit); status != 200 {
		t.Errorf("a minute after the first: %d %s", status, answer)
	}
}

func TestSlackWebhook(t *testing.T) {
	at := time.Unix(1_800_000_000, 0)
	s := farend.NewSlack(func() time.Time { return at }, "xoxb-1", "#backups", "#other")
	s.Hook("/services/T0/B0/key", "#backups")
	for _, c := range []struct {
		path, body string
		status     int
		answer     string
	}{
		{"/services/T0/B0/key", `{"text":"one"}`, 200, "ok"},
		{"/services/T0/B0/key", `{"text":"two","channel":"#other"}`, 200, "ok"},
		{"/services/T0/B0/other", `{"text":"x"}`, 404, "no_service"},
		{"/services/T0/B0/key", `{"text":`, 400, "invalid_payload"},
		{"/services/T0/B0/key", `{"channel":"#backups"}`, 400, "no_text"},
		{"/services/T0/B0/key", `{"text":"x","channel":"#nowhere"}`, 404, "channel_not_found"},
		{"/services/T0/B0/key", `{"text":"x","blocks":` + list(51, section("x")) + `}`, 400, "invalid_blocks"},
	} {
		if status, answer := post(s, c.path, c.body); status != c.status || answer != c.answer {
			t.Errorf("%s %.80s: %d %s", c.path, c.body, status, answer)
		}
	}
	if got := s.Messages(); len(got) != 2 || got[0].Text != "one" || got[0].Channel != "#backups" || got[1].Channel != "#other" {
		t.Errorf("messages %+v", got)
	}
	for n := range 3 {
		if status, _ := post(s, "/services/T0/B0/key", `{"text":"more"}`); (status == 429) != (n == 2) {
			t.Errorf("message %d after the first: %d", n+1, status)
		}
	}
	s.Archive("#backups", true)
	if status, answer := post(s, "/services/T0/B0/key", `{"text":"x"}`); status != 410 || answer != "channel_is_archived" {
		t.Errorf("archived: %d %s", status, answer)
	}
	if _, answer := post(s, "/api/chat.postMessage", slackForm()); !strings.Contains(answer, "is_archived") {
		t.Errorf("archived: %s", answer)
	}
}
