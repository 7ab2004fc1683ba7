package app_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"bellhop/correlate/redistest"
	"bellhop/internal/event"
	"bellhop/repocheck/restictest"
	"bellhop/sinks/smtp/smtpdtest"
)

// TestTheRoadFromAlertmanagerToEverySink is the main job with real parts: a real
// Alertmanager posts, a real Redis tells, real restic answers, a real mail server
// takes the mail.
func TestTheRoadFromAlertmanagerToEverySink(t *testing.T) {
	program(t, "prometheus-alertmanager")
	redis := redistest.Start(t)
	redis.Load(string(read(t, "node-partial.redis")), time.Now().Add(-time.Hour))
	mail := smtpdtest.Start(t)
	far := newFarends(t)
	// nextcloud1's repository has a last good snapshot of yesterday and a lock
	// that a killed backup left behind.
	yesterday := time.Now().Add(-26 * time.Hour)
	runagent := restictest.Runagent(t, map[string]restictest.Repository{
		"nextcloud1": restictest.Repo(t, restictest.Locked, yesterday),
	})
	b := start(t, fmt.Sprintf(`
receiver: {port: 0}
correlator: {wait_seconds: 1}
redis: {address: %q}
repo_check: {command: %s}
queue: {path: %q}
sinks:
  relay: {type: smtp, host: %q, port: %d, tls_ca_file: %q, username: %q, password: %q, from: backup@example.org, to: [ops@example.org, boss@example.org]}
%s`, redis.Addr, flow(runagent), t.TempDir(), mail.Host, mail.Port, mail.CAFile, mail.User, mail.Pass, far.sinks()))

	am := startAlertmanager(t, b.url+"/alert")
	labels := func(node string) map[string]string {
		return map[string]string{"alertname": "BackupFailed", "id": "1", "name": "Nightly to B2", "node": node, "severity": "critical"}
	}
	am.alert(t, labels("1"), time.Time{})
	am.alert(t, labels("2"), time.Time{}) // a plan over two nodes raises one a node

	// Everybody hears of it once.
	mails := mail.Mails(t, 2)
	for _, m := range mails {
		if !strings.Contains(m.Subject, "Backup partially failed") || !strings.Contains(m.Subject, "Nightly to B2") {
			t.Errorf("subject: %q", m.Subject)
		}
		if !strings.Contains(m.Text, "nextcloud1") || !strings.Contains(m.Text, "locked") {
			t.Errorf("the mail does not say what failed and why:\n%s", m.Text)
		}
		if !strings.Contains(m.Text, yesterday.Format("2006-01-02")) {
			t.Errorf("the mail does not say how old the last good snapshot is:\n%s", m.Text)
		}
	}
	e := b.event(1)
	if e.Outcome != event.Partial || e.Status != event.StatusOpen || e.Cause != event.CauseLocked || len(e.Modules) != 4 {
		t.Errorf("got %+v", e)
	}
	far.hear(t, e, 1)

	// The next night is well, and Alertmanager says that the alerts are over.
	redis.Load(string(read(t, "node-success.redis")), time.Now())
	am.alert(t, labels("1"), time.Now().Add(-time.Second))
	am.alert(t, labels("2"), time.Now().Add(-time.Second))
	mails = mail.Mails(t, 4)
	recovered := 0
	for _, m := range mails {
		if strings.Contains(m.Subject, "recovered") {
			recovered++
		}
	}
	if recovered != 2 {
		t.Errorf("%d mails tell of the end, want one an address", recovered)
	}
	if n := len(smtpdtest.Threads(mails)); n != 1 {
		t.Errorf("the mails of the incident are %d threads", n)
	}
	end := b.event(2)
	if end.Status != event.StatusResolved || end.EndedBy != event.EndedBySuccess || end.DedupKey != e.DedupKey || end.Was == nil {
		t.Errorf("got %+v", end)
	}
	far.hear(t, end, 2)
	for _, secret := range []string{routingKey, slackToken, mail.Pass} {
		if strings.Contains(b.log.String(), secret) {
			t.Errorf("the log tells a secret")
		}
	}
}

