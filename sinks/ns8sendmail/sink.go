// Package ns8sendmail mails through the smarthost of the NethServer 8 cluster, by
// the cluster's own command: `runagent ns8-sendmail --subject=… --from=… -- RCPT`,
// body on stdin. The promise: one call carries one mail to one address, and a mail
// counts as sent only when the command ended with 0.
//
// The command has its ways, and this is what is done about each:
//
//   - It joins several recipients into one, of which at best the first gets the
//     mail, with exit code 0: so one call per recipient.
//   - It never times out: the context ends it, TERM first. Whether the mail went out
//     by then is unknown, as it is after "Connection unexpectedly closed". The error
//     says so, and the mail is sent again: two are better than none. The command takes
//     no Message-ID, so a second copy cannot be told by a machine; the status of a send
//     after any attempt that was not definitely refused says that there may be one.
//   - It delivers a subject or name with broken UTF-8 and then exits with 1, so that a
//     retry would double the mail, and stumbles over an inner line end or an address
//     that is not ASCII: what becomes an argument is cleaned and cut, and the settings
//     refuse such addresses.
//   - It guesses by angle brackets whether a body is HTML: it always gets one HTML
//     document, made of the plain text where there is none.
//   - It sends lines as they are, and servers refuse those of 999 bytes and more:
//     long ones are folded where HTML does not mind. A subject becomes one line,
//     encoded: it is cut to fit.
//   - It cannot log in with a user or a password that is not ASCII, and then says which
//     letter it stumbled over: the error says what it is, without the letter.
//   - It adds no Date and no header of ours; the smarthost sets Date and Message-ID. So
//     the mails of an incident are no thread, except in programs that go by the subject,
//     and holiday replies come back. A sink of type smtp does better where that matters.
//
// Every failure is exit code 1; what it means is read from stderr, see verdict.
package ns8sendmail

import (
	"context"
	"fmt"
	"net/mail"
	"time"

	"bellhop/internal/fault"
	"bellhop/internal/letter"
	"bellhop/internal/proc"
	"bellhop/internal/retry"
	"bellhop/sinks"
)

// Timeout bounds one call. A slow smarthost answers within; a dead one keeps the
// command waiting for ever.
const Timeout = time.Minute

// Sink sends mail by the cluster's command.
type Sink struct {
	conf    Config
	from    *mail.Address
	targets []string
}

var _ sinks.Sink = (*Sink)(nil)

// Kind describes this kind of sink.
func Kind() sinks.Kind {
	return sinks.Kind{
		Name:     "ns8-sendmail",
		Parts:    []string{"mail.subject", "mail.text", "mail.html"},
		Limit:    retry.Limit{N: 30, Per: time.Minute, Burst: 10},
		Timeout:  Timeout,
		Settings: func() any { c := DefaultConfig(); return &c },
		Validate: func(settings any) []fault.Fault { return settings.(*Config).Validate() },
		New: func(_ string, settings any, _ sinks.Deps) (sinks.Sink, error) {
			return New(*settings.(*Config))
		},
		Supersede: sinks.KeepLatest,
		Calm:      true,
	}
}

// New builds a sink of settings that [Config.Validate] found no fault with.
func New(c Config) (*Sink, error) {
	from, err := letter.Parse(c.From)
	if err != nil {
		return nil, fmt.Errorf("read sender %q: %w", c.From, err)
	}
	return &Sink{conf: c, from: from, targets: letter.Targets(c.To)}, nil
}

// Targets are the recipients' addresses.
func (s *Sink) Targets() []string { return s.targets }

// Send runs the command for one recipient.
func (s *Sink) Send(ctx context.Context, m sinks.Message) (sinks.Receipt, error) {
	to, err := letter.Parse(m.Target)
	if err != nil || !letter.ASCII(to.Address) {
		return sinks.Receipt{}, retry.Permanent(fmt.Errorf("send mail to %q: the cluster's command takes no such address", m.Target))
	}
	result, err := proc.Run(ctx, proc.Command{Args: s.arguments(to, m), Stdin: body(m)})
	if err := verdict(result, err); err != nil {
		return sinks.Receipt{}, fmt.Errorf("send mail to %s by the cluster's smarthost: %w", to.Address, err)
	}
	return sinks.Receipt{Status: status(m)}, nil
}

// arguments are safe as they are: nothing passes through a shell, every one is a
// single clean line, and the recipient stands behind "--".
func (s *Sink) arguments(to *mail.Address, m sinks.Message) []string {
	return append(s.conf.Command[:len(s.conf.Command):len(s.conf.Command)],
		"--subject="+subject(s.conf.SubjectPrefix, m.Text["mail.subject"]),
		"--from="+s.from.String(), // a name that is not ASCII travels encoded
		"--", to.Address)
}

func status(m sinks.Message) string {
	if m.Heard {
		return "accepted by the smarthost; an earlier attempt may have gone out, too"
	}
	return "accepted by the smarthost"
}
