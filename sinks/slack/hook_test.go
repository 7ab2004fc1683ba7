package slack_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"bellhop/internal/event"
	"bellhop/internal/farend"
	"bellhop/internal/retry"
	"bellhop/internal/secret"
	"bellhop/sinks"
	"bellhop/sinks/sinktest"
	"bellhop/sinks/slack"
)

const hookPath = "/services/T0TEAMTEAM/B0HOOKHOOK/sEcReTsEcReTsEcReT"

func hookConfig(base string) slack.Config {
	c := slack.DefaultConfig()
	c.WebhookURL = secret.New(base + hookPath)
	return c
}

func TestWebhookKeepsThePromises(t *testing.T) {
	sinktest.Run(t, sinktest.Case{
		New: func(base string, d sinks.Deps) (sinks.Sink, error) {
			return slack.New(hookConfig(strings.Replace(base, "http://", "http://user:urlpassword@", 1)+""), d)
		},
		Far: func(now func() time.Time) sinktest.StandIn {
			s := farend.NewSlack(now, token, "#backups")
			s.Hook(hookPath, "#backups")
			return s
		},
		Message: message(event.StatusOpen),
		Secrets: []secret.String{secret.New(hookPath), secret.New("T0TEAMTEAM"), secret.New("B0HOOKHOOK"), secret.New("sEcReTsEcReTsEcReT"),
			secret.New("urlpassword"), secret.New("user:urlpassword")},
		Wants: []sinktest.Status{
			{First: 200, Last: 299, Want: sinktest.Unknown()}, // only ok is a success
			{First: 404, Last: 405, Want: sinktest.Refused(retry.Misconfigured)},
			{First: 410, Last: 410, Want: sinktest.Refused(retry.Misconfigured)},
			{First: 429, Last: 429, Want: sinktest.Want{Verdict: retry.Away, Refused: true, Wait: 5 * time.Second}},
		},
		Key:     func(r sinktest.Request) string { return string(r.Body) },
		MaxBody: 120 << 10,
		Harmless: func(t *testing.T, r sinktest.Request) {
			var all any
			if err := json.Unmarshal(r.Body, &all); err != nil {
				t.Fatal(err)
			}
			said := fmt.Sprint(all)
			for _, bad := range []string{"<!channel", "<!here", "<@", "<#", "@here", "@channel", "@everyone", " @U123", "<script", "javascript:",
				"\u202e", "\x00", "user:pass"} {
				if strings.Contains(said, bad) {
					t.Errorf("the message holds %q: %.2000q", bad, said)
				}
			}
		},
	})
}

func TestWebhookMessageIsWhatSlackAndMattermostShallShow(t *testing.T) {
	d := openDesk(t, token, hookConfig)
	for name, status := range map[string]event.Status{"webhook-open": event.StatusOpen, "webhook-resolved": event.StatusResolved} {
		if _, err := d.send(t, message(status)); err != nil {
			t.Fatal(err)
		}
		all := d.Messages()
		goldenPost(t, name, all[len(all)-1])
	}
	m := message(event.StatusOpen)
	manyModules(&m)
	if _, err := d.send(t, m); err != nil {
		t.Fatal(err)
	}
	goldenPost(t, "webhook-many", d.Messages()[2])
}

// A webhook knows neither edits nor threads.
func TestWebhookTellsEachNoticeInAMessage(t *testing.T) {
	d := openDesk(t, token, hookConfig)
	i := &incident{desk: d}
	i.must(t, event.StatusOpen, "one failed")
	i.must(t, event.StatusChanged, "two failed")
	i.must(t, event.StatusResolved, "all well")
	d.shows(t, "one failed", "two failed", "all well")
	if i.memory != nil {
		t.Errorf("remembered %s", i.memory)
	}
}

func TestWebhookMayNameAChannel(t *testing.T) {
	d := openDesk(t, token, func(url string) slack.Config {
		c := hookConfig(url)
		c.Channel = "#other"
		return c
	})
	i := &incident{desk: d}
	i.must(t, event.StatusOpen, "one failed")
	if got := d.Messages()[0].Channel; got != "#other" || d.sink.Targets()[0] != "#other" {
		t.Errorf("told in %s, target %q", got, d.sink.Targets())
	}
}

// The name of a target tells the host and nothing else of the address.
func TestWebhooksTargetIsItsHost(t *testing.T) {
	d := openDesk(t, token, func(url string) slack.Config { return hookConfig("https://user:hunter2@chat.example.org:8443") })
	if got := d.sink.Targets(); len(got) != 1 || got[0] != "webhook at chat.example.org:8443" {
		t.Errorf("targets %q", got)
	}
}

