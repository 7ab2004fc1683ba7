package sinktest

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"bellhop/internal/retry"
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
	// Wants says what an answer comes to, by "PHASE text", where this sink cannot
	// know what it was the answer to.
	Wants map[string]Want
}

// Mail tests a sink that mails: each reply comes to its verdict, and none counts
// as taken (R12).
func Mail(t *testing.T, c MailCase) {
	for _, r := range replies() {
		t.Run(fmt.Sprintf("R12 %s %s", r.At, r.Text), func(t *testing.T) {
			want, own := c.Wants[fmt.Sprintf("%s %s", r.At, r.Text)]
			if !own {
				want = r.Want
			}
			_, err := c.New(t, r.At, r.Text).Send(t.Context(), c.Message)
			check(t, "the send", err, want)
			for e := err; e != nil; e = errors.Unwrap(e) {
				if strings.ContainsAny(e.Error(), "\r\n\x00") || len(e.Error()) > 2000 {
					t.Errorf("the error is not one short line: %q", e)
				}
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
