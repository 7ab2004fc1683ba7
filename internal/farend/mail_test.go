package farend_test

import (
	"errors"
	"fmt"
	"net"
	"net/smtp"
	"strings"
	"testing"
	"time"

	gosmtp "github.com/emersion/go-smtp"

	"bellhop/internal/farend"
)

// postOffice serves m until the test ends, and returns how to send to somebody.
func postOffice(t *testing.T, m *farend.Mail) func(to string) error {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error)
	go func() { served <- m.Serve(l) }()
	t.Cleanup(func() {
		if err := m.Close(); err != nil {
			t.Error(err)
		}
		if err := <-served; err != nil && !errors.Is(err, gosmtp.ErrServerClosed) && !errors.Is(err, net.ErrClosed) {
			t.Errorf("serve ended with %v", err)
		}
	})
	return func(to string) error {
		return smtp.SendMail(l.Addr().String(), nil, "bellhop@example.org", []string{to}, []byte("Subject: x\r\n\r\nhello\r\n"))
	}
}

func TestMailKeepsLettersAndRefusesRecipients(t *testing.T) {
	at := time.Unix(1_800_000_000, 0)
	m := farend.NewMail(func() time.Time { return at })
	send := postOffice(t, m)
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
	if got := visits(m); got != "550 to nobody@example.org, 250 to nobody@example.org" {
		t.Errorf("visits: %s", got)
	}
}

func TestMailGreylistsSenderAndRecipient(t *testing.T) {
	at := time.Unix(1_800_000_000, 0)
	m := farend.NewMail(func() time.Time { return at })
	send := postOffice(t, m)
	m.Greylist(time.Minute)
	for _, c := range []struct {
		after time.Duration
		to    string
		taken bool
	}{
		{0, "a@example.org", false},
		{30 * time.Second, "a@example.org", false},
		{0, "b@example.org", false},
		{30 * time.Second, "a@example.org", true}, // a minute after its first visit
		{0, "b@example.org", false},
		{30 * time.Second, "b@example.org", true},
		{0, "a@example.org", true},
	} {
		at = at.Add(c.after)
		err := send(c.to)
		if c.taken && err != nil || !c.taken && (err == nil || !strings.Contains(err.Error(), "4.7.1 Greylisted")) {
			t.Errorf("%s after %v more: %v", c.to, c.after, err)
		}
	}
}

// visits are the tries in a few words.
func visits(m *farend.Mail) string {
	var all []string
	for _, v := range m.Visits() {
		all = append(all, fmt.Sprintf("%d to %s", v.Code, strings.Join(v.To, " ")))
	}
	return strings.Join(all, ", ")
}

func TestMailFaultsAreUsedUpInOrder(t *testing.T) {
	m := farend.NewMail(time.Now)
	send := postOffice(t, m)
	m.Inject(
		farend.MailFault{At: farend.AtMail, Code: 421, Text: "4.3.2 busy"},
		farend.MailFault{},
		farend.MailFault{At: farend.AtRcpt, Code: 451, Text: "4.7.1 greylisted"},
		farend.MailFault{At: farend.AtData, Code: 554, Text: "5.7.1 spam"},
		farend.MailFault{At: farend.AtData, Cut: true},
		farend.MailFault{At: farend.AtData, Cut: true, Taken: true},
	)
	for i, want := range []string{"421", "", "451", "554", "EOF", "EOF", ""} {
		err := send("a@example.org")
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("try %d: %v, want %q", i, err, want)
		}
	}
	if n := len(m.Letters()); n != 3 {
		t.Errorf("%d letters were kept, of two that were taken and one whose reply was lost", n)
	}
	if got, want := visits(m), "421 to , 250 to a@example.org, 451 to a@example.org, 554 to a@example.org, "+
		"0 to a@example.org, 0 to a@example.org, 250 to a@example.org"; got != want {
		t.Errorf("visits: %s", got)
	}
}

func TestMailHangs(t *testing.T) {
	m := farend.NewMail(time.Now)
	send := postOffice(t, m)
	m.Inject(farend.MailFault{At: farend.AtRcpt, Hang: true})
	answered := make(chan error)
	go func() { answered <- send("a@example.org") }()
	select {
	case err := <-answered:
		t.Fatalf("it was answered: %v", err)
	case <-time.After(100 * time.Millisecond):
	}
	if err := m.Close(); err != nil {
		t.Error(err)
	}
	if err := <-answered; err == nil {
		t.Error("the mail was taken")
	}
}
