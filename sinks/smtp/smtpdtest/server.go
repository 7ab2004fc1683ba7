// Package smtpdtest runs a real mail server for tests: OpenSMTPD, with encryption by
// an authority of the test's own and a login, keeping what it takes in a maildir; and
// it reads mails as those do who get them, with [Parse] and [Threads].
// The promise: it listens on free ports of 127.0.0.1, touches nothing outside the
// test's own folders (it lives in a mount namespace, since its spool and socket have
// fixed places), and is gone when the test ends. Several may run at once. Where
// OpenSMTPD, a C compiler or root is missing the test is skipped, or fails when the
// environment says CI=true.
package smtpdtest

import (
	"bytes"
	_ "embed"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

const (
	// Domain is the only one whose mail the server takes; a recipient of any other
	// is refused with 550.
	Domain = "example.org"

	user     = "bellhop"
	password = "Gepäckwagen 7"

	plainUser     = "old"
	plainPassword = "Handwagen 8"

	patience = 20 * time.Second // for a start, a delivery, an end; CI machines are slow
	pause    = 20 * time.Millisecond
)

//go:embed testdata/legacy.c
var legacy []byte

// Server is a running mail server.
type Server struct {
	Addr   string // host:port
	Host   string
	Port   int    // begins in the clear and wants STARTTLS
	TLS    int    // a port that is encrypted from the first byte
	CAFile string // authority of its certificate, PEM
	User   string // login that it wants
	Pass   string
	// PlainUser and PlainPass are a login of ASCII, for programs that know no other.
	PlainUser, PlainPass string

	kept string // maildir
	log  *log
}

// Start starts a server that ends with the test.
func Start(t testing.TB) *Server {
	t.Helper()
	need(t, os.Geteuid() == 0, "only root may start smtpd")
	for _, program := range []string{"smtpd", "smtpctl", "cc", "mount"} {
		_, err := exec.LookPath(program)
		need(t, err == nil, "there is no "+program)
	}
	authority := NewAuthority(t)
	dir := t.TempDir()
	s := &Server{Host: "127.0.0.1", Port: freePort(t), TLS: freePort(t), CAFile: authority.CAFile, User: user, Pass: password, PlainUser: plainUser, PlainPass: plainPassword, log: &log{}}
	s.Addr = fmt.Sprintf("%s:%d", s.Host, s.Port)
	s.kept = folders(t, dir)
	compile(t, filepath.Join(dir, "legacy.so"))
	write(t, filepath.Join(dir, "logins"), fmt.Appendf(nil, "%s %s\n%s %s\n", user, encrypt(t, password), plainUser, encrypt(t, plainPassword)))
	write(t, filepath.Join(dir, "smtpd.conf"), s.config(dir, authority))
	s.run(t, dir)
	return s
}

func need(t testing.TB, have bool, missing string) {
	t.Helper()
	if have {
		return
	}
	if os.Getenv("CI") == "true" {
		t.Fatal(missing)
	}
	t.Skip(missing)
}

// folders makes what is mounted over /run and /var/spool, and returns the maildir.
// The delivering user is nobody, so the maildir stands where nobody may go.
func folders(t testing.TB, dir string) string {
	t.Helper()
	kept := filepath.Join(dir, "spool", "kept")
	for _, path := range []string{filepath.Join(dir, "run"), filepath.Join(dir, "spool", "smtpd"), kept} {
		if err := os.MkdirAll(path, 0o711); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod(kept, 0o777); err != nil {
		t.Fatal(err)
	}
	return kept
}

// config lets a login send to anybody of the domain, and nobody else.
func (s *Server) config(dir string, a Authority) []byte {
	return fmt.Appendf(nil, `pki here cert "%[1]s"
pki here key "%[2]s"
table logins file:%[3]s
table everybody { "@" = "nobody" }
listen on %[4]s port %[5]d tls-require pki here auth <logins>
listen on %[4]s port %[6]d smtps pki here auth <logins>
action "keep" maildir "/var/spool/kept" virtual <everybody>
match auth from any for domain "%[7]s" action "keep"
`, a.CertFile, a.KeyFile, filepath.Join(dir, "logins"), s.Host, s.Port, s.TLS, Domain)
}

func compile(t testing.TB, path string) {
	t.Helper()
	cmd := exec.Command("cc", "-shared", "-fPIC", "-x", "c", "-o", path, "-", "-ldl")
	cmd.Stdin = bytes.NewReader(legacy)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("compile legacy.c: %v\n%s", err, out)
	}
}

func encrypt(t testing.TB, password string) string {
	t.Helper()
	out, err := exec.Command("smtpctl", "encrypt", password).Output()
	if err != nil {
		t.Fatalf("encrypt a password: %v", err)
	}
	return strings.TrimSpace(string(out))
}

func freePort(t testing.TB) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().(*net.TCPAddr).Port
}

// run starts smtpd in the foreground and waits until it greets.
func (s *Server) run(t testing.TB, dir string) {
	t.Helper()
	cmd := exec.Command("/bin/sh", "-c", `mount --bind "$0/run" /run &&
mount --bind "$0/spool" /var/spool &&
LD_PRELOAD="$0/legacy.so" exec smtpd -d -f "$0/smtpd.conf"`, dir)
	cmd.Stdout, cmd.Stderr = s.log, s.log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Unshareflags: syscall.CLONE_NEWNS}
	if err := cmd.Start(); err != nil {
		need(t, false, "start smtpd in a mount namespace: "+err.Error())
	}
	ended := make(chan struct{})
	go func() { _ = cmd.Wait(); close(ended) }()
	t.Cleanup(func() { stop(cmd, ended) })
	await(t, s, "greeting", func() bool {
		select {
		case <-ended:
			t.Fatalf("smtpd ended:\n%s", s.log)
		default:
		}
		return greets(s.Addr)
	})
}

func stop(cmd *exec.Cmd, ended <-chan struct{}) {
	_ = cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-ended:
	case <-time.After(patience):
	}
	_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // whoever is left of its group
	<-ended
}

func greets(addr string) bool {
	conn, err := net.DialTimeout("tcp", addr, time.Second)
	if err != nil {
		return false
	}
	defer func() { _ = conn.Close() }()
	greeting := make([]byte, 3)
	if err := conn.SetReadDeadline(time.Now().Add(time.Second)); err != nil {
		return false
	}
	_, err = conn.Read(greeting)
	return err == nil && string(greeting) == "220"
}

// Mails waits until n mails have been delivered, and returns all there are,
// in no order.
func (s *Server) Mails(t testing.TB, n int) []Mail {
	t.Helper()
	var files []string
	await(t, s, fmt.Sprintf("delivery of %d mails", n), func() bool {
		files, _ = filepath.Glob(filepath.Join(s.kept, "new", "*"))
		return len(files) >= n
	})
	mails := make([]Mail, len(files))
	for i, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if mails[i], err = Parse(raw); err != nil {
			t.Fatalf("%v in:\n%s", err, raw)
		}
	}
	return mails
}

func await(t testing.TB, s *Server, what string, ready func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !ready(); time.Sleep(pause) {
		if time.Now().After(deadline) {
			t.Fatalf("no %s within %v; smtpd said:\n%s", what, patience, s.log)
		}
	}
}

// log is what smtpd said.
type log struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}
