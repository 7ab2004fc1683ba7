package ns8sendmail

import (
	"errors"
	"fmt"
	"io/fs"
	"os/exec"
	"regexp"
	"strconv"
	"strings"

	"bellhop/internal/letter"
	"bellhop/internal/proc"
	"bellhop/internal/retry"
	"bellhop/internal/secret"
)

// maxReason is how many characters of stderr's last line an error shows.
const maxReason = 300

// The exit code of Python's argument parser for arguments that it does not know.
const exitUsage = 2

var (
	// reply is the code of a server's answer as Python prints it: (451, b'…').
	reply = regexp.MustCompile(`\((\d{3}), b['"]`)
	// sender is such an answer with a third element, the sender that was refused.
	sender = regexp.MustCompile(`\(\d{3}, b(?:'.*?'|".*?"), ['"]`)
	// unsayable is Python's complaint of text that it cannot send, and names a letter of
	// it. Recipient and sender are ASCII, so it is the login.
	unsayable = regexp.MustCompile(`('ascii' codec can't encode) .*`)
	// began is the exception, in a traceback, of a server that refuses to begin.
	began = regexp.MustCompile(`\bSMTP(?:Connect|Helo)Error\b`)
)

// verdict says what the end of the command means for the mail (R12). Where the
// command or its settings are at fault, nothing has left; where it was ended, by us or
// by somebody else, whether the mail went out is unknown. The rest is what the mail
// server said. The command is that of
// https://github.com/NethServer/ns8-core/blob/main/core/imageroot/usr/local/agent/bin/ns8-sendmail
func verdict(r proc.Result, err error) error {
	switch {
	case errors.Is(err, exec.ErrNotFound), errors.Is(err, fs.ErrNotExist), errors.Is(err, fs.ErrPermission):
		return retry.Refused(retry.Broken(fmt.Errorf("%w; this works on a node of NethServer 8 only: there, look at PATH and at the setting command, elsewhere use a sink of type smtp", err)))
	case errors.Is(err, proc.ErrTimeout), errors.Is(err, proc.ErrStopped):
		return retry.Down(0, fmt.Errorf("%w: %s; whether the mail went out is unknown, a second copy may follow", err, reason(r)))
	case err != nil:
		return retry.Down(0, err)
	case r.Exit == 0:
		return nil
	case r.Exit < 0:
		return retry.Down(0, fmt.Errorf("the command was killed by somebody else: %s; whether the mail went out is unknown, a second copy may follow", reason(r)))
	case r.Exit == exitUsage:
		return retry.Refused(retry.Broken(fmt.Errorf("the command does not understand its arguments (exit 2): %s; look at the setting command and at the version of ns8-core", reason(r))))
	}
	return failed(string(r.Stderr), fmt.Errorf("exit %d: %s", r.Exit, reason(r)))
}

// failed marks err by what the command said. It says most of it in one line, after
// a traceback at times. What is not known means, as an unmarked error does, that the
// mail server is away; it leaves open whether the mail went out.
func failed(stderr string, err error) error {
	code := lastCode(stderr)
	if code != 0 {
		return answered(code, stderr, err)
	}
	if do := remedy(stderr); do != "" {
		return retry.Refused(retry.Broken(fmt.Errorf("%w; %s", err, do)))
	}
	switch {
	case unreached(stderr):
		return retry.Refused(retry.Down(0, err))
	case strings.Contains(stderr, "Connection unexpectedly closed"):
		err = fmt.Errorf("%w; whether the mail went out is unknown, a second copy may follow", err)
	}
	return retry.Down(0, err)
}

// answered marks err by the mail server's last answer. In one line the command does
// not say to what it was the answer; a sender that was refused shows all the same.
func answered(code int, stderr string, err error) error {
	switch {
	case letter.Login(code):
		err = fmt.Errorf("%w; the mail server refuses the login: look at user, password and encryption of the smarthost in the settings of the cluster", err)
	case sender.MatchString(stderr), letter.Sender(code, stderr):
		return letter.Service(code, fmt.Errorf("%w; if the mail server refuses the sender, correct the setting from", err))
	case began.MatchString(stderr):
		return letter.Service(code, fmt.Errorf("%w; the mail server does not serve this machine: look at the smarthost in the settings of the cluster", err))
	}
	return letter.Reply(code, stderr, err)
}

// remedy says what to do where the settings are at fault, "" where they are not
// known to be. The words are those of the command, of runagent and of Python's
// smtplib and ssl (https://docs.python.org/3/library/smtplib.html).
func remedy(stderr string) string {
	says := func(words string) bool { return strings.Contains(stderr, words) }
	switch {
	case says("redis.exceptions"):
		return "" // whatever else the traceback names
	case says("Smarthost is not enabled"):
		return "switch on the smarthost in the settings of the cluster, or use a sink of type smtp"
	case says("get_smarthost_settings"), says("please run connect() first"):
		return "complete the smarthost in the settings of the cluster"
	case says("CERTIFICATE_VERIFY_FAILED"):
		return "the smarthost's certificate is not trusted: mend it, or the check of it in the settings of the cluster"
	case says("WRONG_VERSION_NUMBER"), says("STARTTLS extension not supported"):
		return "look at port and encryption of the smarthost in the settings of the cluster"
	case says("AUTH extension not supported"), says("No suitable authentication method"):
		return "the mail server offers no such login: look at user and password of the smarthost in the settings of the cluster"
	case unsayable.MatchString(stderr):
		return "the smarthost's user or password holds letters that are not ASCII, which the cluster's command cannot send: give it others, or use a sink of type smtp"
	case says("[FATAL] Cannot find module"):
		return "look at the setting command: runagent needs no -m here"
	}
	return ""
}

// unreached reports whether the command got no connection: to Redis, where its
// settings are, or to the mail server. Python's words for a time that is up are
// not among them: they do not tell before what it was.
func unreached(stderr string) bool {
	for _, words := range []string{
		"redis.exceptions",
		"Connection refused", "No route to host", "Network is unreachable",
		"Name or service not known", "Temporary failure in name resolution", "No address associated with hostname",
	} {
		if strings.Contains(stderr, words) {
			return true
		}
	}
	return false
}

// lastCode is the last code of a mail server in text, 0 when there is none.
func lastCode(text string) int {
	found := reply.FindAllStringSubmatch(text, -1)
	if found == nil {
		return 0
	}
	code, err := strconv.Atoi(found[len(found)-1][1])
	if err != nil {
		return 0
	}
	return code
}

// reason is the last line of what the command said, clean and short.
func reason(r proc.Result) string {
	lines := strings.Split(strings.TrimSpace(string(r.Stderr)), "\n")
	last := unsayable.ReplaceAllString(lines[len(lines)-1], "$1 a letter")
	line := letter.Line(secret.Redact(last), maxReason)
	if line == "" {
		return "it said nothing"
	}
	return line
}
