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
