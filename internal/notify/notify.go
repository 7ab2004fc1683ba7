// Package notify tells the service manager how bellhop stands, in the form of
// sd_notify(3): a datagram to the socket that NOTIFY_SOCKET names. The promise:
// without that variable there is nobody to tell and nothing happens; with it each
// word is sent once, or the error says why not, and sending never waits for long.
//
// What the manager hands over is read from an environment that is given, never
// from the process's own, so that the caller can take it out of there: a command
// that bellhop starts must not find it (podman for one would speak to the manager in
// bellhop's place).
package notify

import (
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"
)

// The words of sd_notify(3) that bellhop uses.
const (
	Ready     = "READY=1"
	Reloading = "RELOADING=1"
	Stopping  = "STOPPING=1"
	Alive     = "WATCHDOG=1"
)

// Status is a line for `systemctl status`.
func Status(text string) string {
	return "STATUS=" + strings.Join(strings.Fields(text), " ") // one line: a second one would be a word of its own
}

// patience bounds the sending of a word: the manager reads at once unless it hangs.
const patience = 5 * time.Second

// Variable is true for the names by which the manager says where and how often it
// wants to hear.
func Variable(name string) bool {
	return name == "NOTIFY_SOCKET" || name == "WATCHDOG_USEC" || name == "WATCHDOG_PID"
}

// Manager is the service manager, if there is one.
type Manager struct {
	socket string // "": there is none
	// Watchdog is the time after which the manager ends a bellhop from which it heard
	// no Alive; 0: never.
	Watchdog time.Duration
}

// New reads from environ how this process, pid, reaches its manager.
func New(environ []string, pid int) (Manager, error) {
	values := make(map[string]string)
	for _, variable := range environ {
		if name, value, _ := strings.Cut(variable, "="); Variable(name) {
			values[name] = value
		}
	}
	m := Manager{socket: values["NOTIFY_SOCKET"]}
	usec, of := values["WATCHDOG_USEC"], values["WATCHDOG_PID"]
	if m.socket == "" || usec == "" || of != "" && of != strconv.Itoa(pid) {
		return m, nil
	}
	n, err := strconv.ParseInt(usec, 10, 64)
	if err != nil || n <= 0 || n > int64(time.Duration(1<<63-1)/time.Microsecond) {
		return m, fmt.Errorf("read WATCHDOG_USEC: %q is no number of microseconds: leave it to the service manager", usec)
	}
	m.Watchdog = time.Duration(n) * time.Microsecond
	return m, nil
}

// Tell sends words, all in one.
func (m Manager) Tell(words ...string) (err error) {
	if m.socket == "" {
		return nil
	}
	// A leading @ stands for a name in the abstract namespace; net knows that, too.
	conn, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: m.socket, Net: "unixgram"})
	if err != nil {
		return fmt.Errorf("reach the service manager: %w", err)
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	if err := conn.SetWriteDeadline(time.Now().Add(patience)); err != nil {
		return fmt.Errorf("tell the service manager: %w", err)
	}
	if _, err := conn.Write([]byte(strings.Join(words, "\n"))); err != nil {
		return fmt.Errorf("tell the service manager: %w", err)
	}
	return nil
}
