package sinktest

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"net/mail"
	"strconv"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"bellhop/internal/retry"
	"bellhop/internal/secret"
	"bellhop/sinks"
)

// Phase is what a mail server is answering to.
type Phase string

// The phases of a session with a mail server (RFC 5321 §3). Every mail meets the
// first four, a recipient or a mail of its own the others.
const (
	Greeting  Phase = "greet"
	Hello     Phase = "EHLO"
	Login     Phase = "AUTH"
	From      Phase = "MAIL"
	Recipient Phase = "RCPT"
	Data      Phase = "DATA"
	End       Phase = "."
)

// Reply is an answer of a mail server, and what it comes to.
type Reply struct {
	At   Phase
	Text string // code and words: "451 4.7.1 Greylisted"
	Want Want
}

// MailCase is a sink that mails, to be tested.
type MailCase struct {
	// New builds the sink against a mail server that gives this answer at this point
	// and agrees to everything before.
	New     func(t *testing.T, at Phase, text string) sinks.Sink
	Message sinks.Message
	// Open builds the sink against a mail server that takes everything, and a function
	// that returns the newest mail as that server got it.
	Open func(t *testing.T) (sinks.Sink, func() []byte)
	// Secrets must not show anywhere, also when the server says them back.
	Secrets []secret.String
	// Wants says what an answer comes to, by "PHASE text", where this sink cannot
	// know what it was the answer to.
	Wants map[string]Want
}

// Mail tests a sink that mails: each reply comes to its verdict, and none counts
// as taken (R12); hostile text arrives as text in one mail to one address; and a
// server that talks much, or says secrets back, gets neither into an error.
func Mail(t *testing.T, c MailCase) {
	t.Run("hostile text arrives as text", c.hostile)
	t.Run("R23 a server that says secrets back", c.echo)
	t.Run("a server that talks without end", c.flood)
	for _, r := range replies() {
		t.Run(fmt.Sprintf("R12 %s %s", r.At, r.Text), func(t *testing.T) {
			want, own := c.Wants[fmt.Sprintf("%s %s", r.At, r.Text)]
			if !own {
				want = r.Want
			}
			_, err := c.New(t, r.At, r.Text).Send(t.Context(), c.Message)
			check(t, "the send", err, want)
			oneLine(t, err)
		})
	}
}

func oneLine(t *testing.T, err error) {
	t.Helper()
	for e := err; e != nil; e = errors.Unwrap(e) {
		if strings.ContainsAny(e.Error(), "\r\n\x00") || len(e.Error()) > 2000 || !utf8.ValidString(e.Error()) {
			t.Errorf("the error is not one short line: %.300q", e)
		}
	}
}

// hostile sends texts that could become a header, a recipient or markup, in every
// field of the event and in every part that templates render.
func (c MailCase) hostile(t *testing.T) {
	sink, newest := c.Open(t)
	for name, text := range hostileTexts() {
		m := c.Message
		m.Event = poison(m.Event, text)
		m.Event.Incident = text
		m.Text = map[string]string{}
		for part := range c.Message.Text {
			m.Text[part] = text
		}
		if _, err := sink.Send(t.Context(), m); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		tame(t, name, newest(), m.Target)
	}
}

// tame sees that a mail is one, with each header once, and goes to nobody else.
func tame(t *testing.T, name string, raw []byte, to string) {
	t.Helper()
	for line := range bytes.Lines(raw) {
		if len(line) > 1000 { // RFC 5321 §4.5.3.1.6, line end included
			t.Errorf("%s: a line of %d bytes", name, len(line))
		}
	}
	if bytes.ContainsRune(raw, 0) || bytes.Contains(bytes.ReplaceAll(raw, []byte("\r\n"), nil), []byte("\r")) {
		t.Errorf("%s: the mail holds what no mail may", name)
	}
	m, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		t.Errorf("%s: %v in %.300q", name, err, raw)
		return
	}
	for header, values := range m.Header {
		if len(values) > 1 && header != "Received" {
			t.Errorf("%s: %d headers %s", name, len(values), header)
		}
	}
	for _, header := range []string{"Bcc", "Cc", "Reply-To"} {
		if m.Header.Get(header) != "" {
			t.Errorf("%s: a text became the header %s", name, header)
		}
	}
	if all, err := m.Header.AddressList("To"); err != nil || len(all) != 1 || all[0].Address != to {
		t.Errorf("%s: it goes to %v, %v", name, all, err)
	}
}

