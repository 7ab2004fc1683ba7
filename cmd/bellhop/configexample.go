package main

import (
	"context"
	"errors"
	"io"

	"github.com/spf13/cobra"

	"bellhop/config"
)

func newConfig(p *process) *cobra.Command {
	parent := &cobra.Command{
		Use:   "config",
		Short: "Help with the file of settings",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			return errors.New("config alone does nothing: try `bellhop config example`")
		},
	}
	parent.AddCommand(&cobra.Command{
		Use:   "example",
		Short: "Print a commented file with every key and its default",
		Args:  cobra.NoArgs,
		RunE: runs(func(context.Context) error {
			_, err := io.WriteString(p.out, config.Example())
			return err
		}),
	})
	return parent
}
