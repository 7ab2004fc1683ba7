package ns8sendmail_test

import (
	"strings"
	"testing"

	"bellhop/internal/retry"
)

func TestR12VerdictsOnTheCommandsEnd(t *testing.T) {
	for _, c := range []struct {
		name   string
		script string
		want   retry.Verdict
		says   string
	}{
		{"usage", `echo "usage: ns8-sendmail" >&2; echo "ns8-sendmail: error: unrecognized arguments: --from=x" >&2; exit 2`,
			retry.Temporary, "does not understand its arguments (exit 2): ns8-sendmail: error: unrecognized"},
		{"no smarthost", `echo "Error: Smarthost is not enabled." >&2; exit 1`,
			retry.Temporary, "switch on the smarthost in the settings of the cluster"},
		{"greylisted", `echo "Error: (451, b'4.7.1 Greylisted')" >&2; exit 1`, retry.Temporary, "Greylisted"},
		{"recipient put off", `echo "Error: {'admin@example.org': (450, b'4.2.0 later')}" >&2; exit 1`, retry.Temporary, "later"},
		{"recipient refused", `echo "Error: {'admin@example.org': (550, b'5.1.1 No such user')}" >&2; exit 1`, retry.Dead, "5.1.1 No such user"},
		{"recipient with a quote", `echo "Error: {\"o'brien@example.org\": (550, b\"5.1.1 O'Brien left\")}" >&2; exit 1`, retry.Dead, "O'Brien left"},
		{"mail refused", `echo "Error: (554, b'5.7.1 Spam')" >&2; exit 1`, retry.Dead, "Spam"},
		{"after a traceback", `printf 'Traceback (most recent call last):\n  File x\nsmtplib.SMTPRecipientsRefused: {"a@b": (550, b"5.1.1 gone")}\n' >&2; exit 1`,
			retry.Dead, "SMTPRecipientsRefused"},
		{"login refused", `echo "Error: (535, b'5.7.8 bad credentials')" >&2; exit 1`, retry.Temporary, "refuses the login"},
		{"encryption wanted", `echo "Error: (530, b'5.7.0 Must issue STARTTLS')" >&2; exit 1`, retry.Temporary, "encryption of the smarthost"},
		{"sender refused", `echo "Error: (553, b'5.7.1 not owned by user', 'backup@example.org')" >&2; exit 1`, retry.Temporary, "correct the setting from"},
		{"mailbox full", `echo "Error: {'admin@example.org': (552, b'5.2.2 Mailbox full')}" >&2; exit 1`, retry.Temporary, "Mailbox full"},
		{"mailbox full behind 550", `echo "Error: {'admin@example.org': (550, b'5.2.2 over quota')}" >&2; exit 1`, retry.Temporary, "over quota"},
		{"shutting down", `echo "Error: (421, b'4.3.2 shutting down')" >&2; exit 1`, retry.Temporary, "shutting down"},
		{"cut off", `echo "Error: Connection unexpectedly closed" >&2; exit 1`, retry.Temporary, "whether the mail went out is unknown"},
		{"refused connection", `echo "Error: [Errno 111] Connection refused" >&2; exit 1`, retry.Temporary, "Connection refused"},
		{"Redis is down", `printf 'Traceback\nredis.exceptions.ConnectionError: Error 111 connecting\n' >&2; exit 1`, retry.Temporary, "redis.exceptions"},
		{"killed", `kill -KILL $$`, retry.Temporary, "killed by somebody else"},
		{"silent", `exit 1`, retry.Temporary, "exit 1: it said nothing"},
		{"noisy", `head -c 300000 /dev/zero | tr '\0' x >&2; exit 1`, retry.Temporary, "xxx…"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := build(t, standIn(t, "cat >/dev/null\n"+c.script)).Send(t.Context(), message("admin@example.org"))
			if err == nil {
				t.Fatal("no error")
			}
			if got, _ := retry.Of(err); got != c.want {
				t.Errorf("verdict %v, want %v: %v", got, c.want, err)
			}
			text := err.Error()
			if !strings.Contains(text, c.says) || !strings.HasPrefix(text, "send mail to admin@example.org by the cluster's smarthost: ") || len(text) > 700 {
				t.Errorf("it says %q", text)
			}
		})
	}
}

func TestWithoutRunagentTheErrorSaysWhatToDo(t *testing.T) {
	for _, program := range []string{"no-such-runagent", "/nonexistent/runagent"} {
		_, err := build(t, program).Send(t.Context(), message("admin@example.org"))
		if v, _ := retry.Of(err); err == nil || v != retry.Temporary || !strings.Contains(err.Error(), "use a sink of type smtp") {
			t.Errorf("got %v", err)
		}
	}
}
