package main

import (
	"context"
	"errors"
	"io"
	"slices"

	"github.com/spf13/cobra"

	"bellhop/internal/admin"
	"bellhop/router/queue"
)

func newRetry(p *process) *cobra.Command {
	var all bool
	cmd := &cobra.Command{
		Use:   "retry ID... | --all-dead",
		Short: "Send again what was set aside, as things stand now",
		Args: func(_ *cobra.Command, args []string) error {
			if all == (len(args) > 0) {
				return errors.New("name the deliveries, or give --all-dead alone: `bellhop deliveries --state dead` lists them")
			}
			return nil
		},
		RunE: runsWith(func(ctx context.Context, ids []string) error { return retryDead(ctx, p, ids) }),
	}
	cmd.Flags().BoolVar(&all, "all-dead", false, "send again everything that is set aside")
	return cmd
}

// retryDead sends deliveries again; without ids, all that were set aside.
func retryDead(ctx context.Context, p *process, ids []string) error {
	c, err := client(p)
	if err != nil {
		return err
	}
	if len(ids) == 0 {
		if ids, err = dead(ctx, c); err != nil {
			return err
		}
	}
	if len(ids) == 0 {
		_, err := io.WriteString(p.out, "nothing is set aside\n")
		return err
	}
	return each(p, "retried", ids, func(id string) (string, error) {
		again, err := c.Retry(ctx, id)
		return "goes out again as " + again, err
	})
}

// dead lists, oldest first, what is set aside: what waited longest goes out first.
func dead(ctx context.Context, c *admin.Client) ([]string, error) {
	var ids []string
	q := admin.DeliveryQuery{State: string(queue.Dead), Limit: mostListed}
	for {
		page, err := c.Deliveries(ctx, q)
		if err != nil {
			return nil, err
		}
		for _, d := range page.Deliveries {
			ids = append(ids, d.ID)
		}
		if page.Next == "" {
			slices.Reverse(ids)
			return ids, nil
		}
		q.After = page.Next
	}
}
