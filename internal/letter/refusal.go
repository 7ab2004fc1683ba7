package letter

import "regexp"

var (
	full   = regexp.MustCompile(`\b5\.2\.2\b`)          // mailbox full, RFC 3463 §3.3
	tooBig = regexp.MustCompile(`\b5\.(?:2\.3|3\.4)\b`) // for the mailbox, for the server, RFC 3463 §3.3 and §3.4
)

// Login reports whether a mail server's reply code speaks of the login or of the
// missing encryption, and so of the sink's settings, not of the message: 530
// login or STARTTLS wanted, 534 mechanism too weak, 535 refused, 538 encryption
// wanted (RFC 4954 §6).
func Login(code int) bool {
	return code == 530 || code == 534 || code == 535 || code == 538
}

// Final reports whether a reply to a recipient or to the mail itself means that
// trying again is useless. A reply 4yz may change, 5yz will not (RFC 5321
// §4.2.1), with these exceptions from life: the login codes, and a full mailbox
// (552, or 5.2.2 behind any code), which somebody will empty. A mail that is too
// big stays so.
func Final(code int, text string) bool {
	switch {
	case code < 500 || code > 599, Login(code), full.MatchString(text):
		return false
	case code == 552:
		return tooBig.MatchString(text)
	}
	return true
}
