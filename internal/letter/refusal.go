package letter

import (
	"regexp"

	"bellhop/internal/retry"
)

// What enhanced codes (RFC 3463 §3) and the texts of well-known servers speak of.
var (
	// A mailbox that is full: §3.3, X.2.2.
	full = regexp.MustCompile(`\b5\.2\.2\b`)
	// A mail that is too big for the mailbox or for the server: X.2.3, X.3.4.
	tooBig = regexp.MustCompile(`\b5\.(?:2\.3|3\.4)\b`)
	// A server that takes nothing from anybody: its disk is full, or it does not
	// accept mail at the moment, §3.4, X.3.1 and X.3.2.
	closed = regexp.MustCompile(`\b4\.3\.[12]\b`)
	// A sender that is refused, whatever the command: §3.2, X.1.7 and X.1.8, and the
	// words of those who judge the sender only when they see the recipient or the mail:
	// Postfix (https://www.postfix.org/postconf.5.html#smtpd_delay_reject), Exchange
	// (https://learn.microsoft.com/exchange/mail-flow-best-practices/non-delivery-reports-in-exchange-online/non-delivery-reports-in-exchange-online).
	sender = regexp.MustCompile(`(?i)\b[45]\.1\.[78]\b|not owned by user|sender address rejected|\b5\.7\.60\b|SendAsDenied`)
)

// Login reports whether a mail server's reply code speaks of the login or of the
// missing encryption, and so of the sink's settings, not of the message: 530
// login or STARTTLS wanted, 534 mechanism too weak, 535 refused, 538 encryption
// wanted (RFC 4954 §6).
func Login(code int) bool {
	return code == 530 || code == 534 || code == 535 || code == 538
}

// Sender reports whether a reply refuses who the mail is from, and so the sink's
// settings: a reply about a recipient that names him is none.
func Sender(code int, text string) bool { return code >= 400 && sender.MatchString(text) }

// Reply marks err by a server's reply to a recipient or to the mail itself (R12).
// A reply 4yz may change, 5yz will not (RFC 5321 §4.2.1), and most replies speak of
// this recipient or this mail, so that the others go on: greylisting, a mailbox that
// is busy, and one that is full (552, or 5.2.2 behind any code), which somebody will
// empty; a mail that is too big stays so. Of the whole server speak 421 (it hangs
// up), 432 and 454 (no login, no encryption at the moment, RFC 4954 §6 and RFC 3207
// §4), a full disk, and a sender that cannot be looked up; of the settings, the login
// and a sender that is refused.
//
// With any reply of 400 and more the mail has definitely not been taken. What is no
// such reply leaves that open, and says that the server is not to be talked to.
func Reply(code int, text string, err error) error {
	if code < 400 || code > 599 {
		return retry.Down(0, err)
	}
	return retry.Refused(reply(code, text, err))
}

func reply(code int, text string, err error) error {
	switch {
	case Login(code):
		return retry.Broken(err)
	case Sender(code, text):
		return Service(code, err)
	case code == 421, code == 432, code == 454, code < 500 && closed.MatchString(text):
		return retry.Down(0, err)
	case code < 500, full.MatchString(text), code == 552 && !tooBig.MatchString(text):
		return retry.After(0, err)
	}
	return retry.Permanent(err)
}

// Service marks err by a server's reply to what every mail meets: the greeting,
// encryption, the login, the sender. 4yz: it does not serve now; 5yz: it will not,
// until somebody mends the settings, or the server. No mail has been taken.
func Service(code int, err error) error {
	if code >= 500 && code <= 599 {
		return retry.Refused(retry.Broken(err))
	}
	return retry.Refused(retry.Down(0, err))
}
