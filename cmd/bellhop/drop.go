package main

import (
	"context"
	"errors"

	"github.com/spf13/cobra"
)

func newDrop(p *process) *cobra.Command {
	return &cobra.Command{
		Use:   "drop ID...",
		Short: "Let go what was set aside",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return errors.New("name the deliveries: `bellhop deliveries --state dead` lists them")
			}
			return nil
		},
		RunE: runsWith(func(ctx context.Context, ids []string) error { return drop(ctx, p, ids) }),
	}
}

func drop(ctx context.Context, p *process, ids []string) error {
	c, err := client(p)
	if err != nil {
		return err
	}
	return each(p, "dropped", ids, func(id string) (string, error) { return "dropped", c.Drop(ctx, id) })
}
