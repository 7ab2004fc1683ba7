package smtp

import (
	"errors"
	"slices"

	"github.com/wneessen/go-mail/smtp"
)

var (
	errNoLogin = errors.New("the server offers no login that this sink knows")
	errNaked   = errors.New("without encryption the server offers no login that keeps the password from being read")
)

// login chooses how to prove who we are from what the server offers. go-mail's own
// choice does not know that our connection is encrypted.
type login struct {
	host, user, password string
	chosen               smtp.Auth
}

type method struct {
	name string
	auth smtp.Auth
}

// Start chooses and begins. Once encrypted, what every server does right comes
// first; in the clear only what does not give the password away, except on this
// very machine.
func (l *login) Start(server *smtp.ServerInfo) (string, []byte, error) {
	open := []method{
		{"PLAIN", smtp.PlainAuth("", l.user, l.password, l.host, false)},
		{"LOGIN", smtp.LoginAuth(l.user, l.password, l.host, false)},
	}
	closed := []method{
		{"SCRAM-SHA-256", smtp.ScramSHA256Auth(l.user, l.password)},
		{"SCRAM-SHA-1", smtp.ScramSHA1Auth(l.user, l.password)},
		{"CRAM-MD5", smtp.CRAMMD5Auth(l.user, l.password)},
	}
	methods := closed
	if server.TLS || local(server.Name) {
		methods = append(open, closed...)
	}
	for _, m := range methods {
		if slices.Contains(server.Auth, m.name) {
			l.chosen = m.auth
			return m.auth.Start(server)
		}
	}
	if len(methods) == len(closed) && (slices.Contains(server.Auth, "PLAIN") || slices.Contains(server.Auth, "LOGIN")) {
		return "", nil, errNaked
	}
	return "", nil, errNoLogin
}

// Next answers the server's challenge.
func (l *login) Next(challenge []byte, more bool) ([]byte, error) {
	return l.chosen.Next(challenge, more)
}

// local names are those for which go-mail, too, sends a password in the clear.
func local(host string) bool {
	return host == "localhost" || host == "127.0.0.1" || host == "::1"
}
