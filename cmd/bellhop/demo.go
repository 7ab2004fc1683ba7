package main

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"bellhop/internal/demo"
)

func newDemo(p *process) *cobra.Command {
	var once bool
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Show the main job on this machine, without NethServer",
		Args:  cobra.NoArgs,
		RunE: runs(func(ctx context.Context) error {
			return demo.Run(ctx, demo.Options{Out: p.out, Now: time.Now, Kinds: p.kinds, Version: version, Once: once})
		}),
	}
	cmd.Flags().BoolVar(&once, "once", false, "end when every sink has answered")
	return cmd
}
