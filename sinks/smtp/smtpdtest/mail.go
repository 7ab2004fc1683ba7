package smtpdtest

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"strings"
)

// Mail is a mail as its reader sees it.
type Mail struct {
	Header  mail.Header
	Subject string // decoded
	Text    string // the plain part
	HTML    string // the HTML part
}

// Parse reads a mail as a server got it.
func Parse(raw []byte) (Mail, error) {
	message, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		return Mail{}, fmt.Errorf("read mail: %w", err)
	}
	m := Mail{Header: message.Header}
	if m.Subject, err = new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject")); err != nil {
		return m, fmt.Errorf("read subject: %w", err)
	}
	kind, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil {
		return m, fmt.Errorf("read content type: %w", err)
	}
	if kind != "multipart/alternative" && kind != "multipart/mixed" {
		return m, m.keep(kind, m.Header.Get("Content-Transfer-Encoding"), message.Body)
	}
	return m, m.readParts(multipart.NewReader(message.Body, params["boundary"]))
}

func (m *Mail) readParts(parts *multipart.Reader) error {
	for {
		part, err := parts.NextRawPart()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read parts: %w", err)
		}
		kind, _, err := mime.ParseMediaType(part.Header.Get("Content-Type"))
		if err != nil {
			return fmt.Errorf("read content type of a part: %w", err)
		}
		if err := m.keep(kind, part.Header.Get("Content-Transfer-Encoding"), part); err != nil {
			return err
		}
	}
}

func (m *Mail) keep(kind, encoding string, r io.Reader) error {
	switch strings.ToLower(encoding) {
	case "quoted-printable":
		r = quotedprintable.NewReader(r)
	case "base64":
		r = base64.NewDecoder(base64.StdEncoding, r)
	}
	content, err := io.ReadAll(r)
	if err != nil {
		return fmt.Errorf("read part %s: %w", kind, err)
	}
	text := strings.ReplaceAll(string(content), "\r\n", "\n")
	switch kind {
	case "text/plain":
		m.Text = text
	case "text/html":
		m.HTML = text
	default:
		return fmt.Errorf("read part: nobody expects %s", kind)
	}
	return nil
}
