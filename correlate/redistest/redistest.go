// Package redistest runs a real Redis for a test, with the users that a
// NethServer 8 has: "default" with the password "nopass" reads what lies under
// cluster/, node/ and module/ and may do nothing else; an administrator, whom only
// the test knows, may do everything. The promise: every test has a server of its
// own, in its own folder, that is gone when the test ends. Without redis-server
// the test is skipped, or fails where CI=true says that it must be there.
package redistest

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"bellhop/correlate/recorded"
)

const (
	admin         = "admin"
	adminPassword = "only-for-the-test"
	startTimeout  = 10 * time.Second
	tries         = 3
)

// Server is a running Redis.
type Server struct {
	// Addr is host and port, Socket the path of the Unix socket. Both stay the same
	// over Stop and Restart, and so does what was written.
	Addr, Socket string
	// Admin may do everything.
	Admin *redis.Client

	t     testing.TB
	dir   string
	cmd   *exec.Cmd
	ended chan struct{} // closed when cmd has ended
}

// Start runs a server until the test ends.
func Start(t testing.TB) *Server {
	t.Helper()
	if _, err := exec.LookPath("redis-server"); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("redis-server is not installed, and CI=true says that it must be")
		}
		t.Skip("redis-server is not installed")
	}
	dir, err := os.MkdirTemp("", "redis") // a socket's path must be short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	s := &Server{t: t, dir: dir, Socket: filepath.Join(dir, "sock")}
	s.Admin = redis.NewClient(&redis.Options{
		Network: "unix", Addr: s.Socket, Username: admin, Password: adminPassword,
		DialerRetries: 1, MaxRetries: -1,
	})
	t.Cleanup(func() { _ = s.Admin.Close() })
	t.Cleanup(s.Stop)
	for range tries { // somebody else may have taken the port meanwhile
		s.Addr = freeAddr(t)
		if err = s.run(); err == nil {
			return s
		}
	}
	t.Fatal(err)
	return nil
}

// Restart starts the server after Stop; it answers when Restart returns.
func (s *Server) Restart() {
	s.t.Helper()
	if err := s.run(); err != nil {
		s.t.Fatal(err)
	}
}

// run starts the process and returns when it answers, or has ended.
func (s *Server) run() error {
	_, port, err := net.SplitHostPort(s.Addr)
	if err != nil {
		return err
	}
	file := filepath.Join(s.dir, "redis.conf")
	if err := os.WriteFile(file, []byte(s.conf(port)), 0o600); err != nil {
		return err
	}
	var out bytes.Buffer
	s.cmd, s.ended = exec.Command("redis-server", file), make(chan struct{})
	s.cmd.Stdout, s.cmd.Stderr = &out, &out
	if err := s.cmd.Start(); err != nil {
		return err
	}
	go func(cmd *exec.Cmd, ended chan<- struct{}) {
		_ = cmd.Wait() // how it ended is of no interest, that it did is
		close(ended)
	}(s.cmd, s.ended)
	if s.answers() {
		return nil
	}
	s.Stop()
	return fmt.Errorf("redis-server does not answer: %s", out.String())
}

// conf is the least that a cluster's Redis needs. The rights of the user default
// are those that NethServer 8 gives.
func (s *Server) conf(port string) string {
	return fmt.Sprintf(`bind 127.0.0.1
port %s
unixsocket %s
dir %s
save ""
appendonly yes
loglevel warning
user default on >nopass resetchannels &* %%R~cluster/* %%R~node/* %%R~module/* -@all +@read +hello +auth +ping +select +client|setname +subscribe +psubscribe +unsubscribe +punsubscribe
user %s on >%s ~* &* +@all
`, port, s.Socket, s.dir, admin, adminPassword)
}

// answers waits until the server answers; false when it ended or takes too long.
func (s *Server) answers() bool {
	for end := time.Now().Add(startTimeout); time.Now().Before(end); {
		if conn, err := net.Dial("unix", s.Socket); err == nil { // go-redis would be slower to notice
			_ = conn.Close()
			if s.Admin.Ping(context.Background()).Err() == nil {
				return true
			}
		}
		select {
		case <-s.ended:
			return false
		case <-time.After(2 * time.Millisecond):
		}
	}
	return false
}

// Stop kills the server as a crash would. A second Stop does nothing.
func (s *Server) Stop() {
	if s.ended == nil {
		return
	}
	_ = s.cmd.Process.Kill() // an error says that it has ended by itself
	<-s.ended
}

// Load fills the server with a recorded state, its times relative to now.
func (s *Server) Load(text string, now time.Time) {
	s.t.Helper()
	commands, err := recorded.Commands(text, now)
	if err != nil {
		s.t.Fatal(err)
	}
	pipe := s.Admin.Pipeline()
	for _, c := range commands {
		args := make([]any, len(c))
		for i, word := range c {
			args[i] = word
		}
		pipe.Do(context.Background(), args...)
	}
	if _, err := pipe.Exec(context.Background()); err != nil {
		s.t.Fatal(err)
	}
}

// freeAddr finds a port that is free now.
func freeAddr(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}
