package smtpdtest_test

import (
	"crypto/tls"
	"crypto/x509"
	"net"
	netmail "net/mail"
	"net/smtp"
	"os"
	"slices"
	"strconv"
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
	trust := &tls.Config{RootCAs: pool, ServerName: s.Host}
	client, err := smtp.Dial(s.Addr)
	if err != nil {
		t.Fatal(err)
	}
	hand(t, s, client, func() error { return client.StartTLS(trust) })
	conn, err := tls.Dial("tcp", net.JoinHostPort(s.Host, strconv.Itoa(s.TLS)), trust)
	if err != nil {
		t.Fatal(err)
	}
	client, err = smtp.NewClient(conn, s.Host)
	if err != nil {
		t.Fatal(err)
	}
	hand(t, s, client, func() error { return nil })
	mails := s.Mails(t, 2)
	for _, m := range mails {
		if m.Subject != "grün" || m.Text != "hello\n" || m.Header.Get("Delivered-To") != "b@example.org" {
			t.Errorf("got %+v", m)
		}
	}
}

// hand hands a mail over, once the client is encrypted.
func hand(t *testing.T, s *smtpdtest.Server, client *smtp.Client, encrypt func() error) {
	t.Helper()
	for _, step := range []func() error{
		encrypt,
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
}

func TestThreadsAreJoinedByWhatIsNamed(t *testing.T) {
	mail := func(id, refers string) smtpdtest.Mail {
		return smtpdtest.Mail{Subject: id, Header: netmail.Header{"Message-Id": {"<" + id + ">"}, "References": {refers}}}
	}
	var got []string
	for _, thread := range smtpdtest.Threads([]smtpdtest.Mail{
		mail("a", "<root>"), mail("b", ""), mail("c", "<other>"), mail("d", "<root>"), mail("e", "<b>"), mail("f", "<other> <d>"),
	}) {
		var ids string
		for _, m := range thread {
			ids += m.Subject
		}
		got = append(got, ids)
	}
	if want := []string{"acdf", "be"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
