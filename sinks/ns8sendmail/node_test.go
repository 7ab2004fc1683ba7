package ns8sendmail_test

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"bellhop/internal/farend"
	"bellhop/internal/retry"
	"bellhop/sinks"
	"bellhop/sinks/ns8sendmail"
	"bellhop/sinks/ns8sendmail/ns8test"
	"bellhop/sinks/smtp/smtpdtest"
)

// on is a sink on a node whose cluster mails through this smarthost.
func on(t *testing.T, s ns8test.Smarthost) sinks.Sink {
	t.Helper()
	return running(t, append(ns8test.Runagent(t, s), "ns8-sendmail"))
}

func running(t *testing.T, command []string) sinks.Sink {
	t.Helper()
	c := ns8sendmail.DefaultConfig()
	c.Command = command
	c.From, c.To = "Sicherung „Nacht“ <backup@example.org>", []string{"admin@example.org", "ops@example.org"}
	kind := ns8sendmail.Kind()
	if faults := kind.Validate(&c); len(faults) != 0 {
		t.Fatal(faults)
	}
	sink, err := kind.New("mail", &c, sinks.Deps{})
	if err != nil {
		t.Fatal(err)
	}
	return sink
}

// smarthost is a mail server in the clear, until the test ends.
func smarthost(t *testing.T) (*farend.Mail, ns8test.Smarthost) {
	t.Helper()
	m := farend.NewMail(time.Now)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error)
	go func() { served <- m.Serve(l) }()
	t.Cleanup(func() { _ = m.Close(); <-served })
	return m, ns8test.Smarthost{Host: "127.0.0.1", Port: l.Addr().(*net.TCPAddr).Port, Encrypt: ns8test.NoTLS}
}

func newest(t *testing.T, m *farend.Mail) (farend.Letter, smtpdtest.Mail) {
	t.Helper()
	all := m.Letters()
	if len(all) == 0 {
		t.Fatal("no mail arrived")
	}
	parsed, err := smtpdtest.Parse(all[len(all)-1].Data)
	if err != nil {
		t.Fatalf("%v in:\n%s", err, all[len(all)-1].Data)
	}
	return all[len(all)-1], parsed
}

func judged(t *testing.T, err error, want retry.Judgement, says string) {
	t.Helper()
	if got := retry.Of(err); err == nil || got != want || !strings.Contains(err.Error(), says) {
		t.Errorf("got %+v, want %+v saying %q: %v", got, want, says, err)
	}
}

func refused(v retry.Verdict) retry.Judgement { return retry.Judgement{Verdict: v, Refused: true} }

func TestAMailArrivesAsItWasMeant(t *testing.T) {
	far, host := smarthost(t)
	s := on(t, host)
	for _, target := range s.Targets() {
		if _, err := s.Send(t.Context(), message(target)); err != nil {
			t.Fatal(err)
		}
		letter, got := newest(t, far)
		want := message("")
		if letter.From != "backup@example.org" || len(letter.To) != 1 || letter.To[0] != target {
			t.Errorf("from %s to %q, want %s alone", letter.From, letter.To, target)
		}
		if got.Subject != "[NS8 Backup] "+want.Text["mail.subject"] || got.HTML != want.Text["mail.html"] || got.Text != "" {
			t.Errorf("got %+v", got)
		}
		if from, err := got.Header.AddressList("From"); err != nil || from[0].Name != "Sicherung „Nacht“" {
			t.Errorf("From is %q, %v", got.Header.Get("From"), err)
		}
	}
}

func TestAPlainTextArrivesAsHTMLThatShowsIt(t *testing.T) {
	far, host := smarthost(t)
	m := message("admin@example.org")
	delete(m.Text, "mail.html")
	m.Text["mail.text"] = "a < 3 and 4 > 2\n  indented & so on\n" + strings.Repeat("x", 3000)
	if _, err := on(t, host).Send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	letter, got := newest(t, far)
	if got.Text != "" || !strings.Contains(got.HTML, "a &lt; 3 and 4 &gt; 2\n  indented &amp; so on\n") {
		t.Errorf("got %+v", got)
	}
	short(t, letter)
}

func short(t *testing.T, letter farend.Letter) {
	t.Helper()
	for line := range bytes.Lines(letter.Data) {
		if len(line) > 1000 {
			t.Errorf("a line of %d bytes: %.100q", len(line), line)
		}
	}
}

func TestASubjectOfManyBytesFitsIntoALine(t *testing.T) {
	far, host := smarthost(t)
	s := on(t, host)
	for _, text := range []string{strings.Repeat("🔥", 300), strings.Repeat("x", 200) + strings.Repeat("€", 300), strings.Repeat("= ü", 300)} {
		m := message("admin@example.org")
		m.Text["mail.subject"] = text
		if _, err := s.Send(t.Context(), m); err != nil {
			t.Fatal(err)
		}
		letter, got := newest(t, far)
		short(t, letter)
		shown := strings.TrimSuffix(strings.TrimPrefix(got.Subject, "[NS8 Backup] "), "…")
		if !strings.HasPrefix(text, shown) || utf8.RuneCountInString(shown) < 140 {
			t.Errorf("subject %q", got.Subject)
		}
	}
}

