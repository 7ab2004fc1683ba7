// Package smtp mails through any mail server. The promise: one session carries one
// mail to one address, so a refused recipient costs nobody else his mail; the mail
// counts as sent when the server has answered its end with 250, whatever happens
// afterwards, and the context ends the session at every point of it.
//
// When a send fails, the error tells what the server said and what to do. A refusal
// of this recipient or this mail for good (5yz) is permanent, one for now (4yz) holds
// up him alone; a server that is away or takes mail from nobody is down; login,
// sender, certificate and the like are the sink's settings, which are then broken.
// A connection lost after the mail's end leaves open whether it was taken; then it is
// sent again, under the same Message-ID, which is made from the delivery's id, so
// that mail programs can fold the two. Whatever goes wrong before, the mail has
// definitely not been taken.
//
// The mails of an incident are a conversation. Each is a reply to the same root, a mail
// that nobody ever sends, and the first one, too: so mail programs that go by
// In-Reply-To and References (Thunderbird, Apple Mail) show one thread, whichever of its
// mails arrived. Outlook and Exchange go by Thread-Index and Thread-Topic, which are
// the same in all of them. Gmail wants the same reference *and* the same subject within
// a week (https://support.google.com/mail/answer/5900): it keeps those together that say
// the same and begins anew where the subject does, as that of a recovery must. Whoever
// wants Gmail to show one conversation gives mail.subject words that stay. The next
// incident of a plan is another thread everywhere, and a success, which belongs to no
// incident, is none.
//
// With tls: starttls a server that offers none gets no mail. A password is never
// sent unencrypted, except to this machine, and stands in no error. The login is the
// best that the server offers, or the one that the setting auth names.
//
// What go-mail does in its own way, and what is done about it:
//
//   - One refused recipient of several costs all of them the mail, and of several
//     refusals only the last is told: hence one recipient a session.
//   - It takes a lost connection for a refusal for good: verdicts go by the reply's
//     code, and no code means that the server is away.
//   - It heeds a context while it dials only: the connection is our own, and is cut when
//     the context ends.
//   - It reports a mail as failed that was delivered, when the farewell goes wrong: what
//     counts is the reply to the mail.
//   - It takes a connection of our own for one in the clear, where it has no login for
//     most servers: the sink chooses one itself.
//
// Mails are not signed: DKIM is the relay's, which has the key.
package smtp

import (
	"context"
	"crypto/tls"
	"fmt"
	netmail "net/mail"
	"strings"
	"time"

	"github.com/wneessen/go-mail"
	gosmtp "github.com/wneessen/go-mail/smtp"

	"bellhop/internal/fault"
	"bellhop/internal/letter"
	"bellhop/internal/retry"
	"bellhop/sinks"
)

const (
	// Timeout bounds one send. RFC 5321 §4.5.3.2 would wait longer, but a notice that
	// is late is worth less, and a retry is harmless.
	Timeout = 2 * time.Minute
	// farewell is how long a server may take to answer QUIT when it has the mail.
	farewell = 5 * time.Second
)

// Sink sends mail through one server.
type Sink struct {
	conf    Config
	from    *netmail.Address
	targets []string
	tls     *tls.Config
	agent   string
	now     func() time.Time
}

var _ sinks.Sink = (*Sink)(nil)

// Kind describes this kind of sink.
func Kind() sinks.Kind {
	return sinks.Kind{
		Name:     "smtp",
		Parts:    []string{"mail.subject", "mail.text", "mail.html"},
		Limit:    retry.Limit{N: 60, Per: time.Minute, Burst: 10},
		Timeout:  Timeout,
		Settings: func() any { c := DefaultConfig(); return &c },
		Validate: func(settings any) []fault.Fault { return settings.(*Config).Validate() },
		New: func(_ string, settings any, d sinks.Deps) (sinks.Sink, error) {
			return New(*settings.(*Config), d)
		},
		Supersede: sinks.KeepLatest,
		Calm:      true,
	}
}

