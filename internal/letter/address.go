package letter

import (
	"errors"
	"fmt"
	"net/mail"
	"slices"
	"strings"
	"unicode/utf8"

	"bellhop/internal/fault"
)

const (
	// maxAddress is the longest address in bytes that a server must take (RFC 5321
	// §4.5.3.1.3, without the angle brackets).
	maxAddress = 254
	// maxName is how many characters of the name before an address are kept.
	maxName = 100
)

// Parse reads one mail address, with or without a name before it. Quoted local
// parts are refused: nobody has one, and they are the way in for a second address.
func Parse(text string) (*mail.Address, error) {
	address, err := mail.ParseAddress(text)
	switch {
	case err != nil:
		return nil, errors.New(strings.TrimPrefix(err.Error(), "mail: "))
	case !utf8.ValidString(text):
		return nil, errors.New("it holds bytes that are not UTF-8")
	case Line(address.Address, maxAddress) != address.Address:
		return nil, errors.New("it is too long or holds invisible characters")
	case strings.ContainsAny(address.Address, "\" \\,;:<>()"):
		return nil, errors.New("it holds characters that only a quoted address may have")
	}
	address.Name = Line(address.Name, maxName)
	return address, nil
}

// Domain is what stands behind the @ of an address that was parsed.
func Domain(address string) string {
	return address[strings.LastIndexByte(address, '@')+1:]
}

// ASCII reports whether text holds nothing else.
func ASCII(text string) bool {
	for i := range len(text) {
		if text[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// Check looks at the settings from and to of a sink. With plain, addresses must be
// ASCII, because the transport cannot carry others.
func Check(from string, to []string, plain bool) []fault.Fault {
	faults := checkAddress("from", from, plain)
	if len(to) == 0 {
		faults = append(faults, fault.Fault{
			Key: "to", Text: "is empty", Remedy: "name at least one address that shall get the mails",
		})
	}
	targets := Targets(to)
	for i, text := range to {
		key := fmt.Sprintf("to.%d", i)
		found := checkAddress(key, text, plain)
		if found == nil && contains(targets[:i], targets[i]) {
			found = []fault.Fault{{Key: key, Text: fmt.Sprintf("%q stands there twice", text), Remedy: "leave one of them out"}}
		}
		faults = append(faults, found...)
	}
	return faults
}

// contains looks without regard to case: one mailbox shall not get each mail twice.
func contains(addresses []string, address string) bool {
	return slices.ContainsFunc(addresses, func(a string) bool { return strings.EqualFold(a, address) })
}

func checkAddress(key, text string, plain bool) []fault.Fault {
	const remedy = "write it like backup@example.org or Backup <backup@example.org>"
	if strings.TrimSpace(text) == "" {
		return []fault.Fault{{Key: key, Text: "is empty", Remedy: remedy}}
	}
	address, err := Parse(text)
	if err != nil {
		return []fault.Fault{{Key: key, Text: fmt.Sprintf("%q is no mail address: %v", text, err), Remedy: remedy}}
	}
	if plain && !ASCII(address.Address) {
		return []fault.Fault{{
			Key:    key,
			Text:   fmt.Sprintf("%q holds letters that are not ASCII, which this transport cannot carry", text),
			Remedy: "use an ASCII address (a domain in its xn-- form), or a sink of type smtp",
		}}
	}
	return nil
}

// Targets are the bare addresses of to, without names; what does not parse stays
// as it is, for [Check] has said so.
func Targets(to []string) []string {
	targets := make([]string, len(to))
	for i, text := range to {
		targets[i] = text
		if address, err := Parse(text); err == nil {
			targets[i] = address.Address
		}
	}
	return targets
}
