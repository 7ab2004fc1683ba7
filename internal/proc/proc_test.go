package proc_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
	"unicode/utf8"

	"bellhop/internal/proc"
)

func sh(script string) proc.Command {
	return proc.Command{Args: []string{"/bin/sh", "-c", script}, Grace: 300 * time.Millisecond}
}

func TestRunKeepsOutputsAndExitCode(t *testing.T) {
	c := sh(`cat; echo oops >&2; exit 7`)
	c.Stdin = []byte("hello")
	r, err := proc.Run(t.Context(), c)
	if err != nil || string(r.Stdout) != "hello" || string(r.Stderr) != "oops\n" || r.Exit != 7 || r.Cut {
		t.Fatalf("got %+v, %v", r, err)
	}
}

func TestRunOfAMissingProgramSaysWhich(t *testing.T) {
	_, err := proc.Run(t.Context(), proc.Command{Args: []string{"no-such-runagent"}})
	if !errors.Is(err, exec.ErrNotFound) || !strings.Contains(err.Error(), "no-such-runagent") {
		t.Fatalf("got %v", err)
	}
}

func TestRunOfNothingIsAnError(t *testing.T) {
	if _, err := proc.Run(t.Context(), proc.Command{}); err == nil {
		t.Fatal("no error")
	}
}

func TestEndlessOutputCostsNoMemory(t *testing.T) {
	c := sh(`head -c 200000000 /dev/zero`)
	c.MaxOutput = 1000
	r, err := proc.Run(t.Context(), c)
	if err != nil || len(r.Stdout) != 1000 || !r.Cut {
		t.Fatalf("got %d bytes, cut %v, %v", len(r.Stdout), r.Cut, err)
	}
}

func TestInputThatNobodyReadsIsNoFault(t *testing.T) {
	c := sh(`exit 3`)
	c.Stdin = make([]byte, 1<<20)
	if r, err := proc.Run(t.Context(), c); err != nil || r.Exit != 3 {
		t.Fatalf("got %+v, %v", r, err)
	}
}

func TestR24TermFirstSoThatACommandCanCleanUp(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	c := sh(`trap 'echo cleaned; exit 0' TERM; while :; do sleep 0.05; done`)
	c.Grace = 20 * time.Second
	r, err := proc.Run(ctx, c)
	if !errors.Is(err, proc.ErrTimeout) || string(r.Stdout) != "cleaned\n" {
		t.Fatalf("got %q, %v", r.Stdout, err)
	}
}

func TestR24KillReachesTheWholeGroup(t *testing.T) {
	pidFile := filepath.Join(t.TempDir(), "pid")
	ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
	defer cancel()
	_, err := proc.Run(ctx, sh(`trap '' TERM; sh -c 'trap "" TERM; echo $$ > `+pidFile+`; sleep 600' & wait; sleep 600`))
	if !errors.Is(err, proc.ErrTimeout) {
		t.Fatalf("got %v", err)
	}
	b, err := os.ReadFile(pidFile)
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(b)))
	if err != nil {
		t.Fatal(err)
	}
	gone(t, pid)
}

// gone waits until the process is no more, or a zombie that init has not met yet.
func gone(t *testing.T, pid int) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if syscall.Kill(pid, 0) != nil {
			return
		}
		stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
		if err != nil || strings.Contains(string(stat), ") Z ") {
			return
		}
	}
	t.Fatalf("process %d outlived the command", pid)
}

func TestACancelledContextIsAStop(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := proc.Run(ctx, sh(`true`)); !errors.Is(err, proc.ErrStopped) {
		t.Fatalf("got %v", err)
	}
}

func TestAChildThatHoldsTheOutputsDoesNotHoldRun(t *testing.T) {
	r, err := proc.Run(t.Context(), sh(`echo here; sleep 30 &`))
	if err != nil || string(r.Stdout) != "here\n" {
		t.Fatalf("got %q, %v", r.Stdout, err)
	}
}

func TestJoinedOutputsKeepTheirOrderAndTheirEnd(t *testing.T) {
	c := sh(`head -c 100000 /dev/zero | tr '\0' x; for i in 1 2 3; do echo out $i; echo err $i >&2; done; exit 4`)
	c.Joined, c.MaxOutput = true, 40
	r, err := proc.Run(t.Context(), c)
	want := "out 1\nerr 1\nout 2\nerr 2\nout 3\nerr 3\n"
	if err != nil || r.Exit != 4 || !r.Cut || !r.Started || len(r.Stderr) > 0 || string(r.Stdout) != "xxxx"+want {
		t.Errorf("got %+v, %v: %q", r, err, r.Stdout)
	}
}

func TestASignalReachesTheWholeGroup(t *testing.T) {
	signals := make(chan syscall.Signal, 1)
	ready := filepath.Join(t.TempDir(), "ready")
	if err := syscall.Mkfifo(ready, 0o600); err != nil {
		t.Fatal(err)
	}
	go func() {
		if _, err := os.ReadFile(ready); err == nil { // returns when the child has set its trap
			signals <- syscall.SIGUSR1
		}
	}()
	c := sh(`trap 'echo parent' USR1; sh -c 'trap "echo child; exit 5" USR1; echo > ` + ready + `; while :; do sleep 0.05; done' & wait; wait; exit 6`)
	c.Joined, c.Signals = true, signals
	r, err := proc.Run(t.Context(), c)
	if err != nil || r.Exit != 6 || !strings.Contains(string(r.Stdout), "child") || !strings.Contains(string(r.Stdout), "parent") {
		t.Errorf("got %+v, %v: %q", r, err, r.Stdout)
	}
}

func TestWhatNeverStartedSaysSo(t *testing.T) {
	if r, err := proc.Run(t.Context(), proc.Command{Args: []string{"/nonexistent"}}); err == nil || r.Started {
		t.Errorf("got %+v, %v", r, err)
	}
}

func TestAnyEnvironmentIsCutToWhatTheKernelTakes(t *testing.T) {
	t.Setenv("OWN", "here")
	var add []string
	add = append(add, "FIRST=a\x00b", "OWN=over", "LONG="+strings.Repeat("ä", 1<<20), "SHORT=x")
	for i := range 20000 {
		add = append(add, "N"+strconv.Itoa(i)+"="+strings.Repeat("x", 1000))
	}
	args := []string{"/bin/sh", "-c", `echo "$FIRST $OWN $SHORT $N0 ${#LONG}"; exit 3`}
	env, unwhole := proc.Environ(args, add)
	r, err := proc.Run(t.Context(), proc.Command{Args: args, Env: env})
	if err != nil || r.Exit != 3 || !strings.HasPrefix(string(r.Stdout), "ab over x x") {
		t.Fatalf("got exit %d, %v: %.100s", r.Exit, err, r.Stdout)
	}
	if len(unwhole) < 10000 || unwhole[0] != "FIRST" || unwhole[1] != "LONG" || strings.Contains(strings.Join(unwhole[:5], " "), "SHORT") {
		t.Errorf("%d are not whole: %.200q", len(unwhole), unwhole)
	}
	for _, v := range env {
		if !utf8.ValidString(v) || len(v) >= 128<<10 {
			t.Errorf("a variable has %d bytes", len(v))
		}
	}
}
