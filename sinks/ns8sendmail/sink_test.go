package ns8sendmail_test

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"bellhop/internal/fault"
	"bellhop/internal/retry"
	"bellhop/sinks"
	"bellhop/sinks/ns8sendmail"
)

// standIn writes a program that plays runagent and returns its path. It finds its
// own folder in $dir.
func standIn(t *testing.T, script string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "runagent")
	text := "#!/bin/sh\ndir=" + filepath.Dir(path) + "\n" + script + "\n"
	if err := os.WriteFile(path, []byte(text), 0o700); err != nil {
		t.Fatal(err)
	}
	return path
}

// recorder is a stand-in that keeps its arguments, one a line, and its input.
const recorder = `printf '%s\n' "$@" >$dir/args; cat >$dir/body`

func build(t *testing.T, program string) sinks.Sink {
	t.Helper()
	c := ns8sendmail.DefaultConfig()
	c.Command = []string{program, "ns8-sendmail"}
	c.From = "Sicherung <backup@example.org>"
	c.To = []string{"admin@example.org", "Ops <ops@example.org>"}
	kind := ns8sendmail.Kind()
	if faults := kind.Validate(&c); len(faults) != 0 {
		t.Fatal(faults)
	}
	s, err := kind.New("mail", &c, sinks.Deps{})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func message(target string) sinks.Message {
	return sinks.Message{ID: "01J/mail/admin", Target: target, Text: map[string]string{
		"mail.subject": "❌ Backup failed – possible repository error",
		"mail.text":    "nextcloud1 failed",
		"mail.html":    "<!DOCTYPE html>\n<p>nextcloud1 &lt;failed&gt; ü</p>\n",
	}}
}

func recorded(t *testing.T, program, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(filepath.Dir(program), name))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestR11OneCallPerRecipient(t *testing.T) {
	program := standIn(t, recorder)
	s := build(t, program)
	if want := []string{"admin@example.org", "ops@example.org"}; !slices.Equal(s.Targets(), want) {
		t.Fatalf("targets are %q", s.Targets())
	}
	receipt, err := s.Send(t.Context(), message("ops@example.org"))
	if err != nil || receipt.Status != "accepted by the smarthost" {
		t.Fatalf("got %+v, %v", receipt, err)
	}
	want := "ns8-sendmail\n--subject=[NS8 Backup] ❌ Backup failed – possible repository error\n" +
		"--from=\"Sicherung\" <backup@example.org>\n--\nops@example.org\n"
	if got := recorded(t, program, "args"); got != want {
		t.Errorf("arguments:\n%s\nwant:\n%s", got, want)
	}
	if got := recorded(t, program, "body"); got != message("").Text["mail.html"] {
		t.Errorf("body: %q", got)
	}
}

func TestArgumentsAreCleaned(t *testing.T) {
	program := standIn(t, recorder)
	m := message("admin@example.org")
	m.Text["mail.subject"] = "a\nb\x00c\xffd \x1b" + strings.Repeat("x", 1<<20)
	if _, err := build(t, program).Send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	subject := strings.Split(recorded(t, program, "args"), "\n")[1]
	if !strings.HasPrefix(subject, "--subject=[NS8 Backup] a bc\ufffdd xxx") || len(subject) > 300 {
		t.Fatalf("subject: %d bytes, %.60q", len(subject), subject)
	}
}

func TestASecondCopyIsOwnedUpTo(t *testing.T) {
	m := message("admin@example.org")
	m.Heard = true
	receipt, err := build(t, standIn(t, recorder)).Send(t.Context(), m)
	if err != nil || !strings.Contains(receipt.Status, "an earlier attempt may have gone out") {
		t.Fatalf("got %+v, %v", receipt, err)
	}
}

func TestATargetThatIsNoAddressIsSetAside(t *testing.T) {
	s := build(t, "/nonexistent/runagent")
	for _, target := range []string{"", "--help", "ä@example.org", "a@b.org\nc@d.org"} {
		_, err := s.Send(t.Context(), message(target))
		if retry.Of(err).Verdict != retry.Dead {
			t.Errorf("%q: %v", target, err)
		}
	}
}

func TestR24ACommandThatHangsIsEnded(t *testing.T) {
	program := standIn(t, `trap 'touch $dir/ended; exit 1' TERM; while :; do sleep 0.02; done`)
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	_, err := build(t, program).Send(ctx, message("admin@example.org"))
	if j := retry.Of(err); err == nil || j != (retry.Judgement{Verdict: retry.Away}) || !strings.Contains(err.Error(), "whether the mail went out is unknown") {
		t.Fatalf("got %v", err)
	}
	recorded(t, program, "ended")
}

func TestKindSaysWhatItNeeds(t *testing.T) {
	kind := ns8sendmail.Kind()
	limit := kind.Limit
	if kind.Name != "ns8-sendmail" || kind.Supersede != sinks.KeepLatest || !kind.Calm || limit.N != 30 || limit.Per != time.Minute || kind.Timeout != time.Minute {
		t.Fatalf("got %+v", kind)
	}
	if want := []string{"mail.subject", "mail.text", "mail.html"}; !slices.Equal(kind.Parts, want) {
		t.Fatalf("parts are %q", kind.Parts)
	}
}

func TestSettingsFaultsNameTheirKey(t *testing.T) {
	good := func() ns8sendmail.Config {
		c := ns8sendmail.DefaultConfig()
		c.From, c.To = "a@example.org", []string{"b@example.org"}
		return c
	}
	for key, spoil := range map[string]func(*ns8sendmail.Config){
		"from":      func(c *ns8sendmail.Config) { c.From = "" },
		"from ":     func(c *ns8sendmail.Config) { c.From = strings.Repeat("🔥", 90) + " <a@example.org>" },
		"to":        func(c *ns8sendmail.Config) { c.To = nil },
		"to.1":      func(c *ns8sendmail.Config) { c.To = append(c.To, "ü@example.org") },
		"command":   func(c *ns8sendmail.Config) { c.Command = nil },
		"command.0": func(c *ns8sendmail.Config) { c.Command = []string{"", "x"} },
	} {
		c := good()
		spoil(&c)
		faults := c.Validate()
		if len(faults) != 1 || faults[0].Key != strings.TrimSpace(key) || faults[0].Text == "" || faults[0].Remedy == "" {
			t.Errorf("%s: %+v", key, faults)
		}
	}
	if faults := good().Validate(); !slices.Equal(faults, []fault.Fault(nil)) {
		t.Errorf("good settings: %+v", faults)
	}
}
