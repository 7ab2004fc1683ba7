package farend

import (
	"errors"

	"github.com/emersion/go-smtp"
)

// The commands at which a [MailFault] may strike; AtData is the end of the mail.
const (
	AtMail = "MAIL"
	AtRcpt = "RCPT"
	AtData = "DATA"
)

// taken is the reply to a mail that was taken over.
const taken = 250

// MailFault takes the place of the reply to one command of one mail. The zero
// MailFault is none.
type MailFault struct {
	At   string // AtMail, AtRcpt or AtData
	Code int    // replies with this code and Text
	Text string
	Hang bool // leaves the caller without a reply until the server is closed
	Cut  bool // closes the connection without a reply
	// Taken keeps a mail at AtData all the same, so that only the reply is lost.
	Taken bool
}

// Inject queues faults; each is used up by one mail, from its MAIL on.
func (m *Mail) Inject(faults ...MailFault) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.faults = append(m.faults, faults...)
}

func (m *Mail) nextFault() MailFault {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.faults) == 0 {
		return MailFault{}
	}
	f := m.faults[0]
	m.faults = m.faults[1:]
	return f
}

// answer is usual, unless the fault of this mail strikes at this command. What is
// refused goes on record.
func (s *mailSession) answer(at string, usual error) error {
	// Noted before it is answered: whoever hears the answer may look at once.
	if f := s.fault; f.At == at {
		s.mail.note(s.letter, f.Code)
		return f.reply(s)
	}
	code := 0
	if refusal := (*smtp.SMTPError)(nil); errors.As(usual, &refusal) {
		code = refusal.Code
	}
	if usual != nil {
		s.mail.note(s.letter, code)
	}
	return usual
}

func (f MailFault) reply(s *mailSession) error {
	switch {
	case f.Hang:
		<-s.mail.closed
	case f.Cut:
		_ = s.conn.Conn().Close() // that is the fault, and there is nobody to tell
	default:
		return &smtp.SMTPError{Code: f.Code, EnhancedCode: smtp.NoEnhancedCode, Message: f.Text}
	}
	return errors.New("left without a reply")
}
