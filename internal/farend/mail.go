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

// Visit is one try to hand a mail over, and how far it came.
type Visit struct {
	At   time.Time
	From string
	To   []string
	Code int // of the reply that ended it; 0: it was left without one
}

// Mail is a mail server that takes everything and delivers nothing. It speaks
// plain SMTP without login.
type Mail struct {
	now    func() time.Time
	server *smtp.Server
	closed chan struct{}
	close  func() error

	mu      sync.Mutex
	letters []Letter
	visits  []Visit
	faults  []MailFault
	refused map[string]*smtp.SMTPError // by recipient
	grey    time.Duration
	seen    map[string]time.Time // first visits, by sender and recipient
}

// NewMail makes a mail server. It serves nobody before [Mail.Serve].
func NewMail(now func() time.Time) *Mail {
	m := &Mail{now: now, refused: map[string]*smtp.SMTPError{}, seen: map[string]time.Time{}, closed: make(chan struct{})}
	m.server = smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) {
		return &mailSession{mail: m, conn: c}, nil
	}))
	m.close = sync.OnceValue(func() error {
		close(m.closed)
		return m.server.Close()
	})
	m.server.Domain = "localhost"
	m.server.MaxMessageBytes = maxMail
	m.server.EnableSMTPUTF8 = true
	return m
}

// Serve takes connections until [Mail.Close]; the error after that is
// smtp.ErrServerClosed or the listener's own.
func (m *Mail) Serve(l net.Listener) error { return m.server.Serve(l) }

// Close ends Serve and all connections. It may be called again.
func (m *Mail) Close() error { return m.close() }

// Refuse answers a recipient with an SMTP code, such as 450 or 550, from now on;
// code 0 takes it again.
func (m *Mail) Refuse(to string, code int, text string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if code == 0 {
		delete(m.refused, to)
		return
	}
	m.refused[to] = &smtp.SMTPError{Code: code, EnhancedCode: smtp.NoEnhancedCode, Message: text}
}

// Greylist answers mails of a sender to a recipient with 451 until so much time has
// passed since the first one (RFC 6647 §2.1), from now on; 0 ends it.
func (m *Mail) Greylist(d time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.grey = d
}

// Letters returns all mails so far, the oldest first.
func (m *Mail) Letters() []Letter {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.letters)
}

// Visits returns all tries so far that named a sender, the oldest first.
func (m *Mail) Visits() []Visit {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.visits)
}

func (m *Mail) answerTo(from, to string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if refusal := m.refused[to]; refusal != nil {
		return refusal
	}
	if m.grey == 0 {
		return nil
	}
	now, pair := m.now(), from+" "+to
	first, known := m.seen[pair]
	if !known {
		first, m.seen[pair] = now, now
	}
	if now.Sub(first) < m.grey {
		return &smtp.SMTPError{Code: 451, EnhancedCode: smtp.NoEnhancedCode, Message: "4.7.1 Greylisted, come back later"}
	}
	return nil
}

func (m *Mail) keep(l Letter) {
	m.mu.Lock()
	defer m.mu.Unlock()
	l.At = m.now()
	m.letters = append(m.letters, l)
}

func (m *Mail) note(l Letter, code int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.visits = append(m.visits, Visit{At: m.now(), From: l.From, To: slices.Clone(l.To), Code: code})
}

// mailSession is one connection.
type mailSession struct {
	mail   *Mail
	conn   *smtp.Conn
	fault  MailFault // of the mail that is being handed over
	letter Letter
}

var _ smtp.Session = (*mailSession)(nil)

func (s *mailSession) Reset() { s.letter = Letter{} }

func (s *mailSession) Logout() error { return nil }

func (s *mailSession) Mail(from string, _ *smtp.MailOptions) error {
	s.letter.From = from
	s.fault = s.mail.nextFault()
	return s.answer(AtMail, nil)
}

func (s *mailSession) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.letter.To = append(s.letter.To, to)
	err := s.answer(AtRcpt, s.mail.answerTo(s.letter.From, to))
	if err != nil {
		s.letter.To = s.letter.To[:len(s.letter.To)-1]
	}
	return err
}

func (s *mailSession) Data(r io.Reader) error {
	b, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	s.letter.Data = b
	if s.fault.At != AtData || s.fault.Taken {
		s.mail.keep(s.letter)
	}
	if err := s.answer(AtData, nil); err != nil {
		return err
	}
	s.mail.note(s.letter, taken)
	return nil
}