// echo has the server give every secret back, in each form in which it may have got it.
func (c MailCase) echo(t *testing.T) {
	for _, at := range []Phase{Greeting, Login, From, Recipient, Data, End} {
		for _, s := range c.Secrets {
			plain := s.Reveal()
			forms := []string{plain, base64.StdEncoding.EncodeToString([]byte(plain)), strconv.Quote(plain)}
			receipt, err := c.New(t, at, "550 5.7.1 "+strings.Join(forms, " ")).Send(t.Context(), c.Message)
			if err == nil {
				t.Errorf("%s: taken for a success", at)
				continue
			}
			for _, form := range forms {
				if strings.Contains(err.Error()+receipt.Status, form) {
					t.Errorf("%s: it holds a secret: %q", at, err)
				}
			}
		}
	}
}

func (c MailCase) flood(t *testing.T) {
	for name, text := range map[string]string{
		"1 MB":          strings.Repeat("x", 1<<20),
		"right to left": "\u202eno such user\u2066 \x1b[31m\x07",
		"broken UTF-8":  "caf\xe9 \xff\xfe",
	} {
		t.Run(name, func(t *testing.T) {
			_, err := c.New(t, Recipient, "550 5.1.1 "+text).Send(t.Context(), c.Message)
			check(t, "the send", err, Refused(retry.Dead))
			oneLine(t, err)
			if strings.ContainsFunc(fmt.Sprint(err), func(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) }) {
				t.Errorf("the error holds what is not seen: %q", err)
			}
		})
	}
}

// replies are those that happen, with what is wanted of each, written down by hand.
func replies() []Reply {
	var (
		down   = Refused(retry.Away)          // everybody waits
		alone  = Refused(retry.Later)         // this one waits, the others go on
		unfit  = Refused(retry.Misconfigured) // somebody has to mend the settings
		dead   = Refused(retry.Dead)          // this one never
		answer = func(at Phase, want Want, texts ...string) (all []Reply) {
			for _, text := range texts {
				all = append(all, Reply{at, text, want})
			}
			return all
		}
	)
	var all []Reply
	for _, rows := range [][]Reply{
		answer(Greeting, down, "421 4.3.2 try later", "450 4.7.1 too many connections"),
		answer(Greeting, unfit, "554 5.7.1 no service for you", "554"),
		answer(Login, down, "454 4.7.0 Temporary authentication failure", "421 4.7.0 too many errors"),
		answer(Login, unfit, "530 5.7.0 Must issue STARTTLS", "534 5.7.9 too weak", "535 5.7.8 bad credentials",
			"538 5.7.11 encryption required", "503 5.5.1 authentication not enabled"),
		answer(From, down, "421 4.3.2 bye", "450 4.7.1 too much mail from you", "451 4.3.0 queue file", "452 4.3.1 disk full"),
		answer(From, unfit, "530 5.7.0 Authentication required", "550 5.7.1 not you", "553 5.7.1 not owned by user", "501 5.1.7 bad sender"),
		answer(Recipient, down, "421 4.3.2 shutting down", "452 4.3.1 Insufficient system storage", "454 4.7.0 no encryption now",
			"450 4.1.8 Sender address rejected: Domain not found", "421", "454"),
		answer(Recipient, alone, "450 4.2.1 mailbox busy", "451 4.7.1 Greylisted, come back", "452 4.2.2 over quota", "452 4.5.3 too many",
			"552 5.2.2 Mailbox full", "550 5.2.2 Mailbox full", "450", "451", "452", "455", "552"),
		answer(Recipient, unfit, "530 5.7.0 Authentication required", "535 5.7.8 who are you", "553 5.7.1 Sender address rejected: not owned by user bellhop",
			"530", "534", "535", "538"),
		answer(Recipient, dead, "550 5.1.1 No such user", "551 5.1.6 moved", "553 5.1.3 bad address", "554 5.7.1 Relay access denied",
			"500", "501", "502", "503", "504", "550", "551", "553", "554", "555"),
		answer(Data, down, "421 4.3.2 shutting down", "452 4.3.1 disk full"),
		answer(Data, alone, "451 4.7.1 Greylisted"),
		answer(Data, dead, "554 5.5.1 no valid recipients"),
		answer(End, down, "421 4.3.2 shutting down", "452 4.3.1 disk full"),
		answer(End, alone, "451 4.7.1 Greylisted", "451 4.3.0 scanner is away", "452 4.2.2 over quota", "552 5.2.2 Mailbox full"),
		answer(End, unfit, "554 5.2.252 SendAsDenied; not allowed to send as backup@example.org", "550 5.7.60 no permission to send as this sender"),
		answer(End, dead, "554 5.7.1 Spam", "550 5.7.1 content rejected", "552 5.3.4 too big"),
	} {
		all = append(all, rows...)
	}
	return all
}
