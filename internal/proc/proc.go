// Package proc runs a command. The promise: it ends. When its context ends, the
// whole process group gets TERM, then [Grace] (or [HaltGrace] when bellhop itself
// stops) to clean up, then KILL (R24); output beyond a bound is read and thrown
// away, so that a command that prints without end costs no memory. A command that
// cannot be started, or was ended, is an error that says which and how; one that
// ended by itself is none, whatever its exit code.
package proc

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"syscall"
	"time"
)

const (
	// Grace is how long a command may take to end after TERM when its time is up.
	Grace = 10 * time.Second
	// HaltGrace is the same when bellhop itself stops.
	HaltGrace = 5 * time.Second
	// MaxOutput is how many bytes of each output are kept unless Command says so.
	MaxOutput = 64 << 10

	// pipeGrace is how long a child that outlives its parent may hold the outputs.
	pipeGrace = 2 * time.Second
)

// Command is what to run. Nothing passes through a shell.
type Command struct {
	Args  []string // program and arguments
	Env   []string // whole environment; nil: bellhop's own
	Stdin []byte
	// MaxOutput bounds each output in bytes; 0: the package's MaxOutput.
	MaxOutput int
	// Grace after TERM; 0: the package's Grace.
	Grace time.Duration
}

// Result is what a command left behind, also when it was ended.
type Result struct {
	Stdout, Stderr []byte // the first bytes of each
	Cut            bool   // one of them was longer
	Exit           int    // exit code; -1 when a signal ended it or it never ran
}

// Errors of Run, beside those of starting (errors.Is exec.ErrNotFound, fs.ErrNotExist).
var (
	// ErrTimeout: the context's deadline passed and the command was ended.
	ErrTimeout = errors.New("timed out")
	// ErrStopped: the context was cancelled and the command was ended.
	ErrStopped = errors.New("stopped")
)

// Run runs c until it ends or ctx does.
func Run(ctx context.Context, c Command) (Result, error) {
	if len(c.Args) == 0 || c.Args[0] == "" {
		return Result{Exit: -1}, errors.New("start command: no program is named")
	}
	if ctx.Err() != nil {
		return Result{Exit: -1}, fmt.Errorf("start %s: %w", c.Args[0], reason(ctx))
	}
	var stdout, stderr bounded
	stdout.max, stderr.max = c.bound(), c.bound()
	cmd := exec.Command(c.Args[0], c.Args[1:]...)
	cmd.Env = c.Env
	cmd.Stdin = bytes.NewReader(c.Stdin)
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	cmd.WaitDelay = pipeGrace
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		return Result{Exit: -1}, fmt.Errorf("start %s: %w", c.Args[0], err)
	}
	err := c.wait(ctx, cmd)
	return Result{
		Stdout: stdout.buf.Bytes(),
		Stderr: stderr.buf.Bytes(),
		Cut:    stdout.cut || stderr.cut,
		Exit:   cmd.ProcessState.ExitCode(),
	}, err
}

func (c Command) bound() int {
	if c.MaxOutput > 0 {
		return c.MaxOutput
	}
	return MaxOutput
}

// wait returns when the command has ended, by itself (nil) or by us.
func (c Command) wait(ctx context.Context, cmd *exec.Cmd) error {
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	select {
	case err := <-ended:
		return ownFault(cmd, err)
	case <-ctx.Done():
	}
	signal(cmd, syscall.SIGTERM)
	timer := time.NewTimer(c.grace(ctx))
	defer timer.Stop()
	select {
	case <-ended:
		signal(cmd, syscall.SIGKILL) // whoever of the group did not obey
	case <-timer.C:
		signal(cmd, syscall.SIGKILL)
		<-ended
	}
	return fmt.Errorf("run %s: %w", c.Args[0], reason(ctx))
}

func (c Command) grace(ctx context.Context) time.Duration {
	grace := c.Grace
	if grace == 0 {
		grace = Grace
	}
	if errors.Is(ctx.Err(), context.Canceled) {
		return min(grace, HaltGrace)
	}
	return grace
}

// ownFault returns what Wait found beside an exit code: a failed read of the outputs.
func ownFault(cmd *exec.Cmd, err error) error {
	var exit *exec.ExitError
	if err == nil || errors.As(err, &exit) || errors.Is(err, exec.ErrWaitDelay) {
		return nil
	}
	if errors.Is(err, syscall.EPIPE) { // it did not read its input
		return nil
	}
	return fmt.Errorf("run %s: %w", cmd.Path, err)
}

// signal reaches the whole process group; one that is gone already is no fault.
func signal(cmd *exec.Cmd, s syscall.Signal) { _ = syscall.Kill(-cmd.Process.Pid, s) }

func reason(ctx context.Context) error {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return ErrTimeout
	}
	return ErrStopped
}

// bounded keeps the first max bytes and takes the rest without keeping it.
type bounded struct {
	buf bytes.Buffer
	max int
	cut bool
}

func (b *bounded) Write(p []byte) (int, error) {
	room := b.max - b.buf.Len()
	if len(p) > room {
		b.cut = true
		b.buf.Write(p[:room])
		return len(p), nil
	}
	return b.buf.Write(p)
}
