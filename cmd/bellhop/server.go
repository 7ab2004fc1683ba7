package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"bellhop/internal/admin"
)

// client finds the bellhop that runs with the configuration of --config.
func client(p *process) (*admin.Client, error) {
	c, err := load(p)
	if err != nil {
		return nil, err
	}
	return admin.NewClient(admin.SocketPath(c.Queue.Path), c.Receiver.Address()), nil
}

// each does something to every delivery of a list, tells of each what became of it
// and counts in its error those of which nothing did. Without a server it ends at
// once.
func each(p *process, what string, ids []string, do func(id string) (string, error)) error {
	refused := 0
	for _, id := range ids {
		said, err := do(id)
		switch {
		case errors.Is(err, admin.ErrNobody):
			return err
		case err != nil:
			refused++
			fmt.Fprintf(p.err, "%s: %s\n", printable(id), printable(err.Error()))
		default:
			if _, err := fmt.Fprintf(p.out, "%s: %s\n", printable(id), printable(said)); err != nil {
				return err
			}
		}
	}
	if refused > 0 {
		return fmt.Errorf("%d of %s could not be %s", refused, deliveries(len(ids)), what)
	}
	return nil
}

func deliveries(n int) string {
	if n == 1 {
		return "1 delivery"
	}
	return fmt.Sprintf("%d deliveries", n)
}

// runsWith is runs for commands with arguments.
func runsWith(f func(ctx context.Context, args []string) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		return runs(func(ctx context.Context) error { return f(ctx, args) })(cmd, args)
	}
}
