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

const (
	// idBytes of a hash make a Message-ID that nobody else has.
	idBytes = 16

	headerListID = mail.Header("List-Id")
)

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
	msg.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834 §5: no holiday replies
	msg.SetGenHeaderPreformatted(headerListID, listID(s.from.Address))
	msg.SetGenHeader(mail.HeaderUserAgent, s.agent)
	thread(msg, m.Event)
	if urgent(m.Event) {
		// Not go-mail's SetImportance: its X-MSMail-Priority without X-MimeOLE is what
		// spam filters know forged mail by.
		msg.SetGenHeader(mail.HeaderImportance, mail.ImportanceHigh.String())
		msg.SetGenHeader(mail.HeaderXPriority, mail.ImportanceHigh.XPrioString())
	}
	fill(msg, letter.Body(m.Text["mail.text"]), letter.Body(m.Text["mail.html"]))
	return msg
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

// listID is the same for all notices of a sender (RFC 2919), for filters to go by. It
// also keeps holiday replies away (RFC 5230 §4.6).
func listID(from string) string { return "<bellhop." + domain(from) + ">" }

// domain is the sender's, where it is a name that a header can hold.
func domain(from string) string {
	if domain := letter.Domain(from); letter.ASCII(domain) && !strings.HasPrefix(domain, "[") {
		return domain
	}
	return "bellhop.invalid" // RFC 2606 §2: nobody's
}

// urgent is the news that a whole repository is out of use, not the end of it.
func urgent(e event.Event) bool {
	return e.Outcome == event.RepoFailure && (e.Status == event.StatusOpen || e.Status == event.StatusChanged)
}
