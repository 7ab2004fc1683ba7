package smtp_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	server "github.com/emersion/go-smtp"

	"bellhop/internal/retry"
	"bellhop/internal/secret"
	"bellhop/sinks"
	"bellhop/sinks/smtp"
	"bellhop/sinks/smtp/smtpdtest"
)

var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.FixedZone("", 3600))

// to is a configuration for a server on this port, in the clear.
func to(port int) smtp.Config {
	c := smtp.DefaultConfig()
	c.Host, c.Port, c.TLS = "127.0.0.1", port, smtp.NoTLS
	c.From = "Sicherung für alle <backup@example.org>"
	c.To = []string{"a@example.org", "b@example.org", "Ops <c@example.org>"}
	return c
}

func build(t *testing.T, c smtp.Config) sinks.Sink {
	t.Helper()
	kind := smtp.Kind()
	if faults := kind.Validate(&c); len(faults) != 0 {
		t.Fatal(faults)
	}
	s, err := kind.New("relay", &c, sinks.Deps{Now: func() time.Time { return noon }, Version: "1.0"})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func message(target string) sinks.Message {
	return sinks.Message{ID: "01J/relay/" + target, Target: target, Text: map[string]string{
		"mail.subject": "❌ Backup failed – possible repository error",
		"mail.text":    "nextcloud1 ist nicht gesichert: ü\n.\nEnde",
		"mail.html":    "<!DOCTYPE html>\n<p>nextcloud1 &lt;failed&gt;</p>\n",
	}}
}

func refused(v retry.Verdict) retry.Judgement { return retry.Judgement{Verdict: v, Refused: true} }

// judged fails the test unless err asks for this and says each of these words.
func judged(t *testing.T, err error, want retry.Judgement, says ...string) {
	t.Helper()
	if got := retry.Of(err); err == nil || got != want {
		t.Errorf("got %+v, want %+v: %v", got, want, err)
		return
	}
	for _, word := range says {
		if !strings.Contains(err.Error(), word) {
			t.Errorf("%q does not say %q", err, word)
		}
	}
}

func TestAMailArrivesAsItWasMeant(t *testing.T) {
	far := &farEnd{}
	s := build(t, to(far.listen(t, nil, false)))
	if want := []string{"a@example.org", "b@example.org", "c@example.org"}; !slices.Equal(s.Targets(), want) {
		t.Fatalf("targets are %q", s.Targets())
	}
	receipt, err := s.Send(t.Context(), message("c@example.org"))
	if err != nil || !strings.HasPrefix(receipt.Status, "250 ") || strings.Contains(receipt.Status, "farewell") {
		t.Fatalf("got %+v, %v", receipt, err)
	}
	got := far.mails()
	if len(got) != 1 || got[0].from != "backup@example.org" || got[0].to != "c@example.org" || far.seen != nil {
		t.Fatalf("got %+v, asked for %v", got, far.seen)
	}
	m, err := smtpdtest.Parse(got[0].raw)
	if err != nil {
		t.Fatal(err)
	}
	want := message("")
	if m.Subject != "[NS8 Backup] "+want.Text["mail.subject"] || m.Text != want.Text["mail.text"] || m.HTML != want.Text["mail.html"] {
		t.Errorf("got %+v", m)
	}
	for header, value := range map[string]string{
		"From": "=?utf-8?q?Sicherung_f=C3=BCr_alle?= <backup@example.org>", "To": "<c@example.org>",
		"Date": "Sat, 21 Nov 2026 12:00:00 +0100", "Auto-Submitted": "auto-generated",
		"User-Agent": "bellhop/1.0", "MIME-Version": "1.0",
	} {
		if got := m.Header.Get(header); !strings.EqualFold(got, value) {
			t.Errorf("%s: %q, want %q", header, got, value)
		}
	}
}

func TestMessageIDIsStablePerDelivery(t *testing.T) {
	far := &farEnd{}
	s := build(t, to(far.listen(t, nil, false)))
	for _, target := range []string{"a@example.org", "a@example.org", "b@example.org"} {
		if _, err := s.Send(t.Context(), message(target)); err != nil {
			t.Fatal(err)
		}
	}
	var ids []string
	for _, got := range far.mails() {
		m, err := smtpdtest.Parse(got.raw)
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, m.Header.Get("Message-ID"))
	}
	if len(ids) != 3 || ids[0] != ids[1] || ids[0] == ids[2] || !strings.HasSuffix(ids[0], "@example.org>") {
		t.Fatalf("got %q", ids)
	}
}

func TestNothingInASubjectBecomesAHeader(t *testing.T) {
	far := &farEnd{}
	s := build(t, to(far.listen(t, nil, false)))
	m := message("a@example.org")
	m.Text["mail.subject"] = "x\r\nBcc: all@example.org\r\n\r\nbody\x00\u202etxt." + strings.Repeat("ü", 1<<20)
	m.Text["mail.text"] = "a\x00b\r\n\xff"
	if _, err := s.Send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	raw := string(far.mails()[0].raw)
	got, err := smtpdtest.Parse([]byte(raw))
	if err != nil {
		t.Fatal(err)
	}
	if got.Header.Get("Bcc") != "" || !strings.HasPrefix(got.Subject, "[NS8 Backup] x Bcc: all@example.org bodytxt.üüü") || len(got.Subject) > 600 {
		t.Errorf("subject %.80q, headers %v", got.Subject, got.Header)
	}
	if got.Text != "ab\n\ufffd" {
		t.Errorf("text %q", got.Text)
	}
	for line := range strings.Lines(raw) {
		if len(line) > 998 {
			t.Errorf("a line of %d bytes", len(line))
		}
	}
}

