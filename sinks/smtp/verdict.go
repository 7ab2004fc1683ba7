package smtp

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"net/textproto"
	"strconv"
	"strings"

	"github.com/wneessen/go-mail"

	"bellhop/internal/letter"
	"bellhop/internal/retry"
	"bellhop/internal/secret"
)

// maxAnswer is how many characters of a server's answer or of an error are shown.
const maxAnswer = 300

// refused says what a failure after the login means (R12). It goes by the server's
// reply code: 0 is a lost connection or a timeout, which go-mail's IsTemp takes for
// permanent. Only the recipient or the mail itself can be refused for good; what the
// server says to MAIL FROM is about the setting from, not about this mail.
func (c Config) refused(err error) error {
	said := c.said(err)
	var se *mail.SendError
	if !errors.As(err, &se) {
		return said
	}
	code := se.ErrorCode()
	switch {
	case letter.Login(code):
		return fmt.Errorf("%w; the server wants a login or encryption: look at username, password and tls", said)
	case code >= 500 && se.Reason == mail.ErrSMTPMailFrom:
		return fmt.Errorf("%w; the server refuses the sender: look at the setting from, and at what username may send as", said)
	case code == 0 && se.Reason == mail.ErrSMTPDataClose:
		return fmt.Errorf("%w; whether the server took the mail is unknown, a second copy bears the same Message-ID", said)
	case letter.Final(code, err.Error()):
		return retry.Permanent(said)
	}
	return said
}

// unready says what to do when there was no session to send in: dialling, the
// greeting, encryption or the login went wrong. Nothing of that speaks of the mail,
// so it is temporary whatever the code.
func (c Config) unready(err error) error {
	said := c.said(err)
	var (
		unknown  x509.UnknownAuthorityError
		misnamed x509.HostnameError
		clear    tls.RecordHeaderError
		reply    *textproto.Error
	)
	switch {
	case errors.As(err, &unknown):
		return fmt.Errorf("%w; name the authority's certificate in tls_ca_file", said)
	case errors.As(err, &misnamed):
		return fmt.Errorf("%w; set host to a name in the certificate", said)
	case errors.As(err, &clear):
		return fmt.Errorf("%w; this port does not begin with TLS: set tls to starttls, or port to 465", said)
	case c.TLS == StartTLS && strings.Contains(err.Error(), "does not support STARTTLS"):
		return fmt.Errorf("%w; set tls to tls if the port begins with it, or to none if the way there is safe", said)
	case errors.As(err, &reply) && letter.Login(reply.Code):
		return fmt.Errorf("%w; look at username and password", said)
	}
	return said
}

// said is what err says, in a form that may be shown: without the password, short,
// and without go-mail's repetition of recipient and Message-ID.
func (c Config) said(err error) error {
	text, _, _ := strings.Cut(err.Error(), ", affected ")
	return errors.New(c.show(text))
}

// show makes one line of a server's answer and cuts the password out of it, in every
// form that an answer may give it back in: as it is, quoted, or as a login carries it.
func (c Config) show(text string) string {
	secrets := []secret.String{c.Password}
	if password := c.Password.Reveal(); password != "" {
		quoted := strconv.Quote(password)
		secrets = append(secrets,
			secret.New(quoted[1:len(quoted)-1]),
			secret.New(base64.StdEncoding.EncodeToString([]byte(password))),
			secret.New(base64.StdEncoding.EncodeToString([]byte("\x00"+c.Username+"\x00"+password))))
	}
	return letter.Line(secret.Redact(text, secrets...), maxAnswer)
}
