package main

import (
	"context"

	"github.com/spf13/cobra"

	"bellhop/sinks/shoutrrr"
)

// newCarry is what `serve` runs for each message of a shoutrrr sink.
func newCarry(p *process) *cobra.Command {
	return &cobra.Command{
		Use:    shoutrrr.Command,
		Short:  "Carry one message of a shoutrrr sink, told on standard input",
		Args:   cobra.NoArgs,
		Hidden: true,
		RunE:   runs(func(ctx context.Context) error { return shoutrrr.Carry(ctx, p.in, p.out) }),
	}
}
