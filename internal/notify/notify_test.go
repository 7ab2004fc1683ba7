package notify_test

import (
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"bellhop/internal/notify"
)

// listen is a service manager's end.
func listen(t *testing.T, name string) *net.UnixConn {
	t.Helper()
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: name, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

func heard(t *testing.T, conn *net.UnixConn) string {
	t.Helper()
	if err := conn.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 4096)
	n, err := conn.Read(buf)
	if err != nil {
		t.Fatal(err)
	}
	return string(buf[:n])
}

func TestTheManagerHearsEachWordOnALineOfItsOwn(t *testing.T) {
	for _, name := range []string{filepath.Join(t.TempDir(), "notify"), "@bellhop-test-" + t.Name()} {
		manager := listen(t, name)
		m, err := notify.New([]string{"NOTIFY_SOCKET=" + name}, 1)
		if err != nil {
			t.Fatal(err)
		}
		if err := m.Tell(notify.Ready, notify.Status("two\nlines")); err != nil {
			t.Fatal(err)
		}
		if got := heard(t, manager); got != "READY=1\nSTATUS=two lines" {
			t.Errorf("%s heard %q", name, got)
		}
	}
}

func TestWithoutAManagerNothingHappens(t *testing.T) {
	m, err := notify.New([]string{"PATH=/bin", "WATCHDOG_USEC=1000000"}, 1)
	if err != nil || m.Watchdog != 0 {
		t.Errorf("got %+v, %v", m, err)
	}
	if err := m.Tell(notify.Ready); err != nil {
		t.Error(err)
	}
}

func TestAManagerThatIsGoneIsAnError(t *testing.T) {
	m, err := notify.New([]string{"NOTIFY_SOCKET=" + filepath.Join(t.TempDir(), "none")}, 1)
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Tell(notify.Ready); err == nil || !strings.Contains(err.Error(), "reach the service manager") {
		t.Errorf("got %v", err)
	}
}

func TestTheWatchdogIsForTheProcessThatIsNamed(t *testing.T) {
	for name, c := range map[string]struct {
		environ []string
		want    time.Duration
		wrong   bool
	}{
		"none":            {nil, 0, false},
		"without a pid":   {[]string{"WATCHDOG_USEC=180000000"}, 3 * time.Minute, false},
		"of this process": {[]string{"WATCHDOG_USEC=180000000", "WATCHDOG_PID=7"}, 3 * time.Minute, false},
		"of another":      {[]string{"WATCHDOG_USEC=180000000", "WATCHDOG_PID=8"}, 0, false},
		"a word":          {[]string{"WATCHDOG_USEC=soon"}, 0, true},
		"none at all":     {[]string{"WATCHDOG_USEC=0"}, 0, true},
		"beyond all time": {[]string{"WATCHDOG_USEC=9223372036854775807"}, 0, true},
	} {
		m, err := notify.New(append(c.environ, "NOTIFY_SOCKET=/run/none"), 7)
		if m.Watchdog != c.want || (err != nil) != c.wrong {
			t.Errorf("%s: got %v, %v", name, m.Watchdog, err)
		}
		if err != nil && !strings.Contains(err.Error(), "WATCHDOG_USEC") {
			t.Errorf("%s: %v does not name the variable", name, err)
		}
	}
}
