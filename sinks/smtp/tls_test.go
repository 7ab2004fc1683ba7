package smtp_test

import (
	"strings"
	"testing"

	"bellhop/internal/retry"
	"bellhop/internal/secret"
	"bellhop/sinks/smtp"
	"bellhop/sinks/smtp/smtpdtest"
)

func TestEncryptionWithAnAuthorityOfOnesOwn(t *testing.T) {
	authority, stranger := smtpdtest.NewAuthority(t), smtpdtest.NewAuthority(t)
	far := &farEnd{users: map[string]string{"bellhop": "right"}}
	ports := map[string]int{
		smtp.StartTLS: far.listen(t, &authority, false),
		smtp.TLS:      far.listen(t, &authority, true),
	}
	for mode, port := range ports {
		c := to(port)
		c.TLS, c.TLSCAFile = mode, authority.CAFile
		c.Username, c.Password = "bellhop", secret.New("right")
		if _, err := build(t, c).Send(t.Context(), message("a@example.org")); err != nil {
			t.Errorf("%s: %v", mode, err)
		}
		c.TLSCAFile = stranger.CAFile
		_, err := build(t, c).Send(t.Context(), message("a@example.org"))
		judged(t, err, refused(retry.Misconfigured), "certificate signed by unknown authority", "tls_ca_file")
		c.TLSCAFile = ""
		_, err = build(t, c).Send(t.Context(), message("a@example.org"))
		judged(t, err, refused(retry.Misconfigured), "tls_ca_file")
		c.InsecureSkipVerify = true
		if _, err := build(t, c).Send(t.Context(), message("a@example.org")); err != nil {
			t.Errorf("%s without a look at the certificate: %v", mode, err)
		}
	}
	if got := far.mails(); len(got) != 4 || got[0].user != "bellhop" {
		t.Errorf("got %d mails", len(got))
	}
}

func TestACertificateOfAnotherNameIsRefused(t *testing.T) {
	authority := smtpdtest.NewAuthority(t)
	far := &farEnd{}
	c := to(far.listenAt(t, "127.0.0.2", &authority, true))
	c.Host, c.TLS, c.TLSCAFile = "127.0.0.2", smtp.TLS, authority.CAFile
	_, err := build(t, c).Send(t.Context(), message("a@example.org"))
	judged(t, err, refused(retry.Misconfigured), "certificate is valid for 127.0.0.1", "set host to a name in the certificate")
	if len(far.mails()) != 0 {
		t.Error("the mail left")
	}
}

func TestWithoutSTARTTLSNoMailLeaves(t *testing.T) {
	far := &farEnd{}
	c := to(far.listen(t, nil, false))
	c.TLS = smtp.StartTLS
	_, err := build(t, c).Send(t.Context(), message("a@example.org"))
	judged(t, err, refused(retry.Misconfigured), "does not support STARTTLS", "set tls to tls")
	if len(far.mails()) != 0 {
		t.Error("the mail left in the clear")
	}
}

func TestTheWrongKindOfTLSSaysWhichIsRight(t *testing.T) {
	c := to((&farEnd{}).listen(t, nil, false))
	c.TLS = smtp.TLS
	_, err := build(t, c).Send(t.Context(), message("a@example.org"))
	judged(t, err, refused(retry.Misconfigured), "set tls to starttls")
}

func TestARealServerDeliversTheMail(t *testing.T) {
	real := smtpdtest.Start(t)
	for _, mode := range []string{smtp.StartTLS, smtp.TLS} {
		for _, auth := range []string{"auto", "login"} {
			c := relay(t, real, mode)
			c.Auth = auth
			receipt, err := build(t, c).Send(t.Context(), message("a@example.org"))
			if err != nil || !strings.HasPrefix(receipt.Status, "250 2.0.0 ") {
				t.Fatalf("%s, %s: got %+v, %v", mode, auth, receipt, err)
			}
		}
	}
	c := relay(t, real, smtp.StartTLS)
	_, err := build(t, c).Send(t.Context(), message("a@elsewhere.example.net"))
	judged(t, err, refused(retry.Dead), "Invalid recipient")
	c.Password = secret.New("wrong")
	_, err = build(t, c).Send(t.Context(), message("a@example.org"))
	judged(t, err, refused(retry.Misconfigured), "535")
	c = relay(t, real, smtp.NoTLS)
	_, err = build(t, c).Send(t.Context(), message("a@example.org"))
	judged(t, err, refused(retry.Misconfigured), "set tls to starttls or tls")

	mails := real.Mails(t, 4)
	if len(mails) != 4 {
		t.Errorf("got %d mails", len(mails))
	}
	want := message("")
	for _, m := range mails {
		if m.Subject != "[NS8 Backup] "+want.Text["mail.subject"] || strings.TrimSpace(m.Text) != want.Text["mail.text"] || m.HTML != want.Text["mail.html"] {
			t.Errorf("got %+v", m)
		}
		if m.Header.Get("Auto-Submitted") != "auto-generated" || !strings.HasSuffix(m.Header.Get("Message-ID"), "@example.org>") ||
			!strings.Contains(m.Header.Get("Received"), "ESMTPSA") {
			t.Errorf("headers %v", m.Header)
		}
	}
}
