// Package secret keeps passwords, tokens and keys from being printed. The
// promise: whatever formats, logs or marshals a [String] shows "<secret>", or
// nothing at all when it is empty; only [String.Reveal] gives the text. [Redact]
// cuts the credentials out of texts that far ends and libraries hand back.
package secret

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"regexp"
)

const mask = "<secret>"

// String is a text that never prints. Its zero value is the empty secret. It
// holds a pointer because fmt asks no method of what stands in an unexported
// field: it prints what is there, and then that is an address. So == does not
// compare the texts.
type String struct{ text *string }

var (
	_ fmt.Formatter  = String{}
	_ slog.LogValuer = String{}
	_ json.Marshaler = String{}
)

// New hides text.
func New(text string) String { return String{text: &text} }

// Reveal returns the text; call it only where it leaves for the far end.
func (s String) Reveal() string {
	if s.text == nil {
		return ""
	}
	return *s.text
}

// Empty reports whether there is no secret.
func (s String) Empty() bool { return s.Reveal() == "" }

// String returns the mask, or "" for the empty secret.
func (s String) String() string {
	if s.Empty() {
		return ""
	}
	return mask
}

// Format writes the mask whatever the verb, so that %v, %+v and %#v of a
// struct that holds a secret are harmless.
func (s String) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.String()) }

// LogValue gives slog the mask.
func (s String) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalText gives every encoder (JSON, YAML) the mask.
func (s String) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// MarshalJSON gives the mask as a JSON string.
func (s String) MarshalJSON() ([]byte, error) { return json.Marshal(s.String()) }

// UnmarshalText reads the secret as it is.
func (s *String) UnmarshalText(b []byte) error {
	*s = New(string(b))
	return nil
}

var (
	userinfo = regexp.MustCompile(`([a-zA-Z][a-zA-Z0-9+.-]*:(?://)?)[^\s/@"'<>]*:[^\s/@"'<>]*@`)
	query    = regexp.MustCompile(`([a-zA-Z][a-zA-Z0-9+.-]*://[^\s?"'<>]*)\?[^\s"'<>]*`)
)

// Redact cuts `user:pass@` and the queries of URLs out of text, and every one of
// the given secrets wherever it stands.
func Redact(text string, secrets ...String) string {
	text = userinfo.ReplaceAllString(text, "${1}")
	text = query.ReplaceAllString(text, "${1}")
	for _, s := range secrets {
		text = cut(text, s.Reveal())
	}
	return text
}
