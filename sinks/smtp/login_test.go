package smtp_test

import (
	"encoding/base64"
	"slices"
	"strings"
	"testing"

	"bellhop/internal/retry"
	"bellhop/internal/secret"
	"bellhop/sinks/smtp"
	"bellhop/sinks/smtp/smtpdtest"
)

// everyLogin is what the far end of these tests can do, in an order that helps nobody.
var everyLogin = []string{
	"NTLM", "CRAM-MD5", "XOAUTH2", "LOGIN", "SCRAM-SHA-1", "PLAIN", "SCRAM-SHA-256-PLUS", "SCRAM-SHA-256", "SCRAM-SHA-1-PLUS",
}

// loggingIn is a sink with a login at far, encrypted as mode says.
func loggingIn(t *testing.T, far *farEnd, mode string) smtp.Config {
	t.Helper()
	far.users = map[string]string{"bellhop": "Gepäck 7"}
	if mode == smtp.NoTLS {
		c := to(far.listen(t, nil, false))
		c.Username, c.Password = "bellhop", secret.New("Gepäck 7")
		return c
	}
	authority := smtpdtest.NewAuthority(t)
	c := to(far.listen(t, &authority, mode == smtp.TLS))
	c.TLS, c.TLSCAFile = mode, authority.CAFile
	c.Username, c.Password = "bellhop", secret.New("Gepäck 7")
	return c
}

func TestEveryLoginThatIsNamedIsUsed(t *testing.T) {
	for _, mode := range []string{smtp.StartTLS, smtp.TLS} {
		far := &farEnd{logins: everyLogin}
		c := loggingIn(t, far, mode)
		for _, name := range everyLogin {
			if name == "NTLM" {
				continue // it has a test of its own
			}
			c.Auth = strings.ToLower(name)
			if _, err := build(t, c).Send(t.Context(), message("a@example.org")); err != nil {
				t.Errorf("%s, %s: %v", mode, name, err)
				continue
			}
			got := far.mails()
			if last := got[len(got)-1]; last.user != "bellhop" || far.used[len(far.used)-1] != name {
				t.Errorf("%s, %s: logged in as %q by %q", mode, name, last.user, far.used)
			}
			wrong := c
			wrong.Password = secret.New("Gepäck 8")
			_, err := build(t, wrong).Send(t.Context(), message("a@example.org"))
			judged(t, err, refused(retry.Misconfigured), "log in as bellhop by "+name, "535", "look at username and password")
			if strings.Contains(err.Error(), "Gepäck") {
				t.Errorf("it says %q", err)
			}
		}
	}
}

func TestNTLMNamesDomainAndUser(t *testing.T) {
	far := &farEnd{users: map[string]string{`OFFICE\bellhop`: ""}, logins: []string{"NTLM"}}
	c := to(far.listen(t, nil, false))
	c.Username, c.Password, c.Auth = `OFFICE\bellhop`, secret.New("right"), "ntlm"
	if _, err := build(t, c).Send(t.Context(), message("a@example.org")); err != nil {
		t.Fatal(err)
	}
	if got := far.mails(); len(got) != 1 || !strings.EqualFold(got[0].user, `OFFICE\bellhop`) {
		t.Errorf("got %+v", got)
	}
	c.Username = `OFFICE\nobody`
	_, err := build(t, c).Send(t.Context(), message("a@example.org"))
	judged(t, err, refused(retry.Misconfigured), "535")
}

