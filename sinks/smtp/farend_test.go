package smtp_test

import (
	"bufio"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"strings"
	"sync"
	"testing"

	"github.com/emersion/go-sasl"
	server "github.com/emersion/go-smtp"

	"bellhop/sinks/smtp/smtpdtest"
)

// farEnd is a mail server that refuses as it is told and keeps what it takes.
type farEnd struct {
	users   map[string]string // passwords; nil: no login offered
	logins  []string          // that are offered; nil: PLAIN
	onMail  *server.SMTPError
	onRcpt  map[string]*server.SMTPError
	onData  *server.SMTPError
	onLogin *server.SMTPError // instead of the server's own refusal

	mu   sync.Mutex
	got  []taken
	seen []string // options of MAIL FROM that were asked for
	used []string // logins that were tried
}

type taken struct {
	from, to, user string
	raw            []byte
}

// listen serves f until the test ends and returns its port. Implicit: TLS from the
// first byte.
func (f *farEnd) listen(t *testing.T, a *smtpdtest.Authority, implicit bool) int {
	t.Helper()
	return f.listenAt(t, "127.0.0.1", a, implicit)
}

func (f *farEnd) listenAt(t *testing.T, host string, a *smtpdtest.Authority, implicit bool) int {
	t.Helper()
	s := server.NewServer(server.BackendFunc(func(c *server.Conn) (server.Session, error) {
		return &session{far: f, conn: c}, nil
	}))
	s.Domain = "far.example.org"
	s.EnableSMTPUTF8 = true
	s.AllowInsecureAuth = true
	s.ErrorLog = log.New(io.Discard, "", 0)
	if a != nil {
		s.TLSConfig = a.TLS
	}
	l, err := net.Listen("tcp", net.JoinHostPort(host, "0"))
	if err != nil {
		t.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	if implicit {
		l = tls.NewListener(l, a.TLS)
	}
	done := make(chan struct{})
	go func() { _ = s.Serve(l); close(done) }()
	t.Cleanup(func() { _ = s.Close(); <-done })
	return port
}

func (f *farEnd) mails() []taken {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.got
}

type session struct {
	far            *farEnd
	conn           *server.Conn
	user, from, to string
}

func (s *session) AuthMechanisms() []string {
	switch {
	case s.far.users == nil:
		return nil
	case s.far.logins == nil:
		return []string{sasl.Plain}
	}
	return s.far.logins
}

func (s *session) Auth(name string) (sasl.Server, error) {
	s.far.mu.Lock()
	s.far.used = append(s.far.used, name)
	s.far.mu.Unlock()
	return loginServer(name, s.conn, s.far.users, func(user string, proven bool) error {
		if proven {
			s.user = user
			return nil
		}
		if s.far.onLogin != nil {
			return s.far.onLogin
		}
		return server.ErrAuthFailed
	})
}

func (s *session) Mail(from string, o *server.MailOptions) error {
	if s.far.onMail != nil {
		return s.far.onMail
	}
	s.from = from
	if o.UTF8 {
		s.far.mu.Lock()
		s.far.seen = append(s.far.seen, "SMTPUTF8")
		s.far.mu.Unlock()
	}
	return nil
}

func (s *session) Rcpt(to string, _ *server.RcptOptions) error {
	if refusal := s.far.onRcpt[to]; refusal != nil {
		return refusal
	}
	s.to = to
	return nil
}

func (s *session) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	if s.far.onData != nil {
		return s.far.onData
	}
	s.far.mu.Lock()
	defer s.far.mu.Unlock()
	s.far.got = append(s.far.got, taken{from: s.from, to: s.to, user: s.user, raw: raw})
	return nil
}

func (s *session) Reset()        {}
func (s *session) Logout() error { return nil }

// scripted is a server of fixed answers: by the first word of a command, or "greet"
// and "." for what is no command. Where the answer is "hang" it says no more, at
// "drop" it hangs up. What is not in the script is agreed to.
func scripted(t *testing.T, script map[string]string) int {
	t.Helper()
	return scriptedAt(t, "127.0.0.1", script)
}

func scriptedAt(t *testing.T, host string, script map[string]string) int {
	t.Helper()
	l, err := net.Listen("tcp", net.JoinHostPort(host, "0"))
	if err != nil {
		t.Fatal(err)
	}
	var running sync.WaitGroup
	t.Cleanup(func() { _ = l.Close(); running.Wait() })
	running.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			running.Go(func() { play(conn, script) })
		}
	})
	return l.Addr().(*net.TCPAddr).Port
}

func play(conn net.Conn, script map[string]string) {
	defer func() { _ = conn.Close() }()
	agreed := map[string]string{
		"greet": "220 far.example.org", "EHLO": "250-far.example.org\r\n250-STARTTLS\r\n250 AUTH PLAIN", "AUTH": "235 welcome",
		"DATA": "354 go on", ".": "250 taken", "QUIT": "221 bye", "STARTTLS": "220 begin",
	}
	lines := bufio.NewScanner(conn)
	body := false
	for word := "greet"; ; {
		answer, scripted := script[word]
		if !scripted {
			if answer = agreed[word]; answer == "" {
				answer = "250 ok"
			}
		}
		switch answer {
		case "drop":
			return
		case "hang":
			_, _ = io.Copy(io.Discard, conn) // until the other side hangs up
			return
		}
		if _, err := fmt.Fprintf(conn, "%s\r\n", answer); err != nil || word == "QUIT" {
			return
		}
		body = word == "DATA" && strings.HasPrefix(answer, "354")
		var err error
		if word, err = next(lines, body); err != nil {
			return
		}
	}
}

// next is the first word of the next command, or "." at the end of a mail.
func next(lines *bufio.Scanner, body bool) (string, error) {
	for lines.Scan() {
		if !body {
			word, _, _ := strings.Cut(lines.Text(), " ")
			return strings.ToUpper(word), nil
		}
		if lines.Text() == "." {
			return ".", nil
		}
	}
	return "", errors.New("hung up")
}