func TestOnePartAloneIsSentAlone(t *testing.T) {
	far := &farEnd{}
	s := build(t, to(far.listen(t, nil, false)))
	for _, without := range []string{"mail.html", "mail.text"} {
		m := message("a@example.org")
		delete(m.Text, without)
		if _, err := s.Send(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
	text, err := smtpdtest.Parse(far.mails()[0].raw)
	if err != nil || text.HTML != "" || !strings.Contains(text.Text, "nextcloud1") {
		t.Errorf("got %+v, %v", text, err)
	}
	html, err := smtpdtest.Parse(far.mails()[1].raw)
	if err != nil || html.Text != "" || !strings.Contains(html.HTML, "nextcloud1") {
		t.Errorf("got %+v, %v", html, err)
	}
}

func TestAnAddressBeyondASCIITravelsWhereTheServerCan(t *testing.T) {
	far := &farEnd{}
	c := to(far.listen(t, nil, false))
	c.To = []string{"jürgen@example.org"}
	if _, err := build(t, c).Send(t.Context(), message("jürgen@example.org")); err != nil {
		t.Fatal(err)
	}
	if got := far.mails(); got[0].to != "jürgen@example.org" || !slices.Equal(far.seen, []string{"SMTPUTF8"}) {
		t.Fatalf("got %+v, asked for %v", got, far.seen)
	}
}

func TestR11OneRefusedRecipientCostsNobodyElse(t *testing.T) {
	far := &farEnd{onRcpt: map[string]*server.SMTPError{
		"b@example.org": {Code: 550, EnhancedCode: server.EnhancedCode{5, 1, 1}, Message: "No such user"},
	}}
	s := build(t, to(far.listen(t, nil, false)))
	for _, target := range s.Targets() {
		_, err := s.Send(t.Context(), message(target))
		if target != "b@example.org" {
			if err != nil {
				t.Errorf("%s: %v", target, err)
			}
			continue
		}
		judged(t, err, refused(retry.Dead), "5.1.1 No such user")
		if strings.Contains(err.Error(), "affected") {
			t.Errorf("it says %q", err)
		}
	}
	if got := far.mails(); len(got) != 2 || got[0].to != "a@example.org" || got[1].to != "c@example.org" {
		t.Fatalf("delivered: %+v", got)
	}
}

func TestATargetThatIsNoAddressIsSetAside(t *testing.T) {
	_, err := build(t, to(1)).Send(t.Context(), message("a@b.org\r\nRCPT TO:<c@d.org>"))
	judged(t, err, refused(retry.Dead))
}

func TestTheContextEndsASendAtEveryPoint(t *testing.T) {
	for _, phase := range []string{"greet", "EHLO", "STARTTLS", "AUTH", "MAIL", "RCPT", "DATA", "."} {
		t.Run(phase, func(t *testing.T) {
			t.Parallel()
			c := to(scripted(t, map[string]string{phase: "hang"}))
			c.Username, c.Password = "bellhop", secret.New("right")
			if phase == "STARTTLS" {
				c.TLS = smtp.StartTLS
			}
			ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
			defer cancel()
			began := time.Now()
			_, err := build(t, c).Send(ctx, message("a@example.org"))
			judged(t, err, retry.Judgement{Verdict: retry.Away, Refused: phase != "."}, "send mail to a@example.org through 127.0.0.1:", context.DeadlineExceeded.Error())
			if took := time.Since(began); took > 5*time.Second {
				t.Errorf("it took %v", took)
			}
			if unknown := strings.Contains(err.Error(), "is unknown"); unknown != (phase == ".") {
				t.Errorf("it says %q", err)
			}
		})
	}
}

func TestAStopEndsASendAtOnce(t *testing.T) {
	s := build(t, to(scripted(t, map[string]string{"MAIL": "hang"})))
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(100*time.Millisecond, cancel)
	_, err := s.Send(ctx, message("a@example.org"))
	judged(t, err, refused(retry.Away), context.Canceled.Error())
}

func TestATakenMailIsSentWhateverHappensAfterwards(t *testing.T) {
	for _, farewell := range []string{"drop", "hang", "500 what?"} {
		t.Run(farewell, func(t *testing.T) {
			t.Parallel()
			s := build(t, to(scripted(t, map[string]string{"QUIT": farewell})))
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			receipt, err := s.Send(ctx, message("a@example.org"))
			if err != nil || receipt.Status != "250 taken (the server then ended without a farewell)" {
				t.Fatalf("got %+v, %v", receipt, err)
			}
		})
	}
}

func TestKindSaysWhatItNeeds(t *testing.T) {
	kind := smtp.Kind()
	if kind.Name != "smtp" || kind.Supersede != sinks.KeepLatest || !kind.Calm || kind.Limit.N != 60 || kind.Limit.Per != time.Minute || kind.Timeout != smtp.Timeout {
		t.Fatalf("got %+v", kind)
	}
	if want := []string{"mail.subject", "mail.text", "mail.html"}; !slices.Equal(kind.Parts, want) {
		t.Fatalf("parts are %q", kind.Parts)
	}
}
