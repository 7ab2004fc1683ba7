package main

import (
	"context"
	"errors"
	"io"

	"github.com/spf13/cobra"

	"bellhop/internal/migrate"
)

func newImport(p *process) *cobra.Command {
	parent := &cobra.Command{
		Use:   "import",
		Short: "Print settings made of those of a program that bellhop replaces",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			return errors.New("import alone does nothing: name what to import, am-executor, routing-keys or ns8-backup-monitor")
		},
	}
	parent.AddCommand(
		newImporter(p, "am-executor FILE", "Translate the YAML file of prometheus-am-executor", migrate.AmExecutor),
		newImporter(p, "routing-keys FILE", "Use the keys in pd-event-handler's pd_routing_keys.txt", migrate.RoutingKeys),
		newImporter(p, "ns8-backup-monitor FILE", "Print the config.yml of ns8-backup-monitor as bellhop understands it",
			func(file string) (string, error) { return migrate.BackupMonitor(file, p.kinds) }),
	)
	return parent
}

// newImporter prints what translate makes of a file. Its error is a config.Faults where
// the file is to blame.
func newImporter(p *process, use, short string, translate func(file string) (string, error)) *cobra.Command {
	return &cobra.Command{
		Use:   use,
		Short: short,
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return runs(func(context.Context) error {
				text, err := translate(args[0])
				if err != nil {
					return err
				}
				_, err = io.WriteString(p.out, text)
				return err
			})(cmd, nil)
		},
	}
}
