package smtp_test

import (
	"encoding/base64"
	"net"
	"strings"
	"testing"

	server "github.com/emersion/go-smtp"

	"bellhop/internal/retry"
	"bellhop/internal/secret"
	"bellhop/sinks"
	"bellhop/sinks/sinktest"
	"bellhop/sinks/smtp"
)

func TestR12EveryReplyHasItsVerdict(t *testing.T) {
	sinktest.Mail(t, sinktest.MailCase{
		New: func(t *testing.T, at sinktest.Phase, text string) sinks.Sink {
			c := to(scripted(t, map[string]string{string(at): text}))
			c.Username, c.Password = "bellhop", secret.New("right")
			return build(t, c)
		},
		Message: message("a@example.org"),
		Open: func(t *testing.T) (sinks.Sink, func() []byte) {
			far := &farEnd{}
			return build(t, to(far.listen(t, nil, false))), func() []byte {
				mails := far.mails()
				return mails[len(mails)-1].raw
			}
		},
		Secrets: []secret.String{secret.New("right")},
	})
}

// Where the server breaks off or talks nonsense it is down. Only at the end of the
// mail is it open who has it.
func TestR12WhatIsNoReply(t *testing.T) {
	for _, c := range []struct {
		name, command, answer string
		want                  retry.Judgement
		says                  string
	}{
		{"hung up at once", "greet", "drop", refused(retry.Away), "EOF"},
		{"nonsense", "greet", "HTTP/1.1 400 Bad Request", refused(retry.Away), "HTTP"},
		{"hung up at the sender", "MAIL", "drop", refused(retry.Away), "EOF"},
		{"hung up at the recipient", "RCPT", "drop", refused(retry.Away), "EOF"},
		{"an answer out of place", "DATA", "250 what?", refused(retry.Away), "250"},
		{"hung up before the mail", "DATA", "drop", refused(retry.Away), "EOF"},
		{"an odd answer to the mail", ".", "354 more?", retry.Judgement{Verdict: retry.Away}, "whether the server took the mail is unknown"},
		{"hung up after the mail", ".", "drop", retry.Judgement{Verdict: retry.Away}, "whether the server took the mail is unknown"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := build(t, to(scripted(t, map[string]string{c.command: c.answer}))).Send(t.Context(), message("a@example.org"))
			judged(t, err, c.want, c.says)
		})
	}
}

func TestAnErrorSaysWhatTheServerSaidAndWhatToDo(t *testing.T) {
	for _, c := range []struct{ command, answer, says string }{
		{"greet", "554 5.7.1 not you", `5.7.1 not you"; the server does not serve this machine: look at host, port`},
		{"MAIL", "553 5.7.1 not owned by user", `not owned by user"; the server refuses the sender: look at the setting from`},
		{"RCPT", "553 5.7.1 Sender address rejected: not owned by user x", `not owned by user x"; the server refuses the sender: look at the setting from`},
		{"MAIL", "530 5.7.0 Authentication required", "look at username, password and tls"},
		{"RCPT", "451 4.7.1 Greylisted, come back", "4.7.1 Greylisted"},
		{"RCPT", "550 5.1.1 No such user", "5.1.1 No such user"},
		{".", "554 5.7.1 Spam", "5.7.1 Spam"},
	} {
		_, err := build(t, to(scripted(t, map[string]string{c.command: c.answer}))).Send(t.Context(), message("a@example.org"))
		if err == nil {
			t.Fatalf("%s: no error", c.answer)
		}
		if text := err.Error(); !strings.Contains(text, c.says) || !strings.HasPrefix(text, "send mail to a@example.org through 127.0.0.1:") || len(text) > 600 {
			t.Errorf("%s: it says %q", c.answer, text)
		}
	}
}

func TestR12AServerThatIsAwayIsDown(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	_ = l.Close()
	_, err = build(t, to(port)).Send(t.Context(), message("a@example.org"))
	judged(t, err, refused(retry.Away), "connection refused")
}

func TestR12VerdictsAgainstAWholeServer(t *testing.T) {
	spam := &server.SMTPError{Code: 554, EnhancedCode: server.EnhancedCode{5, 7, 1}, Message: "Spam"}
	grey := &server.SMTPError{Code: 451, EnhancedCode: server.EnhancedCode{4, 7, 1}, Message: "Greylisted"}
	far := &farEnd{onRcpt: map[string]*server.SMTPError{"b@example.org": grey}, onData: spam}
	s := build(t, to(far.listen(t, nil, false)))
	_, err := s.Send(t.Context(), message("b@example.org"))
	judged(t, err, refused(retry.Later), "Greylisted")
	_, err = s.Send(t.Context(), message("a@example.org"))
	judged(t, err, refused(retry.Dead), "Spam")
}