// Slack's words and Mattermost's ids, each with what to do about it.
func TestR12WebhookAnswers(t *testing.T) {
	mattermost := func(status int, id string) farend.Fault {
		return farend.Fault{Status: status, Body: fmt.Sprintf(`{"id":"web.incoming_webhook.%s.app_error","message":"Invalid webhook.","request_id":"x","status_code":%d}`, id, status)}
	}
	slow := http.Header{"Retry-After": {"17"}}
	paced := retry.Judgement{Verdict: retry.Away, Wait: 17 * time.Second, Refused: true}
	unknown := retry.Judgement{Verdict: retry.Away}
	for name, c := range map[string]struct {
		fault farend.Fault
		want  retry.Judgement
		says  string
	}{
		"pace":             {farend.Fault{Status: 429, Header: slow, Body: `{"retry_after":17,"ok":false,"error":"rate_limited"}`}, paced, "rate_limited"},
		"pace, no header":  {farend.Fault{Status: 429}, retry.Judgement{Verdict: retry.Away, Wait: 5 * time.Second, Refused: true}, "429"},
		"payload":          {farend.Fault{Status: 400, Body: "invalid_payload"}, refused(retry.Dead), "invalid_payload"},
		"blocks":           {farend.Fault{Status: 400, Body: "invalid_attachments"}, refused(retry.Dead), "invalid_attachments"},
		"user":             {farend.Fault{Status: 400, Body: "user_not_found"}, refused(retry.Misconfigured), "channel"},
		"token":            {farend.Fault{Status: 403, Body: "invalid_token"}, refused(retry.Misconfigured), "make a new incoming webhook"},
		"prohibited":       {farend.Fault{Status: 403, Body: "action_prohibited"}, refused(retry.Misconfigured), "administrator"},
		"no channel":       {farend.Fault{Status: 404, Body: "channel_not_found"}, refused(retry.Misconfigured), "channel"},
		"no service":       {farend.Fault{Status: 404, Body: "no_service\n"}, refused(retry.Misconfigured), "make a new incoming webhook"},
		"archived":         {farend.Fault{Status: 410, Body: "channel_is_archived"}, refused(retry.Misconfigured), "archive"},
		"no page":          {farend.Fault{Status: 404, Body: "<html>not found"}, refused(retry.Misconfigured), "webhook_url"},
		"rollup":           {farend.Fault{Status: 500, Body: "rollup_error"}, unknown, "rollup_error"},
		"busy":             {farend.Fault{Status: 503, Header: slow}, retry.Judgement{Verdict: retry.Away, Wait: 17 * time.Second}, "503"},
		"no ok":            {farend.Fault{Status: 200, Body: "<html>Log in to the guest network"}, unknown, "guest network"},
		"ok of another":    {farend.Fault{Status: 200, Body: `{"success":true}`}, unknown, "webhook_url"},
		"empty":            {farend.Fault{Status: 200}, unknown, "and not ok"},
		"address said":     {farend.Fault{Status: 400, Body: "no " + hookPath + " here"}, refused(retry.Dead), "<secret>"},
		"mm invalid":       {mattermost(400, "invalid"), refused(retry.Misconfigured), "make a new incoming webhook"},
		"mm general":       {mattermost(400, "general"), refused(retry.Misconfigured), "whole address"},
		"mm parse":         {mattermost(400, "parse"), refused(retry.Dead), "web.incoming_webhook.parse"},
		"mm channel":       {mattermost(404, "channel"), refused(retry.Misconfigured), "see whether channel"},
		"mm locked":        {mattermost(403, "channel_locked"), refused(retry.Misconfigured), "leave channel out"},
		"mm disabled":      {mattermost(501, "disabled"), refused(retry.Misconfigured), "enable incoming webhooks"},
		"mm has a problem": {mattermost(500, "channel"), unknown, "500"},
	} {
		d := openDesk(t, token, hookConfig)
		d.Inject(c.fault)
		_, err := d.send(t, message(event.StatusOpen))
		if got := retry.Of(err); err == nil || got != c.want || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: got %+v, want %+v saying %q: %v", name, got, c.want, c.says, err)
			continue
		}
		if !strings.HasPrefix(err.Error(), "post to Slack webhook at 127.0.0.1:") || strings.Contains(err.Error(), "sEcReT") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// The stand-in's own refusals, as Slack words them.
func TestWebhookThatIsGone(t *testing.T) {
	d := openDesk(t, token, hookConfig)
	d.Archive("#backups", true)
	if _, err := d.send(t, message(event.StatusOpen)); retry.Of(err) != refused(retry.Misconfigured) || !strings.Contains(err.Error(), "channel_is_archived") {
		t.Errorf("got %v", err)
	}
	d = openDesk(t, token, func(url string) slack.Config {
		return slack.Config{WebhookURL: secret.New(url + "/services/T0TEAMTEAM/B0HOOKHOOK/gone"), URL: url}
	})
	if _, err := d.send(t, message(event.StatusOpen)); retry.Of(err) != refused(retry.Misconfigured) || !strings.Contains(err.Error(), "no_service") {
		t.Errorf("got %v", err)
	}
}
