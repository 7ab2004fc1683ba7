package smtp

import (
	"crypto/sha256"
	"encoding/hex"
	netmail "net/mail"
	"strings"

	"github.com/wneessen/go-mail"

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
	msg.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834 §5: no holiday replies
	msg.SetGenHeader(mail.HeaderUserAgent, s.agent)
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
	domain := letter.Domain(from)
	if !letter.ASCII(domain) {
		domain = "bellhop.invalid" // RFC 2606 §2: nobody's
	}
	return hex.EncodeToString(sum[:idBytes]) + "@" + domain
}