func TestTheBestLoginIsChosen(t *testing.T) {
	for _, c := range []struct {
		name, mode, want string
		host             string // instead of 127.0.0.1
		unchecked        bool
		offered          []string
	}{
		{name: "encrypted, what always works", mode: smtp.StartTLS, offered: everyLogin, want: "PLAIN"},
		{name: "encrypted from the first byte", mode: smtp.TLS, offered: everyLogin, want: "PLAIN"},
		{name: "encrypted, no PLAIN", mode: smtp.StartTLS, offered: []string{"CRAM-MD5", "LOGIN"}, want: "LOGIN"},
		{name: "encrypted, only SCRAM", mode: smtp.StartTLS, offered: []string{"SCRAM-SHA-1", "SCRAM-SHA-256"}, want: "SCRAM-SHA-256"},
		{name: "by whom is not known", mode: smtp.StartTLS, unchecked: true, offered: everyLogin, want: "SCRAM-SHA-256-PLUS"},
		{name: "by whom is not known, and old", mode: smtp.StartTLS, unchecked: true, offered: []string{"PLAIN", "CRAM-MD5"}, want: "CRAM-MD5"},
		{name: "by whom is not known, and simple", mode: smtp.StartTLS, unchecked: true, offered: []string{"LOGIN", "PLAIN"}, want: "PLAIN"},
		{name: "in the clear", mode: smtp.NoTLS, host: "127.0.0.2", offered: everyLogin, want: "SCRAM-SHA-256"},
		{name: "in the clear, and old", mode: smtp.NoTLS, host: "127.0.0.2", offered: []string{"PLAIN", "CRAM-MD5"}, want: "CRAM-MD5"},
		{name: "on this machine", mode: smtp.NoTLS, offered: everyLogin, want: "PLAIN"},
	} {
		t.Run(c.name, func(t *testing.T) {
			far := &farEnd{logins: c.offered}
			conf := loggingIn(t, far, c.mode)
			if c.host != "" { // this machine, but how should the sink know
				conf.Host, conf.Port = c.host, far.listenAt(t, c.host, nil, false)
			}
			conf.InsecureSkipVerify = c.unchecked
			if _, err := build(t, conf).Send(t.Context(), message("a@example.org")); err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(far.used, []string{c.want}) {
				t.Errorf("used %q, want %s", far.used, c.want)
			}
		})
	}
}

func TestALoginThatIsNotOfferedSaysWhatIs(t *testing.T) {
	far := &farEnd{logins: []string{"LOGIN", "PLAIN"}}
	c := loggingIn(t, far, smtp.StartTLS)
	c.Auth = "SCRAM-SHA-256"
	_, err := build(t, c).Send(t.Context(), message("a@example.org"))
	judged(t, err, refused(retry.Misconfigured), "it offers: LOGIN PLAIN", "set auth to auto or to one of these")
	for _, name := range []string{"XOAUTH2", "NTLM"} { // a token and a domain's password are not to be guessed at
		far := &farEnd{logins: []string{name}}
		_, err := build(t, loggingIn(t, far, smtp.StartTLS)).Send(t.Context(), message("a@example.org"))
		judged(t, err, refused(retry.Misconfigured), "offers no login that this sink knows")
	}
}

func TestATokenIsNotSentInTheClear(t *testing.T) {
	far := &farEnd{users: map[string]string{}, logins: []string{"XOAUTH2"}}
	c := to(far.listenAt(t, "127.0.0.2", nil, false))
	c.Host = "127.0.0.2"
	c.Username, c.Password, c.Auth = "bellhop", secret.New("token"), "xoauth2"
	_, err := build(t, c).Send(t.Context(), message("a@example.org"))
	judged(t, err, refused(retry.Misconfigured), "set tls to starttls or tls")
	if far.used != nil {
		t.Error("the token was sent")
	}
}

func TestR23ATokenThatTheServerSaysBackStandsInNoError(t *testing.T) {
	const token = "ya29.a-token"
	carried := base64.StdEncoding.EncodeToString([]byte("user=bellhop\x01auth=Bearer " + token + "\x01\x01"))
	c := to(scripted(t, map[string]string{
		"EHLO": "250-far.example.org\r\n250 AUTH XOAUTH2", "AUTH": "535 5.7.3 no: " + carried + " " + token,
	}))
	c.Username, c.Password, c.Auth = "bellhop", secret.New(token), "xoauth2"
	_, err := build(t, c).Send(t.Context(), message("a@example.org"))
	judged(t, err, refused(retry.Misconfigured), "5.7.3 no")
	if strings.Contains(err.Error(), token) || strings.Contains(err.Error(), carried) {
		t.Errorf("it says %q", err)
	}
}
