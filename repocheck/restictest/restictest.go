// Package restictest makes real restic repositories in every state that matters
// and a stand-in for NethServer's runagent that leads to them. The promise: what a
// test sees is restic's own doing; nothing is left behind. Where restic is missing
// the test is skipped, and fails when the environment has CI=true.
package restictest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// Kind is the state that a repository is in.
type Kind string

// The kinds of repository.
const (
	Good          Kind = "good"           // one snapshot, dated as asked
	Empty         Kind = "empty"          // no snapshot
	Locked        Kind = "locked"         // as Good, and a backup was killed: its lock is left
	Damaged       Kind = "damaged"        // as Good, and a younger snapshot that cannot be read
	WrongPassword Kind = "wrong-password" // as Good, opened with another password
	Missing       Kind = "missing"        // no repository at all
	Unreachable   Kind = "unreachable"    // a REST server that refuses the connection
)

// Repository is where restic finds one and what opens it.
type Repository struct {
	Location, Password string
}

const (
	password = "correct horse"
	idLength = 64 // a SHA-256 in hex
)

// Repo makes a repository of the given kind whose snapshot, if it has one, was made
// at the given time. It takes some seconds: restic measures the machine for its key.
func Repo(t testing.TB, kind Kind, at time.Time) Repository {
	t.Helper()
	need(t)
	r := Repository{Location: filepath.Join(t.TempDir(), "repo"), Password: password}
	switch kind {
	case Unreachable:
		r.Location = "rest:http://127.0.0.1:9/repo" // the discard port: nobody listens
		return r
	case Missing:
		return r
	}
	r.run(t, "init")
	if kind == Empty {
		return r
	}
	r.backup(t, at)
	switch kind {
	case Locked:
		r.lock(t)
	case Damaged:
		r.damage(t, at)
	case WrongPassword:
		r.Password = "battery staple"
	}
	return r
}

func need(t testing.TB) {
	t.Helper()
	if _, err := exec.LookPath("restic"); err == nil {
		return
	}
	if os.Getenv("CI") == "true" {
		t.Fatal("restic is not installed")
	}
	t.Skip("restic is not installed")
}

func (r Repository) backup(t testing.TB, at time.Time) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, []byte("worth keeping"), 0o600); err != nil {
		t.Fatal(err)
	}
	r.run(t, "backup", "--time", at.Local().Format(time.DateTime), file)
}

func (r Repository) run(t testing.TB, args ...string) {
	t.Helper()
	if out, err := r.command(t, args...).CombinedOutput(); err != nil {
		t.Fatalf("restic %v: %v\n%s", args, err, out)
	}
}

func (r Repository) command(t testing.TB, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "restic", args...)
	cmd.Env = append(os.Environ(), r.env(t)...)
	return cmd
}

func (r Repository) env(t testing.TB) []string {
	t.Helper()
	return []string{
		"RESTIC_REPOSITORY=" + r.Location,
		"RESTIC_PASSWORD=" + r.Password,
		"RESTIC_CACHE_DIR=" + t.TempDir(),
	}
}

// damage adds a snapshot a minute younger and spoils its file.
func (r Repository) damage(t testing.TB, at time.Time) {
	t.Helper()
	before := r.files(t, "snapshots")
	r.backup(t, at.Add(time.Minute))
	for _, name := range r.files(t, "snapshots") {
		if len(before) == 1 && name != before[0] {
			spoil(t, name)
			return
		}
	}
	t.Fatal("restic made no second snapshot")
}

func spoil(t testing.TB, name string) {
	t.Helper()
	if err := os.Chmod(name, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(fmt.Sprintf("%064d", 0)), 0o600); err != nil {
		t.Fatal(err)
	}
}

// lock begins a backup that waits for its input, and kills it as soon as it holds
// the repository's lock.
func (r Repository) lock(t testing.TB) {
	t.Helper()
	cmd := r.command(t, "backup", "--stdin")
	input, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(time.Minute); len(r.files(t, "locks")) == 0; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("restic took no lock within a minute")
		}
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // killed, as it should be
	_ = input.Close()
}

// files returns the files of a folder that are named by their id, as finished ones are.
func (r Repository) files(t testing.TB, folder string) []string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(r.Location, folder, "*"))
	if err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(names, func(name string) bool { return len(filepath.Base(name)) != idLength })
}