func TestR12WhatASmarthostSaysIsUnderstood(t *testing.T) {
	far, host := smarthost(t)
	s := on(t, host)
	unknown := retry.Judgement{Verdict: retry.Away}
	for _, c := range []struct {
		fault farend.MailFault
		want  retry.Judgement
		says  string
	}{
		{farend.MailFault{At: farend.AtMail, Code: 553, Text: "5.7.1 not owned by user"}, refused(retry.Misconfigured), "correct the setting from"},
		{farend.MailFault{At: farend.AtMail, Code: 421, Text: "4.3.2 shutting down"}, refused(retry.Away), "shutting down"},
		{farend.MailFault{At: farend.AtMail, Cut: true}, unknown, "whether the mail went out is unknown"},
		{farend.MailFault{At: farend.AtRcpt, Code: 451, Text: "4.7.1 Greylisted"}, refused(retry.Later), "4.7.1 Greylisted"},
		{farend.MailFault{At: farend.AtRcpt, Code: 552, Text: "5.2.2 Mailbox full"}, refused(retry.Later), "Mailbox full"},
		{farend.MailFault{At: farend.AtRcpt, Code: 550, Text: "5.1.1 O'Brien \"left\""}, refused(retry.Dead), `5.1.1 O\'Brien "left"`},
		{farend.MailFault{At: farend.AtData, Code: 554, Text: "5.7.1 Spam"}, refused(retry.Dead), "5.7.1 Spam"},
		{farend.MailFault{At: farend.AtData, Code: 451, Text: "4.3.0 scanner is away"}, refused(retry.Later), "scanner is away"},
		{farend.MailFault{At: farend.AtData, Cut: true, Taken: true}, unknown, "whether the mail went out is unknown"},
	} {
		far.Inject(c.fault)
		_, err := s.Send(t.Context(), message("admin@example.org"))
		judged(t, err, c.want, c.says)
	}
	// All of that was about one mail each.
	if _, err := s.Send(t.Context(), message("admin@example.org")); err != nil {
		t.Error(err)
	}
	if got := len(far.Letters()); got != 2 {
		t.Errorf("%d mails were taken, want the last one and the one whose answer was lost", got)
	}
}

func TestR24ASmarthostThatHangsCostsTheDeadlineAndLeavesNothing(t *testing.T) {
	far, host := smarthost(t)
	s := on(t, host)
	far.Inject(farend.MailFault{At: farend.AtData, Hang: true})
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	_, err := s.Send(ctx, message("admin@example.org"))
	judged(t, err, retry.Judgement{Verdict: retry.Away}, "whether the mail went out is unknown")
	if ctx.Err() == nil {
		t.Error("it did not hang")
	}
}

// A child that runagent has started ends with it.
func TestR24ChildrenAreEndedToo(t *testing.T) {
	program := standIn(t, `sleep 600 & echo $! >$dir/child; wait`)
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if _, err := build(t, program).Send(ctx, message("admin@example.org")); err == nil {
		t.Fatal("it was taken")
	}
	child := strings.TrimSpace(recorded(t, program, "child"))
	const dying = 5 * time.Second // TERM was sent, the kernel takes its time
	for deadline := time.Now().Add(dying); lives(child); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("process %s lives", child)
		}
	}
}

func lives(pid string) bool {
	state, err := os.ReadFile(filepath.Join("/proc", pid, "stat"))
	return !errors.Is(err, fs.ErrNotExist) && !bytes.Contains(state, []byte(") Z "))
}

