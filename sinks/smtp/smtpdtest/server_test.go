package smtpdtest_test

import (
	"crypto/tls"
	"crypto/x509"
	"net/smtp"
	"os"
	"testing"

	"bellhop/sinks/smtp/smtpdtest"
)

func TestServerTakesMailByTLSAndLogin(t *testing.T) {
	s := smtpdtest.Start(t)
	pem, err := os.ReadFile(s.CAFile)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(pem)
	client, err := smtp.Dial(s.Addr)
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range []func() error{
		func() error { return client.StartTLS(&tls.Config{RootCAs: pool, ServerName: s.Host}) },
		func() error { return client.Auth(smtp.PlainAuth("", s.User, s.Pass, s.Host)) },
		func() error { return client.Mail("a@example.org") },
		func() error { return client.Rcpt("b@" + smtpdtest.Domain) },
		func() error {
			w, err := client.Data()
			if err != nil {
				return err
			}
			if _, err := w.Write([]byte("Subject: =?utf-8?q?gr=C3=BCn?=\r\nContent-Type: text/plain\r\n\r\nhello\r\n")); err != nil {
				return err
			}
			return w.Close()
		},
		client.Quit,
	} {
		if err := step(); err != nil {
			t.Fatal(err)
		}
	}
	mails := s.Mails(t, 1)
	if len(mails) != 1 || mails[0].Subject != "grün" || mails[0].Text != "hello\n" || mails[0].Header.Get("Delivered-To") != "b@example.org" {
		t.Fatalf("got %+v", mails)
	}
}
