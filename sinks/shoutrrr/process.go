package shoutrrr

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"bellhop/internal/proc"
	"bellhop/internal/retry"
)

const (
	// grace is how long the process has between TERM, which it does not heed, and KILL.
	grace = time.Second
	// margin is how much sooner than the send the process ends by itself, so that it can
	// still say what it knows.
	margin = time.Second
)

// process runs each errand in a process of program.
type process struct{ program string }

var _ carrier = process{}

// run returns the report, or why there is none. What the process says beside it is not
// quoted: a panic would print what it was given.
func (p process) run(ctx context.Context, e errand) (report, error) {
	if p.program == "" {
		return report{}, retry.Refused(errors.New("bellhop does not know the path of its own program, which carries the message"))
	}
	e.Within = within(ctx)
	task, err := json.Marshal(e)
	if err != nil {
		return report{}, retry.Permanent(fmt.Errorf("write the errand: %w", err))
	}
	result, err := proc.Run(ctx, proc.Command{Args: []string{p.program, Command}, Stdin: task, Grace: grace})
	var r report
	if json.Unmarshal(result.Stdout, &r) == nil && (r.Error != "" || r.Status != "") {
		return r, nil
	}
	switch {
	case ctx.Err() != nil:
		return report{}, retry.Down(0, fmt.Errorf("no answer: %w", ctx.Err()))
	case errors.As(err, new(*fs.PathError)): // it was not even started
		return report{}, retry.Refused(retry.Down(0, err))
	case err != nil:
		return report{}, retry.Down(0, err)
	}
	return report{}, retry.Down(0, fmt.Errorf("%s %s ended with exit code %d and without a report", p.program, Command, result.Exit))
}

func within(ctx context.Context) time.Duration {
	deadline, ok := ctx.Deadline()
	if !ok {
		return timeout
	}
	left := time.Until(deadline)
	return max(left-margin, left/2)
}
