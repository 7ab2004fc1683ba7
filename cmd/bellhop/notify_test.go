package main

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// manager is the service manager's end of a real socket.
type manager struct {
	conn *net.UnixConn
	mu   sync.Mutex
	said []string // every word but WATCHDOG=1
	pats int      // how often WATCHDOG=1 came
	open error    // what came of an attempt to reach bellhop at the moment of READY=1
}

// newManager lets the daemon be started by a manager with such a watchdog.
func newManager(t *testing.T, d *daemon, watchdog time.Duration) *manager {
	t.Helper()
	name := filepath.Join(t.TempDir(), "notify")
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: name, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	m := &manager{conn: conn}
	ended := make(chan struct{})
	go func() { defer close(ended); m.listen() }()
	t.Cleanup(func() { _ = conn.Close(); <-ended })
	d.environ = []string{"NOTIFY_SOCKET=" + name, "WATCHDOG_USEC=" + strconv.FormatInt(watchdog.Microseconds(), 10)}
	return m
}

// listen takes down what is said until the socket is closed.
func (m *manager) listen() {
	buf := make([]byte, 4096)
	for {
		n, err := m.conn.Read(buf)
		if err != nil {
			return
		}
		m.hear(strings.Split(string(buf[:n]), "\n"))
	}
}

func (m *manager) hear(words []string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, word := range words {
		if word == "WATCHDOG=1" {
			m.pats++
			continue
		}
		if address, ok := strings.CutPrefix(word, "STATUS=serves at "); ok {
			m.open = reach(address)
			word = "STATUS=serves at …"
		}
		m.said = append(m.said, word)
	}
}

func reach(address string) error {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		return err
	}
	return conn.Close()
}

func (m *manager) heard(word string) bool { return m.count(word) > 0 }

func (m *manager) count(word string) (n int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, said := range m.said {
		if said == word {
			n++
		}
	}
	return n
}

func (m *manager) alive() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.pats
}

// TestTheServiceManagerHearsHowBellhopStands goes through a life: start, signs of
// life, a reload that is refused, one that is not, and the end.
func TestTheServiceManagerHearsHowBellhopStands(t *testing.T) {
	_, url := newHook(t)
	d := newDaemon(t, url)
	m := newManager(t, d, 30*time.Millisecond)
	d.start()
	waitFor(t, "it said that it is ready", func() bool { return m.heard("READY=1") })
	waitFor(t, "it said three times that it is alive", func() bool { return m.alive() >= 3 })

	right, err := os.ReadFile(d.file)
	if err != nil {
		t.Fatal(err)
	}
	d.rewrite("port: 0", "prot: 0")
	d.hangup("the old one stays")
	waitFor(t, "it was ready again", func() bool { return m.count("READY=1") == 2 })
	if err := os.WriteFile(d.file, right, 0o600); err != nil {
		t.Fatal(err)
	}
	d.hangup("was read anew")
	waitFor(t, "it was ready again", func() bool { return m.count("READY=1") == 3 })
	d.end()
	waitFor(t, "it said that it stops", func() bool { return m.heard("STOPPING=1") })

	if m.open != nil {
		t.Errorf("when it said that it is ready, nobody could reach it: %v", m.open)
	}
	want := []string{
		"READY=1", "STATUS=serves at …",
		"RELOADING=1", "READY=1", "STATUS=the new configuration is wrong, see the log: the old one stays in force",
		"RELOADING=1", "READY=1", "STATUS=the new configuration was read, and is in force",
		"STOPPING=1",
	}
	if !slices.Equal(m.said, want) {
		t.Errorf("it said %q, want %q", m.said, want)
	}
}

// TestAFullDiskIsNoReasonToBeEnded: nothing can be written, and the manager hears
// all the same that bellhop is alive.
func TestAFullDiskIsNoReasonToBeEnded(t *testing.T) {
	_, url := newHook(t)
	disk := smallDisk(t)
	d := newDaemonIn(t, url, filepath.Join(disk, "queue"))
	m := newManager(t, d, 30*time.Millisecond)
	d.start()
	fill(t, disk)
	plan := 0 // another one each time: the same alert would be answered from memory
	waitFor(t, "nothing could be kept any more", func() bool { plan++; return !d.alert(t.Context(), fmt.Sprint(plan)) })
	before := m.alive()
	waitFor(t, "it said that it is alive", func() bool { return m.alive() > before+3 })
}

// TestNoCommandCanSpeakToTheServiceManager: podman would, in bellhop's place.
func TestNoCommandCanSpeakToTheServiceManager(t *testing.T) {
	_, url := newHook(t)
	d := newDaemon(t, url)
	newManager(t, d, time.Minute)
	seen := filepath.Join(t.TempDir(), "environ")
	script := filepath.Join(t.TempDir(), "sendmail")
	text := fmt.Sprintf("#!/bin/sh\ncat >/dev/null\nenv >%s.new && mv %s.new %s\n", seen, seen, seen)
	if err := os.WriteFile(script, []byte(text), 0o700); err != nil {
		t.Fatal(err)
	}
	d.settings(0, fmt.Sprintf("mail: {type: ns8-sendmail, from: a@example.org, to: [b@example.org], command: [%q]}", script))
	d.start()
	if !d.alert(t.Context(), "1") {
		t.Fatal("the alert was not accepted")
	}
	waitFor(t, "the command ran", func() bool { _, err := os.Stat(seen); return err == nil })
	environ, err := os.ReadFile(seen)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(environ), "PATH=") {
		t.Fatalf("the command has no environment, the test shows nothing: %s", environ)
	}
	for _, name := range []string{"NOTIFY_SOCKET", "WATCHDOG_USEC"} {
		if strings.Contains(string(environ), name) {
			t.Errorf("the command sees %s", name)
		}
	}
}