// New builds a sink of settings that [Config.Validate] found no fault with. It reads
// tls_ca_file.
func New(c Config, d sinks.Deps) (*Sink, error) {
	from, err := letter.Parse(c.From)
	if err != nil {
		return nil, fmt.Errorf("read sender %q: %w", c.From, err)
	}
	s := &Sink{
		conf:    c,
		from:    from,
		targets: letter.Targets(c.To),
		tls:     &tls.Config{ServerName: c.Host, MinVersion: tls.VersionTLS12, InsecureSkipVerify: c.InsecureSkipVerify},
		agent:   strings.TrimSuffix("bellhop/"+d.Version, "/"),
		now:     d.Now,
	}
	if c.TLSCAFile != "" {
		if s.tls.RootCAs, err = readCA(c.TLSCAFile); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// Targets are the recipients' addresses.
func (s *Sink) Targets() []string { return s.targets }

// Send delivers m to one recipient.
func (s *Sink) Send(ctx context.Context, m sinks.Message) (sinks.Receipt, error) {
	to, err := letter.Parse(m.Target)
	if err != nil {
		return sinks.Receipt{}, retry.Permanent(fmt.Errorf("send mail to %q: %w", m.Target, err))
	}
	answer, err := s.deliver(ctx, s.compose(m, to), to)
	if err != nil {
		return sinks.Receipt{}, fmt.Errorf("send mail to %s through %s: %w", to.Address, address(s.conf), err)
	}
	return sinks.Receipt{Status: answer}, nil
}

// deliver holds the session and returns the server's answer to the mail.
func (s *Sink) deliver(ctx context.Context, msg *mail.Msg, to *netmail.Address) (string, error) {
	w := &wire{ctx: ctx, addr: address(s.conf)}
	if s.conf.TLS == TLS {
		w.tls = s.tls
	}
	defer w.close()
	client, err := mail.NewClient(s.conf.Host, s.options(w, to)...)
	if err != nil {
		return "", retry.Refused(retry.Broken(fmt.Errorf("set up the session: %w; look at host and port", err)))
	}
	session, err := client.DialToSMTPClientWithContext(ctx)
	if err != nil {
		return "", over(ctx, fmt.Errorf("open a session: %w", s.conf.unready(err)))
	}
	if err := s.conf.login(session); err != nil {
		return "", over(ctx, s.conf.unready(err))
	}
	if err := client.SendWithSMTPClient(session, msg); err != nil && !msg.IsDelivered() {
		return "", over(ctx, s.conf.refused(err))
	}
	return s.conf.show("250 "+msg.ServerResponse()) + bye(client, session), nil
}

// options of a session. RSET and NOOP are left out: a session carries one mail, and
// after it each more command is one more that can fail.
func (s *Sink) options(w *wire, to *netmail.Address) []mail.Option {
	options := []mail.Option{
		mail.WithPort(s.conf.Port),
		mail.WithTimeout(Timeout),
		mail.WithDialContextFunc(w.dial),
		mail.WithTLSConfig(s.tls),
		mail.WithTLSPolicy(mail.NoTLS),
		mail.WithoutNoop(),
		mail.WithoutRset(),
	}
	if s.conf.TLS == StartTLS {
		options = append(options, mail.WithTLSPolicy(mail.TLSMandatory))
	}
	if letter.ASCII(s.from.Address) && letter.ASCII(to.Address) {
		// Asked for needlessly, it makes relays bounce that do not have it.
		options = append(options, mail.WithoutSMTPUTF8())
	}
	return options
}

// bye ends a session whose mail is delivered; a server that does not answer is not
// waited for and costs nothing but a word in the receipt.
func bye(client *mail.Client, session *gosmtp.Client) string {
	if session.UpdateDeadline(farewell) == nil && client.CloseWithSMTPClient(session) == nil {
		return ""
	}
	return " (the server then ended without a farewell)"
}

// over says that the time was up when that is why the connection broke. What the
// server has answered before counts more.
func over(ctx context.Context, err error) error {
	if ctx.Err() == nil || retry.Of(err).Verdict != retry.Away {
		return err
	}
	return fmt.Errorf("%w: %w", ctx.Err(), err)
}