func TestR12TheClustersSettingsAreAtFault(t *testing.T) {
	_, host := smarthost(t)
	for _, c := range []struct {
		name  string
		spoil func(*ns8test.Smarthost)
		want  retry.Judgement
		says  string
	}{
		{"switched off", func(s *ns8test.Smarthost) { s.Disabled = true }, refused(retry.Misconfigured), "Smarthost is not enabled.; switch on the smarthost"},
		{"incomplete", func(s *ns8test.Smarthost) { s.Half = true }, refused(retry.Misconfigured), "complete the smarthost"},
		{"no host", func(s *ns8test.Smarthost) { s.Host = "" }, refused(retry.Misconfigured), "complete the smarthost"},
		{"no STARTTLS there", func(s *ns8test.Smarthost) { s.Encrypt = ns8test.StartTLS }, refused(retry.Misconfigured), "port and encryption"},
		{"no TLS there", func(s *ns8test.Smarthost) { s.Encrypt = ns8test.TLS }, refused(retry.Misconfigured), "port and encryption"},
		{"no login there", func(s *ns8test.Smarthost) { s.User, s.Pass = "bellhop", "x" }, refused(retry.Misconfigured), "offers no such login"},
		{"nobody listens", func(s *ns8test.Smarthost) { s.Port = 1 }, refused(retry.Away), "Connection refused"},
		{"no such name", func(s *ns8test.Smarthost) { s.Host = "smarthost.invalid" }, refused(retry.Away), "[Errno -"},
		{"Redis is away", func(s *ns8test.Smarthost) { s.NoRedis = true }, refused(retry.Away), "redis.exceptions.ConnectionError"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := host
			c.spoil(&s)
			_, err := on(t, s).Send(t.Context(), message("admin@example.org"))
			judged(t, err, c.want, c.says)
		})
	}
}

func TestR12AModuleThatIsNotHereIsTheSettings(t *testing.T) {
	_, host := smarthost(t)
	s := running(t, append(ns8test.Runagent(t, host), "-m", "mail1", "ns8-sendmail"))
	_, err := s.Send(t.Context(), message("admin@example.org"))
	judged(t, err, refused(retry.Misconfigured), "Cannot find module mail1; look at the setting command")
}

func TestR12ARealSmarthost(t *testing.T) {
	real := smtpdtest.Start(t)
	host := ns8test.Smarthost{Host: real.Host, Port: real.Port, Encrypt: ns8test.StartTLS, Verify: true, CAFile: real.CAFile, User: real.PlainUser, Pass: real.PlainPass}
	bare := host
	bare.Port, bare.Encrypt = real.TLS, ns8test.TLS
	for _, s := range []ns8test.Smarthost{host, bare} {
		if _, err := on(t, s).Send(t.Context(), message("admin@example.org")); err != nil {
			t.Error(err)
		}
	}
	_, err := on(t, host).Send(t.Context(), message("admin@elsewhere.example.net"))
	judged(t, err, refused(retry.Dead), "Invalid recipient")
	wrong := host
	wrong.Pass = "wrong"
	_, err = on(t, wrong).Send(t.Context(), message("admin@example.org"))
	judged(t, err, refused(retry.Misconfigured), "refuses the login")
	wrong.User, wrong.Pass = real.User, real.Pass
	_, err = on(t, wrong).Send(t.Context(), message("admin@example.org"))
	judged(t, err, refused(retry.Misconfigured), "encode a letter; the smarthost's user or password holds letters that are not ASCII")
	stranger := host
	stranger.CAFile = ""
	_, err = on(t, stranger).Send(t.Context(), message("admin@example.org"))
	judged(t, err, refused(retry.Misconfigured), "certificate is not trusted")
	for _, m := range real.Mails(t, 2) {
		if m.Subject != "[NS8 Backup] "+message("").Text["mail.subject"] || m.HTML != message("").Text["mail.html"] {
			t.Errorf("got %+v", m)
		}
	}
}

// What the sink keeps from the command, and why: so the command behaves without it.
func TestTheWaysOfTheCommand(t *testing.T) {
	far, host := smarthost(t)
	words := append(ns8test.Runagent(t, host), "ns8-sendmail")
	for _, c := range []struct {
		name      string
		arguments []string
		exit      int
		says      string
		delivered bool
	}{
		{"two recipients, one mail", []string{"--", "a@example.org", "b@example.org"}, 0, "", true},
		{"broken UTF-8 is delivered and fails", []string{"--subject=caf\xe9", "--", "a@example.org"}, 1, "UnicodeEncodeError", true},
		{"an inner line end", []string{"--subject=a\nBcc: b", "--", "a@example.org"}, 1, "Error: ", false},
		{"an address that is not ASCII", []string{"--", "ä@example.org"}, 1, "Error: ", false},
		{"nobody", nil, 1, "At least one recipient", false},
		{"usage", []string{"--to=x"}, 2, "usage: ns8-sendmail", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			before := len(far.Letters())
			cmd := exec.CommandContext(t.Context(), words[0], append(words[1:len(words):len(words)], c.arguments...)...)
			cmd.Stdin = strings.NewReader("<p>x</p>")
			out, err := cmd.CombinedOutput()
			if got := cmd.ProcessState.ExitCode(); got != c.exit || !strings.Contains(string(out), c.says) {
				t.Errorf("exit %d, %v: %s", got, err, out)
			}
			after := far.Letters()
			if delivered := len(after) > before; delivered != c.delivered {
				t.Errorf("delivered: %v", delivered)
			}
			if c.delivered && len(after[before].To) != 1 {
				t.Errorf("recipients %s", strconv.Quote(strings.Join(after[before].To, " ")))
			}
		})
	}
}