func TestR23ThePasswordStandsInNoError(t *testing.T) {
	const password = "Gepäck\"7!"
	carried := base64.StdEncoding.EncodeToString([]byte("\x00bellhop\x00" + password))
	echo := password + " " + base64.StdEncoding.EncodeToString([]byte(password)) + " " + carried
	for _, script := range []map[string]string{
		{"AUTH": "535 5.7.8 bad credentials " + echo},
		{"RCPT": "550 5.1.1 " + echo},
		{".": "451 " + echo},
		{".": "250 " + echo},
	} {
		c := to(scripted(t, script))
		c.Username, c.Password = "bellhop", secret.New(password)
		receipt, err := build(t, c).Send(t.Context(), message("a@example.org"))
		text := receipt.Status
		if err != nil {
			text = err.Error()
		}
		for _, form := range strings.Fields(echo) {
			if strings.Contains(text, form) {
				t.Errorf("%v: %q", script, text)
			}
		}
		if text == "" {
			t.Errorf("%v: nothing was said", script)
		}
	}
}

func TestR12ARefusedLoginIsTheSettings(t *testing.T) {
	far := &farEnd{users: map[string]string{"bellhop": "right"}}
	c := to(far.listen(t, nil, false))
	c.Username, c.Password = "bellhop", secret.New("wrong")
	_, err := build(t, c).Send(t.Context(), message("a@example.org"))
	judged(t, err, refused(retry.Misconfigured), "535", "look at username and password")
	c.Password = secret.New("right")
	if _, err := build(t, c).Send(t.Context(), message("a@example.org")); err != nil {
		t.Fatal(err)
	}
	if got := far.mails(); len(got) != 1 || got[0].user != "bellhop" {
		t.Fatalf("got %+v", got)
	}
}

func TestALoginThatTheServerDoesNotOffer(t *testing.T) {
	for _, offer := range []string{"250 far.example.org", "250-far.example.org\r\n250 AUTH GSSAPI"} {
		c := to(scripted(t, map[string]string{"EHLO": offer}))
		c.Username, c.Password = "bellhop", secret.New("x")
		_, err := build(t, c).Send(t.Context(), message("a@example.org"))
		judged(t, err, refused(retry.Misconfigured), "offers no login that this sink knows", "leave out username and password")
	}
}

func TestAPasswordIsNotSentInTheClearToAnotherMachine(t *testing.T) {
	c := to(scriptedAt(t, "127.0.0.2", map[string]string{"AUTH": "535 it was sent"}))
	c.Host = "127.0.0.2" // this machine, but how should the sink know
	c.Username, c.Password = "bellhop", secret.New("right")
	_, err := build(t, c).Send(t.Context(), message("a@example.org"))
	judged(t, err, refused(retry.Misconfigured), "set tls to starttls or tls")
	if strings.Contains(err.Error(), "it was sent") {
		t.Errorf("got %v", err)
	}
}

func TestSettingsFaultsNameTheirKey(t *testing.T) {
	for _, c := range []struct {
		key   string
		spoil func(*smtp.Config)
	}{
		{"host", func(c *smtp.Config) { c.Host = " " }},
		{"host", func(c *smtp.Config) { c.Host = "mail.example.org:587" }},
		{"port", func(c *smtp.Config) { c.Port = 0 }},
		{"port", func(c *smtp.Config) { c.Port = 65536 }},
		{"tls", func(c *smtp.Config) { c.TLS = "ssl" }},
		{"tls_ca_file", func(c *smtp.Config) { c.TLSCAFile = "/nonexistent/ca.pem" }},
		{"tls_ca_file", func(c *smtp.Config) { c.TLSCAFile = "/etc/hostname" }},
		{"username", func(c *smtp.Config) { c.Password = secret.New("x") }},
		{"password", func(c *smtp.Config) { c.Username = "x" }},
		{"auth", func(c *smtp.Config) { c.Username, c.Password, c.Auth = "x", secret.New("x"), "kerberos" }},
		{"auth", func(c *smtp.Config) { c.Username, c.Password, c.Auth = "x", secret.New("x"), "scram-sha-256-plus" }},
		{"auth", func(c *smtp.Config) { c.Auth = "plain" }},
		{"", func(c *smtp.Config) { c.Username, c.Password, c.Auth = "x", secret.New("x"), "Scram-SHA-256" }},
		{"from", func(c *smtp.Config) { c.From = "nobody" }},
		{"to", func(c *smtp.Config) { c.To = nil }},
		{"to.1", func(c *smtp.Config) { c.To[1] = "" }},
		{"", func(c *smtp.Config) { c.Host = "::1" }},
		{"", func(*smtp.Config) {}},
	} {
		conf := to(25)
		c.spoil(&conf)
		var keys []string
		for _, f := range conf.Validate() {
			keys = append(keys, f.Key)
			if f.Text == "" || f.Remedy == "" {
				t.Errorf("%+v says too little", f)
			}
		}
		if got := strings.Join(keys, " "); got != c.key {
			t.Errorf("faults of %q, want %q", got, c.key)
		}
	}
}