// hear waits until PagerDuty, Slack and the webhook heard n messages each, the
// last one about e.
func (f *farends) hear(t *testing.T, e event.Event, n int) {
	t.Helper()
	eventually(t, 30*time.Second, "every far end has heard of it", func() error {
		if got := len(f.hook.Requests()); got != n {
			return fmt.Errorf("the webhook heard %d messages, want %d", got, n)
		}
		if got := len(f.chat.Messages()); got != n {
			return fmt.Errorf("slack heard %d messages, want %d", got, n)
		}
		if got := len(f.pager.Requests()); got != n {
			return fmt.Errorf("pagerduty heard %d events, want %d", got, n)
		}
		return nil
	})
	var posted event.Event
	requests := f.hook.Requests()
	if err := json.Unmarshal(requests[n-1].Body, &posted); err != nil || posted.ID != e.ID {
		t.Errorf("the webhook heard %s, %v", requests[n-1].Body, err)
	}
	alerts := f.pager.Alerts()
	if len(alerts) != 1 || alerts[0].DedupKey != e.DedupKey || alerts[0].Open != (e.Status != event.StatusResolved) || alerts[0].Triggers != 1 {
		t.Errorf("pagerduty shows %+v", alerts)
	}
	// An incident is one message, with what came after in its thread.
	if threads := f.chat.Threads("#backups"); len(threads) != 1 || len(threads[0].Replies) != n-1 || threads[0].Edits != n-1 {
		t.Errorf("slack shows %+v", threads)
	}
	if text := f.chat.Messages()[n-1].Text; !strings.Contains(text, "Nightly to B2") {
		t.Errorf("slack shows %q", text)
	}
}

// TestEveryRecordedAlertIsTakenAndNothingIsSaidTwice posts every recorded body.
func TestEveryRecordedAlertIsTakenAndNothingIsSaidTwice(t *testing.T) {
	redis := redistest.Start(t)
	redis.Load(string(read(t, "node-partial.redis")), time.Now())
	far := newFarends(t)
	b := start(t, fmt.Sprintf(`
receiver: {port: 0}
correlator: {wait_seconds: 0}
redis: {address: %q}
repo_check: {enabled: false}
queue: {path: %q}
sinks:
  hook: {type: webhook, url: %q}
`, redis.Addr, t.TempDir(), far.hookURL))
	for _, c := range []struct{ body, want string }{
		{string(read(t, "alertmanager", "BackupFailed-1-firing.json")), `"accepted":1,"ignored":0`},
		{string(read(t, "alertmanager", "BackupFailed-2-firing.json")), `"accepted":1,"ignored":0`},
		{string(read(t, "alertmanager", "NsBackupFailed-firing.json")), `"accepted":1,"ignored":0`},
		{string(read(t, "alertmanager", "SwapFull-1-firing.json")), `"accepted":0,"ignored":1,"id":""`},
		{string(read(t, "alertmanager", "BackupFailed-1-resolved.json")), `"accepted":1,"ignored":0`},
		{`{"alerts":[{"status":"firing","labels":{"alertname":"NsBackupFailed","backup_id":"1"}}]}`, `"accepted":1,"ignored":0`},
		{`{"version":"4","notification_reason":"first notification","routeLabels":{"a":"b"},"alerts":[{"status":"firing","labels":{"alertname":"BackupFailed","id":"1"}}]}`, `"accepted":1,"ignored":0`},
	} {
		if code, answer := b.post([]byte(c.body)); code != 200 || !strings.Contains(answer, c.want) {
			t.Errorf("got %d %s, want %s", code, answer, c.want)
		}
	}
	e := b.event(1)
	if e.Plan.ID != "1" || e.Outcome != event.Partial {
		t.Errorf("got %+v", e)
	}
	b.quiet(t, far, 1)
	if metrics := b.text("/metrics"); !strings.Contains(metrics, `bellhop_signals_received_total{result="ignored",source="webhook"} 1`) {
		t.Errorf("the ignored alert is not counted:\n%s", metrics)
	}
}

// quiet waits until nothing is left to do and sees that n messages went out.
func (r *running) quiet(t *testing.T, far *farends, n int) {
	t.Helper()
	eventually(t, 20*time.Second, "the queue is empty", func() error {
		var list struct{ Deliveries []any }
		if err := r.get("/api/v1/deliveries?state=queued", &list); err != nil {
			return err
		}
		if len(list.Deliveries) > 0 || len(far.hook.Requests()) < n {
			return errors.New("deliveries wait")
		}
		return nil
	})
	time.Sleep(500 * time.Millisecond) // long enough for a message too many to come
	if got := len(far.hook.Requests()); got != n {
		t.Errorf("%d messages went out, want %d", got, n)
	}
}
