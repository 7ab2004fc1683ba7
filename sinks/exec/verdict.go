package exec

import (
	"errors"
	"fmt"
	"strings"
	"syscall"
	"time"
	"unicode/utf8"

	"bellhop/internal/proc"
	"bellhop/internal/retry"
	"bellhop/internal/secret"
	"bellhop/sinks"
	"bellhop/sinks/wire"
)

// maxShown is how many bytes of the end of what a command printed are shown: the log
// of deliveries has room for little more.
const maxShown = 700

// outcome is what came of a command.
type outcome struct {
	proc.Result
	err  error
	took time.Duration
	sent syscall.Signal // that told it the end of its incident; 0: none did
}

// verdict says what becomes of the delivery (R12, R17).
func (c Config) verdict(o outcome) (sinks.Receipt, error) {
	printed := o.printed()
	switch {
	case !o.Started:
		return sinks.Receipt{}, unstarted(o.err)
	case errors.Is(o.err, proc.ErrStopped):
		return sinks.Receipt{Status: o.how()}, fmt.Errorf("%w%s", o.err, printed)
	case o.sent != 0:
		return sinks.Receipt{Status: signalName(o.sent) + " at the end of the incident, " + o.how() + printed}, nil
	case errors.Is(o.err, proc.ErrTimeout):
		return sinks.Receipt{Status: o.how()}, c.failed(fmt.Errorf("%w: it ran for longer than timeout, %s, and was ended%s", o.err, retry.Short(c.Timeout), printed))
	case o.err != nil:
		return sinks.Receipt{Status: o.how()}, c.failed(fmt.Errorf("%w%s", o.err, printed))
	case o.Exit != 0:
		return sinks.Receipt{Status: o.how()}, c.failed(fmt.Errorf("run %s: %s%s", c.Command, o.how(), printed))
	}
	return sinks.Receipt{Status: o.how() + printed}, nil
}

// failed marks the error of a command that began to run: it does not run again unless
// the settings say that it may.
func (c Config) failed(err error) error {
	if c.Rerun {
		return retry.After(0, err)
	}
	return retry.Permanent(err)
}

// unstarted marks the error of a command that never ran. The machine may lack room
// for one more process; else it is the settings' fault.
func unstarted(err error) error {
	for _, short := range []error{syscall.EAGAIN, syscall.ENOMEM, syscall.EMFILE, syscall.ENFILE, syscall.ETXTBSY, proc.ErrTimeout, proc.ErrStopped} {
		if errors.Is(err, short) {
			return retry.Refused(retry.After(0, err))
		}
	}
	return retry.Refused(retry.Broken(fmt.Errorf("%w; look at the setting command, at the program's rights and at the first line of a script", err)))
}

// how says how and when it ended.
func (o outcome) how() string {
	end := fmt.Sprintf("exit %d", o.Exit)
	if o.Exit < 0 {
		end = "ended by a signal"
	}
	return fmt.Sprintf("%s after %s", end, o.took.Round(time.Millisecond))
}

// printed is the end of what it printed, in one clean line, after a colon.
func (o outcome) printed() string {
	text := string(o.Stdout)
	if o.Cut { // the first word may be the rest of a URL with a password in it
		_, text, _ = strings.Cut(text, "\n")
	}
	line := wire.Line(secret.Redact(text), maxOutput)
	if line == "" {
		return ""
	}
	return ": " + tail(line, maxShown)
}

// tail is the end of text, at most n bytes of it.
func tail(text string, n int) string {
	if len(text) <= n {
		return text
	}
	at := len(text) - n
	for !utf8.RuneStart(text[at]) {
		at++
	}
	return "…" + text[at:]
}
