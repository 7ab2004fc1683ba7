package ns8sendmail_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"bellhop/internal/retry"
	"bellhop/sinks"
	"bellhop/sinks/sinktest"
)

// python is how the command prints a reply: Python's smtplib wraps one to a sender
// or a recipient in more than one to anything else.
func python(at sinktest.Phase, text string) string {
	code, words, _ := strings.Cut(text, " ")
	tuple := fmt.Sprintf("(%s, b'%s'", code, words)
	switch at {
	case sinktest.From:
		return tuple + ", 'backup@example.org')"
	case sinktest.Recipient:
		return "{'admin@example.org': " + tuple + ")}"
	}
	return tuple + ")"
}

func TestR12EveryReplyHasItsVerdict(t *testing.T) {
	sinktest.Mail(t, sinktest.MailCase{
		New: func(t *testing.T, at sinktest.Phase, text string) sinks.Sink {
			program := standIn(t, "cat >/dev/null; cat $dir/said >&2; exit 1")
			if err := os.WriteFile(filepath.Join(filepath.Dir(program), "said"), []byte("Error: "+python(at, text)+"\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			return build(t, program)
		},
		Message: message("admin@example.org"),
		Open: func(t *testing.T) (sinks.Sink, func() []byte) {
			far, host := smarthost(t)
			return on(t, host), func() []byte { letter, _ := newest(t, far); return letter.Data }
		},
		// The command prints these as it prints a reply to the mail itself.
		Wants: map[string]sinktest.Want{
			"greet 450 4.7.1 too many connections":      sinktest.Refused(retry.Later),
			"greet 554":                                 sinktest.Refused(retry.Dead),
			"greet 554 5.7.1 no service for you":        sinktest.Refused(retry.Dead),
			"AUTH 503 5.5.1 authentication not enabled": sinktest.Refused(retry.Dead),
		},
	})
}

func TestR12VerdictsOnTheCommandsEnd(t *testing.T) {
	const says, trace = `echo "Error: %s" >&2; exit 1`, `printf 'Traceback (most recent call last):\n  %s\n' >&2; exit 1`
	unknown := retry.Judgement{Verdict: retry.Away}
	refused := func(v retry.Verdict) retry.Judgement { return retry.Judgement{Verdict: v, Refused: true} }
	said := func(text string) string { return fmt.Sprintf(says, text) }
	traced := func(text string) string { return fmt.Sprintf(trace, text) }
	for _, c := range []struct {
		name   string
		script string
		want   retry.Judgement
		says   string
	}{
		{"usage", `echo "usage: ns8-sendmail" >&2; echo "ns8-sendmail: error: unrecognized arguments: --from=x" >&2; exit 2`,
			refused(retry.Misconfigured), "does not understand its arguments (exit 2): ns8-sendmail: error: unrecognized"},
		{"no smarthost", said("Smarthost is not enabled."), refused(retry.Misconfigured), "switch on the smarthost in the settings of the cluster"},
		{"half a smarthost", traced(`File agent, in get_smarthost_settings\nKeyError: host`), refused(retry.Misconfigured), "complete the smarthost"},
		{"no host", said("please run connect() first"), refused(retry.Misconfigured), "complete the smarthost"},
		{"another node", `echo "[FATAL] Cannot find module mail1" >&2; exit 1`, refused(retry.Misconfigured), "no -m"},
		{"login refused", said(`(535, b'5.7.8 bad credentials')`), refused(retry.Misconfigured), "refuses the login"},
		{"encryption wanted", said(`(530, b'5.7.0 Must issue STARTTLS')`), refused(retry.Misconfigured), "encryption of the smarthost"},
		{"no encryption there", said("STARTTLS extension not supported by server."), refused(retry.Misconfigured), "port and encryption"},
		{"encryption at once", said("[SSL: WRONG_VERSION_NUMBER] wrong version number (_ssl.c:992)"), refused(retry.Misconfigured), "port and encryption"},
		{"no login there", said("SMTP AUTH extension not supported by server."), refused(retry.Misconfigured), "offers no such login"},
		{"certificate", said("[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: self-signed"), refused(retry.Misconfigured), "is not trusted"},
		{"sender refused", said(`(553, b'5.7.1 not owned by user', 'backup@example.org')`), refused(retry.Misconfigured), "correct the setting from"},
		{"sender refused at the recipient", said(`{'admin@example.org': (553, b'5.7.1 Sender address rejected: not owned by user x')}`), refused(retry.Misconfigured), "correct the setting from"},
		{"no service for us", traced(`smtplib.SMTPConnectError: (554, b"5.7.1 not you")`), refused(retry.Misconfigured), "does not serve this machine"},
		{"no service now", traced(`smtplib.SMTPConnectError: (450, b"busy")`), refused(retry.Away), "SMTPConnectError"},
		{"greylisted", said(`(451, b'4.7.1 Greylisted')`), refused(retry.Later), "Greylisted"},
		{"recipient refused", said(`{'admin@example.org': (550, b'5.1.1 No such user')}`), refused(retry.Dead), "5.1.1 No such user"},
		{"recipient with a quote", `echo "Error: {\"o'brien@example.org\": (550, b\"5.1.1 O'Brien left\")}" >&2; exit 1`, refused(retry.Dead), "O'Brien left"},
		{"after a traceback", traced(`smtplib.SMTPRecipientsRefused: {"a@b": (550, b"5.1.1 gone")}`), refused(retry.Dead), "SMTPRecipientsRefused"},
		{"refused connection", said("[Errno 111] Connection refused"), refused(retry.Away), "Connection refused"},
		{"no name", said("[Errno -2] Name or service not known"), refused(retry.Away), "Name or service"},
		{"Redis is down", traced(`File agent, in get_smarthost_settings\nredis.exceptions.ConnectionError: Error 111 connecting`), refused(retry.Away), "redis.exceptions"},
		{"cut off", said("Connection unexpectedly closed"), unknown, "whether the mail went out is unknown"},
		{"reset", said("[Errno 104] Connection reset by peer"), unknown, "reset by peer"},
		{"timed out", said("[Errno 110] Connection timed out"), unknown, "timed out"},
		{"killed", `kill -KILL $$`, unknown, "killed by somebody else"},
		{"silent", `exit 1`, unknown, "exit 1: it said nothing"},
		{"noisy", `head -c 300000 /dev/zero | tr '\0' x >&2; exit 1`, unknown, "xxx…"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := build(t, standIn(t, "cat >/dev/null\n"+c.script)).Send(t.Context(), message("admin@example.org"))
			if err == nil {
				t.Fatal("no error")
			}
			if got := retry.Of(err); got != c.want {
				t.Errorf("got %+v, want %+v: %v", got, c.want, err)
			}
			text := err.Error()
			if !strings.Contains(text, c.says) || !strings.HasPrefix(text, "send mail to admin@example.org by the cluster's smarthost: ") || len(text) > 700 {
				t.Errorf("it says %q", text)
			}
		})
	}
}

func TestR12WithoutRunagentTheSinkIsBroken(t *testing.T) {
	locked := standIn(t, "exit 0")
	if err := os.Chmod(locked, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, program := range []string{"no-such-runagent", "/nonexistent/runagent", locked} {
		_, err := build(t, program).Send(t.Context(), message("admin@example.org"))
		want := retry.Judgement{Verdict: retry.Misconfigured, Refused: true}
		if got := retry.Of(err); err == nil || got != want || !strings.Contains(err.Error(), "use a sink of type smtp") {
			t.Errorf("%s: got %+v: %v", program, got, err)
		}
	}
}
