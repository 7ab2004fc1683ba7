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
	// Joined has both outputs go to Result.Stdout as they come, and keeps the last
	// bytes instead of the first.
	Joined bool
	// Grace after TERM; 0: the package's Grace.
	Grace time.Duration
	// Signals are passed on to the whole process group while the command runs. Nil:
	// there are none.
	Signals <-chan syscall.Signal
}

// Result is what a command left behind, also when it was ended.
type Result struct {
	Stdout, Stderr []byte // the first bytes of each, or, joined, the last of both
	Cut            bool   // one of them was longer
	Started        bool   // it began to run
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
	stdout, stderr := c.outputs()
	cmd := exec.Command(c.Args[0], c.Args[1:]...)
	cmd.Env = c.Env
	cmd.Stdin = bytes.NewReader(c.Stdin)
	cmd.Stdout, cmd.Stderr = stdout, stderr
	cmd.WaitDelay = pipeGrace
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		return Result{Exit: -1}, fmt.Errorf("start %s: %w", c.Args[0], err)
	}
	err := c.wait(ctx, cmd)
	r := Result{Stdout: stdout.kept, Cut: stdout.cut || stderr.cut, Started: true, Exit: cmd.ProcessState.ExitCode()}
	if stderr != stdout {
		r.Stderr = stderr.kept
	}
	return r, err
}

// outputs keeps what the command prints; joined, both are the same, and os/exec then
// gives the command one pipe, so that the order stays.
func (c Command) outputs() (stdout, stderr *bounded) {
	stdout = &bounded{max: c.bound(), last: c.Joined}
	if c.Joined {
		return stdout, stdout
	}
	return stdout, &bounded{max: c.bound()}
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
	for running := true; running; {
		select {
		case err := <-ended:
			return ownFault(cmd, err)
		case s := <-c.Signals:
			signal(cmd, s)
		case <-ctx.Done():
			running = false
		}
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

// bounded keeps the first max bytes, or the last, and takes the rest without
// keeping it.
type bounded struct {
	kept []byte
	max  int
	last bool
	cut  bool
}

func (b *bounded) Write(p []byte) (int, error) {
	n := len(p)
	if over := len(b.kept) + n - b.max; over > 0 {
		b.cut = true
		if b.last {
			gone := min(over, len(b.kept))
			b.kept, p = append(b.kept[:0], b.kept[gone:]...), p[over-gone:]
		} else {
			p = p[:n-over]
		}
	}
	b.kept = append(b.kept, p...)
	return n, nil
}
