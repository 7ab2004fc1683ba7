package smtp

import (
	"crypto/sha256"
	"encoding/hex"
	netmail "net/mail"
	"strings"

	"github.com/wneessen/go-mail"

	"bellhop/internal/event"
	"bellhop/internal/letter"
	"bellhop/sinks"
)

// idBytes of a hash make a Message-ID that nobody else has.
const idBytes = 16

// compose makes the mail of m for one recipient: plain text and HTML, whichever of
// the two there are. Every header goes through go-mail's encoder, every text
// through package letter before, so that nothing in a plan's name or an error's text
// can become a header.
func (s *Sink) compose(m sinks.Message, to *netmail.Address) *mail.Msg {
	msg := mail.NewMsg(mail.WithNoDefaultUserAgent())
	msg.FromMailAddress(s.from)
	msg.ToMailAddress(to)
	msg.Subject(letter.Subject(s.conf.SubjectPrefix, m.Text["mail.subject"]))
	msg.SetDateWithValue(s.now())
	msg.SetMessageIDWithValue(messageID(m.ID, s.from.Address))
	msg.SetGenHeader(mail.HeaderUserAgent, s.agent)
	s.mark(msg, m.Event)
	thread(msg, m.Event)
	fill(msg, letter.Body(m.Text["mail.text"]), letter.Body(m.Text["mail.html"]))
	return msg
}

// mark says to machines what kind of mail this is: one that no holiday reply answers
// (RFC 3834 §5; what Exchange heeds is in
// https://learn.microsoft.com/openspecs/exchange_server_protocols/ms-oxcmail/ced68690-498a-4567-9d14-5c01f974d8b1),
// one of the notices of this sender, for filters (RFC 2919), and how urgent. No
// Precedence: bulk, with which some servers put mail off.
func (s *Sink) mark(msg *mail.Msg, e event.Event) {
	msg.SetGenHeader("Auto-Submitted", "auto-generated")
	msg.SetGenHeader("X-Auto-Response-Suppress", "OOF, AutoReply")
	msg.SetGenHeaderPreformatted("List-Id", "<bellhop."+domain(s.from.Address)+">")
	if urgent(e) {
		// Not go-mail's SetImportance: by its X-MSMail-Priority without an X-MimeOLE
		// spam filters know forged mail.
		msg.SetGenHeader(mail.HeaderImportance, mail.ImportanceHigh.String())
		msg.SetGenHeader(mail.HeaderXPriority, mail.ImportanceHigh.XPrioString())
	}
}

// urgent is the news that a whole repository is out of use, not the end of it.
func urgent(e event.Event) bool {
	return e.Outcome == event.RepoFailure && (e.Status == event.StatusOpen || e.Status == event.StatusChanged)
}

func fill(msg *mail.Msg, text, html string) {
	switch {
	case strings.TrimSpace(html) == "":
		msg.SetBodyString(mail.TypeTextPlain, text)
	case strings.TrimSpace(text) == "":
		msg.SetBodyString(mail.TypeTextHTML, html)
	default: // the richest comes last, RFC 2046 §5.1.4
		msg.SetBodyString(mail.TypeTextPlain, text)
		msg.AddAlternativeString(mail.TypeTextHTML, html)
	}
}

// messageID is the same for every attempt of a delivery and for no other one, so
// that mail programs fold a second copy into the first.
func messageID(delivery, from string) string {
	sum := sha256.Sum256([]byte(delivery))
	return hex.EncodeToString(sum[:idBytes]) + "@" + domain(from)
}

// domain is the sender's, where it is a name that a header can hold.
func domain(from string) string {
	if domain := letter.Domain(from); letter.ASCII(domain) && !strings.HasPrefix(domain, "[") {
		return domain
	}
	return "bellhop.invalid" // RFC 2606 §2: nobody's
}
