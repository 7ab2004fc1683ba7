package farend_test

import (
	"errors"
	"net"
	"net/smtp"
	"strings"
	"testing"
	"time"

	gosmtp "github.com/emersion/go-smtp"

	"bellhop/internal/farend"
)

func TestMailKeepsLettersAndRefusesRecipients(t *testing.T) {
	at := time.Unix(1_800_000_000, 0)
	m := farend.NewMail(func() time.Time { return at })
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error)
	go func() { served <- m.Serve(l) }()
	send := func(to string) error {
		return smtp.SendMail(l.Addr().String(), nil, "bellhop@example.org", []string{to}, []byte("Subject: x\r\n\r\nhello\r\n"))
	}
	m.Refuse("nobody@example.org", 550, "no such user")
	if err := send("nobody@example.org"); err == nil || !strings.Contains(err.Error(), "550") {
		t.Errorf("refused recipient: %v", err)
	}
	m.Refuse("nobody@example.org", 0, "")
	if err := send("nobody@example.org"); err != nil {
		t.Error(err)
	}
	letters := m.Letters()
	if len(letters) != 1 || letters[0].From != "bellhop@example.org" || letters[0].To[0] != "nobody@example.org" ||
		!strings.Contains(string(letters[0].Data), "hello") || !letters[0].At.Equal(at) {
		t.Errorf("letters %+v", letters)
	}
	if err := m.Close(); err != nil {
		t.Error(err)
	}
	if err := <-served; err != nil && !errors.Is(err, gosmtp.ErrServerClosed) && !errors.Is(err, net.ErrClosed) {
		t.Errorf("serve ended with %v", err)
	}
}
