package smtp_test

import (
	"encoding/base64"
	"testing"
	"time"

	"bellhop/internal/event"
	"bellhop/internal/secret"
	"bellhop/sinks"
	"bellhop/sinks/smtp"
	"bellhop/sinks/smtp/smtpdtest"
)

// relay is a sink that mails through a real server.
func relay(t *testing.T, real *smtpdtest.Server, mode string) smtp.Config {
	t.Helper()
	c := to(real.Port)
	if mode == smtp.TLS {
		c.Port = real.TLS
	}
	c.Host, c.TLS, c.TLSCAFile = real.Host, mode, real.CAFile
	c.Username, c.Password = real.User, secret.New(real.Pass)
	return c
}

// news is a message about an incident.
func news(id, incident, subject string, e event.Event) sinks.Message {
	m := message("a@example.org")
	m.ID, m.Text["mail.subject"] = id, subject
	m.Event = e
	m.Event.ID, m.Event.Incident = id, incident
	if incident != "" {
		m.Event.Opened = noon
	}
	return m
}

func TestTheMailsOfAnIncidentAreOneThread(t *testing.T) {
	real := smtpdtest.Start(t)
	plan := event.Plan{ID: "1", Name: "Nächtlich nach B2"}
	failed := event.Event{Plan: plan, Status: event.StatusOpen, Outcome: event.Partial}
	worse := event.Event{Plan: plan, Status: event.StatusChanged, Outcome: event.RepoFailure}
	ended := event.Event{Plan: plan, Status: event.StatusResolved, Outcome: event.Success}
	first, other := build(t, relay(t, real, smtp.StartTLS)), relay(t, real, smtp.TLS)
	other.From = "elsewhere@example.net" // another sink, or the same one after a reload
	second := build(t, other)
	for _, s := range []struct {
		sinks.Sink
		sinks.Message
	}{
		{first, news("1", "first", "failed", failed)},
		{first, news("2", "second", "failed", failed)},
		{second, news("3", "first", "worse", worse)},
		{first, news("4", "", "well", event.Event{Plan: plan, Status: event.StatusSuccess, Outcome: event.Success})},
		{second, news("5", "first", "recovered", ended)},
		{second, news("5", "first", "recovered", ended)}, // sent again, since the answer was lost
		{first, news("6", "", "well", event.Event{Plan: plan, Status: event.StatusSuccess, Outcome: event.Success})},
	} {
		if _, err := s.Send(t.Context(), s.Message); err != nil {
			t.Fatal(err)
		}
	}
	mails := real.Mails(t, 7)
	sizes := map[string]int{} // of the thread that a subject is in
	for _, thread := range smtpdtest.Threads(mails) {
		for _, m := range thread {
			sizes[m.Subject] += len(thread)
		}
		if len(thread) == 4 {
			outlook(t, thread)
		}
	}
	for subject, want := range map[string]int{"[NS8 Backup] worse": 4, "[NS8 Backup] recovered": 8, "[NS8 Backup] well": 2, "[NS8 Backup] failed": 5} {
		if sizes[subject] != want {
			t.Errorf("the mails %q are in threads of %d mails in all, want %d", subject, sizes[subject], want)
		}
	}
}

// outlook sees that a thread is one to Outlook, too.
func outlook(t *testing.T, thread []smtpdtest.Mail) {
	t.Helper()
	for _, m := range thread {
		index, topic := m.Header.Get("Thread-Index"), m.Header.Get("Thread-Topic")
		if index != thread[0].Header.Get("Thread-Index") || topic != thread[0].Header.Get("Thread-Topic") {
			t.Errorf("%s: another conversation, %q %q", m.Subject, index, topic)
		}
		number, err := base64.StdEncoding.DecodeString(index)
		if err != nil || len(number) != 22 || number[0] != 1 {
			t.Errorf("%s: index %x, %v", m.Subject, number, err)
		}
		var ticks int64 // the index begins with the time that the incident opened, in ticks since 1601
		for _, b := range number[:6] {
			ticks = ticks<<8 | int64(b)
		}
		const tick, to1970 = 100, 11644473600
		if opened := time.Unix(ticks<<16/(1e9/tick)-to1970, 0); noon.Sub(opened).Abs() > time.Second {
			t.Errorf("%s: the incident opened at %v, says the index", m.Subject, opened)
		}
	}
}

func TestEveryMailOfAnIncidentIsAReplyAlsoTheFirst(t *testing.T) {
	far := &farEnd{}
	s := build(t, to(far.listen(t, nil, false)))
	headers := func(m sinks.Message) map[string]string {
		t.Helper()
		if _, err := s.Send(t.Context(), m); err != nil {
			t.Fatal(err)
		}
		mails := far.mails()
		got, err := smtpdtest.Parse(mails[len(mails)-1].raw)
		if err != nil {
			t.Fatal(err)
		}
		all := map[string]string{}
		for name := range got.Header {
			all[name] = got.Header.Get(name)
		}
		return all
	}
	first := headers(news("1", "an incident", "failed", event.Event{Status: event.StatusOpen, Outcome: event.RepoFailure, Plan: event.Plan{Name: "B2\r\nBcc: all@example.org"}}))
	const root = "<fdcb8fb0cd66ef7e59cab559017082cb@incident.bellhop.invalid>"
	for name, want := range map[string]string{
		"References": root, "In-Reply-To": root, "Thread-Topic": "B2 Bcc: all@example.org 2026-11-21T11:00:00Z",
		"List-Id": "<bellhop.example.org>", "X-Auto-Response-Suppress": "OOF, AutoReply", "Importance": "high", "X-Priority": "1", "X-Msmail-Priority": "", "Bcc": "",
	} {
		if first[name] != want {
			t.Errorf("%s: %q, want %q", name, first[name], want)
		}
	}
	for name, m := range map[string]sinks.Message{
		"its end":        news("2", "an incident", "recovered", event.Event{Status: event.StatusResolved, Outcome: event.RepoFailure}),
		"a part of it":   news("3", "an incident", "failed", event.Event{Status: event.StatusOpen, Outcome: event.Partial}),
		"a success":      news("4", "", "well", event.Event{Status: event.StatusSuccess, Outcome: event.Success}),
		"a test of ours": news("5", "", "test", event.Event{Kind: event.KindTest, Status: event.StatusOpen, Outcome: event.Partial}),
	} {
		h := headers(m)
		if h["Importance"] != "" || h["X-Priority"] != "" {
			t.Errorf("%s is urgent", name)
		}
		for _, header := range []string{"References", "In-Reply-To", "Thread-Topic", "Thread-Index"} {
			if (h[header] != "") != (m.Event.Incident != "") {
				t.Errorf("%s: %s is %q", name, header, h[header])
			}
		}
	}
}

func TestASenderWithoutAPlainDomainStillHasValidHeaders(t *testing.T) {
	far := &farEnd{}
	for from, want := range map[string]string{
		"a@bücher.example":    "<bellhop.bellhop.invalid>",
		"a@[192.0.2.7]":       "<bellhop.bellhop.invalid>",
		"a@xn--bcher.example": "<bellhop.xn--bcher.example>",
	} {
		c := to(far.listen(t, nil, false))
		c.From = from
		if _, err := build(t, c).Send(t.Context(), message("a@example.org")); err != nil {
			t.Fatalf("%s: %v", from, err)
		}
		mails := far.mails()
		m, err := smtpdtest.Parse(mails[len(mails)-1].raw)
		if err != nil || m.Header.Get("List-Id") != want {
			t.Errorf("%s: List-Id %q, %v", from, m.Header.Get("List-Id"), err)
		}
	}
}
