package smtp_test

import (
	"encoding/base64"
	"net"
	"strings"
	"testing"

	server "github.com/emersion/go-smtp"

	"bellhop/internal/retry"
	"bellhop/internal/secret"
	"bellhop/sinks/smtp"
)

func TestR12VerdictsByReplyCode(t *testing.T) {
	for _, c := range []struct {
		name, command, answer string
		want                  retry.Verdict
		says                  string
	}{
		{"no service now", "greet", "421 4.3.2 try later", retry.Temporary, "421"},
		{"no service for us", "greet", "554 5.7.1 not you", retry.Temporary, "5.7.1 not you"},
		{"hung up at once", "greet", "drop", retry.Temporary, "EOF"},
		{"nonsense", "greet", "HTTP/1.1 400 Bad Request", retry.Temporary, "HTTP"},
		{"sender put off", "MAIL", "451 4.7.1 later", retry.Temporary, "later"},
		{"sender refused", "MAIL", "553 5.7.1 not owned by user", retry.Temporary, "look at the setting from"},
		{"login wanted", "MAIL", "530 5.7.0 Authentication required", retry.Temporary, "look at username, password and tls"},
		{"greylisted", "RCPT", "451 4.7.1 Greylisted, come back", retry.Temporary, "4.7.1 Greylisted"},
		{"recipient put off", "RCPT", "450 4.2.1 busy", retry.Temporary, "busy"},
		{"recipient refused", "RCPT", "550 5.1.1 No such user", retry.Dead, "5.1.1 No such user"},
		{"mailbox full", "RCPT", "552 5.2.2 Mailbox full", retry.Temporary, "Mailbox full"},
		{"mailbox full behind 550", "RCPT", "550 5.2.2 Mailbox full", retry.Temporary, "Mailbox full"},
		{"too many", "RCPT", "452 4.5.3 too many", retry.Temporary, "too many"},
		{"shutting down", "RCPT", "421 4.3.2 bye", retry.Temporary, "421"},
		{"hung up", "RCPT", "drop", retry.Temporary, "EOF"},
		{"no data", "DATA", "554 5.5.1 no valid recipients", retry.Dead, "554"},
		{"an answer out of place", "DATA", "250 what?", retry.Temporary, "250"},
		{"hung up before the mail", "DATA", "drop", retry.Temporary, "EOF"},
		{"mail put off", ".", "451 4.3.0 scanner is away", retry.Temporary, "scanner is away"},
		{"mail refused", ".", "554 5.7.1 Spam", retry.Dead, "Spam"},
		{"mail too big", ".", "552 5.3.4 too big", retry.Dead, "too big"},
		{"hung up after the mail", ".", "drop", retry.Temporary, "whether the server took the mail is unknown"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := build(t, to(scripted(t, map[string]string{c.command: c.answer})))
			_, err := s.Send(t.Context(), message("a@example.org"))
			if err == nil {
				t.Fatal("no error")
			}
			if got, _ := retry.Of(err); got != c.want {
				t.Errorf("verdict %v, want %v", got, c.want)
			}
			if text := err.Error(); !strings.Contains(text, c.says) || !strings.HasPrefix(text, "send mail to a@example.org through 127.0.0.1:") || len(text) > 600 {
				t.Errorf("it says %q", text)
			}
		})
	}
}

func TestR12AServerThatIsAwayIsTemporary(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	_ = l.Close()
	_, err = build(t, to(port)).Send(t.Context(), message("a@example.org"))
	isTemporary(t, err, "connection refused")
}

func TestR12VerdictsAgainstAWholeServer(t *testing.T) {
	spam := &server.SMTPError{Code: 554, EnhancedCode: server.EnhancedCode{5, 7, 1}, Message: "Spam"}
	grey := &server.SMTPError{Code: 451, EnhancedCode: server.EnhancedCode{4, 7, 1}, Message: "Greylisted"}
	far := &farEnd{onRcpt: map[string]*server.SMTPError{"b@example.org": grey}, onData: spam}
	s := build(t, to(far.listen(t, nil, false)))
	_, err := s.Send(t.Context(), message("b@example.org"))
	isTemporary(t, err, "Greylisted")
	_, err = s.Send(t.Context(), message("a@example.org"))
	if v, _ := retry.Of(err); err == nil || v != retry.Dead || !strings.Contains(err.Error(), "Spam") {
		t.Errorf("got %v", err)
	}
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
	isTemporary(t, err, "535", "look at username and password")
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
		isTemporary(t, err, "offers no login that this sink knows")
	}
}

func TestAPasswordIsNotSentInTheClearToAnotherMachine(t *testing.T) {
	c := to(scriptedAt(t, "127.0.0.2", map[string]string{"AUTH": "535 it was sent"}))
	c.Host = "127.0.0.2" // this machine, but how should the sink know
	c.Username, c.Password = "bellhop", secret.New("right")
	_, err := build(t, c).Send(t.Context(), message("a@example.org"))
	isTemporary(t, err, "set tls to starttls or tls")
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
