package smtp

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"net/textproto"
	"regexp"
	"strconv"
	"strings"

	"github.com/wneessen/go-mail"

	"bellhop/internal/letter"
	"bellhop/internal/retry"
	"bellhop/internal/secret"
)

// maxAnswer is how many characters of a server's answer or of an error are shown.
const maxAnswer = 300

// textless is how net/textproto words its refusal of a reply without text.
var textless = regexp.MustCompile(`short response: "(\d{3})"`)

// refused says what a failure after the login means (R12). It goes by the server's
// reply code: 0 is a lost connection or a timeout, which go-mail's IsTemp takes for
// permanent. What the server says to MAIL FROM every mail meets, because it is about
// the setting from; see [letter.Reply] for the rest. The codes are those of RFC 5321
// §4.2.3.
//
// Before the end of DATA a server has nothing that it could deliver (RFC 5321
// §4.1.1.4), so that only a connection that is lost there leaves it open who has the
// mail.
func (c Config) refused(err error) error {
	said := c.said(err)
	var se *mail.SendError
	if !errors.As(err, &se) {
		return retry.Down(0, said)
	}
	code, text := max(se.ErrorCode(), bare(err)), reply(err)
	switch {
	case code < 400 && se.Reason == mail.ErrSMTPDataClose:
		return retry.Down(0, fmt.Errorf("%w; whether the server took the mail is unknown, a second copy bears the same Message-ID", said))
	case code < 400:
		return retry.Refused(retry.Down(0, said))
	}
	if do := remedy(code, se.Reason, text); do != "" {
		said = fmt.Errorf("%w; %s", said, do)
	}
	if se.Reason == mail.ErrSMTPMailFrom {
		return letter.Service(code, said)
	}
	return letter.Reply(code, text, said)
}

// remedy says what to do about a refusal that is the settings' fault.
func remedy(code int, reason mail.SendErrReason, text string) string {
	switch {
	case letter.Login(code):
		return "the server wants a login or encryption: look at username, password and tls"
	case code >= 500 && (reason == mail.ErrSMTPMailFrom || letter.Sender(code, text)):
		return "the server refuses the sender: look at the setting from, and at what username may send as"
	}
	return ""
}

// unready says what it means, and what to do, when there was no session to send in:
// dialling, the greeting, encryption or the login went wrong. Nothing of that speaks
// of the mail, and no mail has left. Where a setting is the remedy, the sink is broken;
// a certificate that is no good in itself (it has expired, say) is the server's.
func (c Config) unready(err error) error {
	said := c.said(err)
	if do := c.misfit(err); do != "" {
		return retry.Refused(retry.Broken(fmt.Errorf("%w; %s", said, do)))
	}
	code := bare(err)
	if answer := (*textproto.Error)(nil); errors.As(err, &answer) {
		code = answer.Code
	}
	switch {
	case letter.Login(code):
		said = fmt.Errorf("%w; look at username and password", said)
	case code >= 500:
		said = fmt.Errorf("%w; the server does not serve this machine: look at host, port, username and password, and ask whoever runs it", said)
	}
	return letter.Service(code, said)
}

// misfit says which setting does not fit the server and what to do about it, "" when
// none is known.
func (c Config) misfit(err error) string {
	var (
		unknown  x509.UnknownAuthorityError
		misnamed x509.HostnameError
		clear    tls.RecordHeaderError
	)
	switch {
	case errors.As(err, &unknown):
		return "name the authority's certificate in tls_ca_file"
	case errors.As(err, &misnamed):
		return "set host to a name in the certificate"
	case errors.As(err, &clear):
		return "this port does not begin with TLS: set tls to starttls, or port to 465"
	case c.TLS == StartTLS && strings.Contains(err.Error(), "does not support STARTTLS"):
		return "set tls to tls if the port begins with it, or to none if the way there is safe"
	case errors.Is(err, errNoLogin) && c.TLS == NoTLS:
		return "set tls to starttls or tls, without which most servers offer none; or leave out username and password"
	case errors.Is(err, errNoLogin):
		return "leave out username and password, or ask whoever runs it"
	case errors.Is(err, errUnasked):
		return "set auth to auto or to one of these, or ask whoever runs it"
	case errors.Is(err, errNaked):
		return "set tls to starttls or tls"
	}
	return ""
}

// bare is the code of a reply that has no text, which Go's reader takes for none
// although RFC 5321 §4.2 allows it; else 0.
func bare(err error) int {
	found := textless.FindStringSubmatch(err.Error())
	if found == nil {
		return 0
	}
	code, err := strconv.Atoi(found[1])
	if err != nil {
		return 0
	}
	return code
}

// reply is what err says without go-mail's repetition of recipient and Message-ID.
func reply(err error) string {
	text, _, _ := strings.Cut(err.Error(), ", affected ")
	return text
}

// said is that in a form that may be shown: short, and without the password.
func (c Config) said(err error) error { return errors.New(c.show(reply(err))) }

// show makes one line of a server's answer and cuts the password out of it, in every
// form that an answer may give it back in: as it is, quoted, or as a login carries it.
func (c Config) show(text string) string {
	secrets := []secret.String{c.Password}
	if password := c.Password.Reveal(); password != "" {
		quoted := strconv.Quote(password)
		secrets = append(secrets,
			secret.New(quoted[1:len(quoted)-1]),
			secret.New(base64.StdEncoding.EncodeToString([]byte(password))),
			secret.New(base64.StdEncoding.EncodeToString([]byte("\x00"+c.Username+"\x00"+password))),
			secret.New(base64.StdEncoding.EncodeToString([]byte("user="+c.Username+"\x01auth=Bearer "+password+"\x01\x01"))))
	}
	return letter.Line(secret.Redact(text, secrets...), maxAnswer)
}
