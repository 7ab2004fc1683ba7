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
)

// verdict says what the end of the command means for the mail (R12). Only a
// refusal of this recipient or this mail for good is permanent. What speaks of the
// settings or the cluster (no smarthost, login, sender, arguments, no command) and
// what may mend itself is temporary; the text says what to do.
func verdict(r proc.Result, err error) error {
	switch {
	case errors.Is(err, exec.ErrNotFound), errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%w; this works on a node of NethServer 8 only: there, look at PATH and at the setting command, elsewhere use a sink of type smtp", err)
	case errors.Is(err, proc.ErrTimeout), errors.Is(err, proc.ErrStopped):
		return fmt.Errorf("%w: %s; whether the mail went out is unknown, a second copy may follow", err, reason(r))
	case err != nil:
		return err
	case r.Exit == 0:
		return nil
	case r.Exit < 0:
		return fmt.Errorf("the command was killed by somebody else: %s; whether the mail went out is unknown, a second copy may follow", reason(r))
	case r.Exit == exitUsage:
		return fmt.Errorf("the command does not understand its arguments (exit 2): %s; look at the setting command and at the version of ns8-core", reason(r))
	}
	return failed(string(r.Stderr), fmt.Errorf("exit %d: %s", r.Exit, reason(r)))
}

// failed marks err by what the command said. It says most of it in one line, after
// a traceback at times.
func failed(stderr string, err error) error {
	code := lastCode(stderr)
	switch {
	case strings.Contains(stderr, "Smarthost is not enabled"):
		return fmt.Errorf("%w; switch on the smarthost in the settings of the cluster, or use a sink of type smtp", err)
	case strings.Contains(stderr, "Connection unexpectedly closed"):
		return fmt.Errorf("%w; whether the mail went out is unknown, a second copy may follow", err)
	case letter.Login(code):
		return fmt.Errorf("%w; the mail server refuses the login: look at user, password and encryption of the smarthost in the settings of the cluster", err)
	case sender.MatchString(stderr):
		return fmt.Errorf("%w; if the mail server refuses the sender, correct the setting from", err)
	case letter.Final(code, stderr):
		return retry.Permanent(err)
	}
	return err
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
	line := letter.Line(secret.Redact(lines[len(lines)-1]), maxReason)
	if line == "" {
		return "it said nothing"
	}
	return line
}
