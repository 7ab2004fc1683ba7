package smtp

import (
	"crypto/tls"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/wneessen/go-mail"
	gosmtp "github.com/wneessen/go-mail/smtp"
)

var (
	errNoLogin = errors.New("the server offers no login that this sink knows")
	errUnasked = errors.New("the server does not offer the login that the setting auth names")
	errNaked   = errors.New("without encryption the server offers no login that keeps the password from being read")
)

// Auto, the value of the setting auth that stands for no login in particular.
const Auto = "auto"

// method is a way to prove who we are.
type method struct {
	name  mail.SMTPAuthType // as the server offers it
	naked bool              // whoever can read the connection then has the password
	// special methods are never chosen, only named: their password is no password, or
	// old servers offer them and do not mean it.
	special bool
	auth    func(c Config, state *tls.ConnectionState) gosmtp.Auth
}

// methods are all that go-mail knows, in the order of choice where the password may
// be shown to the server.
func methods() []method {
	type state = *tls.ConnectionState
	password := func(c Config) string { return c.Password.Reveal() }
	return []method{
		{name: mail.SMTPAuthPlain, naked: true, auth: func(c Config, _ state) gosmtp.Auth {
			return gosmtp.PlainAuth("", c.Username, password(c), c.Host, false)
		}},
		{name: mail.SMTPAuthLogin, naked: true, auth: func(c Config, _ state) gosmtp.Auth {
			return gosmtp.LoginAuth(c.Username, password(c), c.Host, false)
		}},
		{name: mail.SMTPAuthSCRAMSHA256PLUS, auth: func(c Config, s state) gosmtp.Auth {
			return gosmtp.ScramSHA256PlusAuth(c.Username, password(c), s)
		}},
		{name: mail.SMTPAuthSCRAMSHA1PLUS, auth: func(c Config, s state) gosmtp.Auth {
			return gosmtp.ScramSHA1PlusAuth(c.Username, password(c), s)
		}},
		{name: mail.SMTPAuthSCRAMSHA256, auth: func(c Config, _ state) gosmtp.Auth {
			return gosmtp.ScramSHA256Auth(c.Username, password(c))
		}},
		{name: mail.SMTPAuthSCRAMSHA1, auth: func(c Config, _ state) gosmtp.Auth {
			return gosmtp.ScramSHA1Auth(c.Username, password(c))
		}},
		{name: mail.SMTPAuthCramMD5, auth: func(c Config, _ state) gosmtp.Auth {
			return gosmtp.CRAMMD5Auth(c.Username, password(c))
		}},
		{name: mail.SMTPAuthXOAUTH2, naked: true, special: true, auth: func(c Config, _ state) gosmtp.Auth {
			return gosmtp.XOAuth2Auth(c.Username, password(c))
		}},
		{name: mail.SMTPAuthNTLM, special: true, auth: func(c Config, _ state) gosmtp.Auth {
			domain, user, found := strings.Cut(c.Username, `\`)
			if !found {
				domain, user = "", c.Username
			}
			return gosmtp.NTLMAuth(user, password(c), domain)
		}},
	}
}

// login proves who we are, in the way that the setting auth names, else by the best
// that the server offers. A refusal closes the session.
//
// Where the connection is encrypted and the server has shown a certificate that we
// trust, what every server does right comes first: many offer SCRAM or CRAM-MD5 to
// users whose password they only know scrambled, and then refuse them. Where anybody
// may sit in between, those come first that do not give the password away. In the
// clear only they are used, except on this very machine.
func (c Config) login(session *gosmtp.Client) error {
	if c.Username == "" {
		return nil
	}
	state, err := session.GetTLSConnectionState()
	if err != nil {
		state = nil // not encrypted
	}
	m, err := c.choose(session, state != nil)
	if err != nil {
		return err
	}
	if err := session.Auth(m.auth(c, state)); err != nil {
		return fmt.Errorf("log in as %s by %s: %w", c.Username, m.name, err)
	}
	return nil
}

// choose finds the login for what the server offers.
func (c Config) choose(session *gosmtp.Client, encrypted bool) (method, error) {
	_, words := session.Extension("AUTH")
	offers := strings.Fields(strings.ToUpper(words))
	all := c.order(encrypted)
	offered := slices.DeleteFunc(all, func(m method) bool { return !slices.Contains(offers, string(m.name)) })
	safe := slices.DeleteFunc(slices.Clone(offered), func(m method) bool { return m.naked && !encrypted && !local(c.Host) })
	switch {
	case len(safe) > 0:
		return safe[0], nil
	case len(offered) > 0:
		return method{}, errNaked
	case c.named() != "":
		return method{}, fmt.Errorf("%w; it offers: %s", errUnasked, strings.Join(offers, " "))
	}
	return method{}, errNoLogin
}

// order is the methods that may be used, the best first.
func (c Config) order(encrypted bool) []method {
	all := slices.DeleteFunc(methods(), func(m method) bool {
		if name := c.named(); name != "" {
			return !strings.EqualFold(name, string(m.name))
		}
		return m.special || bound(string(m.name)) && !encrypted
	})
	if encrypted && c.InsecureSkipVerify {
		slices.SortStableFunc(all, func(a, b method) int { return rank(a) - rank(b) })
	}
	return all
}

// rank puts those first that give the password to nobody.
func rank(m method) int {
	if m.naked {
		return 1
	}
	return 0
}

// bound reports whether a login is tied to the encryption that it runs in.
func bound(name string) bool { return strings.HasSuffix(strings.ToUpper(name), "-PLUS") }

// named is the login that the settings want, "" when they leave the choice.
func (c Config) named() string {
	if strings.EqualFold(c.Auth, Auto) {
		return ""
	}
	return c.Auth
}

// logins are the values of the setting auth.
func logins() []string {
	names := []string{Auto}
	for _, m := range methods() {
		names = append(names, strings.ToLower(string(m.name)))
	}
	return names
}

// local names are those for which go-mail, too, sends a password in the clear.
func local(host string) bool {
	return host == "localhost" || host == "127.0.0.1" || host == "::1"
}
