package farend

import (
	"io"
	"net"
	"slices"
	"sync"
	"time"

	"github.com/emersion/go-smtp"
)

// maxMail is the size of a message that the stand-in takes, in bytes.
const maxMail = 10 << 20

// Letter is a mail as it was handed over.
type Letter struct {
	At   time.Time
	From string
	To   []string
	Data []byte // header and body
}

// Mail is a mail server that takes everything and delivers nothing. It speaks
// plain SMTP without login.
type Mail struct {
	now    func() time.Time
	server *smtp.Server

	mu      sync.Mutex
	letters []Letter
	refused map[string]*smtp.SMTPError // by recipient
}

// NewMail makes a mail server. It serves nobody before [Mail.Serve].
func NewMail(now func() time.Time) *Mail {
	m := &Mail{now: now, refused: map[string]*smtp.SMTPError{}}
	m.server = smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) {
		return &mailSession{mail: m}, nil
	}))
	m.server.Domain = "localhost"
	m.server.MaxMessageBytes = maxMail
	m.server.EnableSMTPUTF8 = true
	return m
}

// Serve takes connections until [Mail.Close]; the error after that is
// smtp.ErrServerClosed or the listener's own.
func (m *Mail) Serve(l net.Listener) error { return m.server.Serve(l) }

// Close ends Serve and all connections.
func (m *Mail) Close() error { return m.server.Close() }

// Refuse answers a recipient with an SMTP code, such as 450 or 550, from now on;
// code 0 takes it again.
func (m *Mail) Refuse(to string, code int, text string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if code == 0 {
		delete(m.refused, to)
		return
	}
	m.refused[to] = &smtp.SMTPError{Code: code, EnhancedCode: smtp.EnhancedCodeNotSet, Message: text}
}

// Letters returns all mails so far, the oldest first.
func (m *Mail) Letters() []Letter {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.letters)
}

func (m *Mail) answerTo(to string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if refusal := m.refused[to]; refusal != nil {
		return refusal
	}
	return nil
}

func (m *Mail) keep(l Letter) {
	m.mu.Lock()
	defer m.mu.Unlock()
	l.At = m.now()
	m.letters = append(m.letters, l)
}

// mailSession is one connection.
type mailSession struct {
	mail   *Mail
	letter Letter
}

var _ smtp.Session = (*mailSession)(nil)

func (s *mailSession) Reset() { s.letter = Letter{} }

func (s *mailSession) Logout() error { return nil }

func (s *mailSession) Mail(from string, _ *smtp.MailOptions) error {
	s.letter.From = from
	return nil
}

func (s *mailSession) Rcpt(to string, _ *smtp.RcptOptions) error {
	if err := s.mail.answerTo(to); err != nil {
		return err
	}
	s.letter.To = append(s.letter.To, to)
	return nil
}

func (s *mailSession) Data(r io.Reader) error {
	b, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	s.letter.Data = b
	s.mail.keep(s.letter)
	return nil
}
