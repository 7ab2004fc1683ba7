package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"bellhop/config"
	"bellhop/sinks"
)

// The exit codes.
const (
	codeOK    = 0
	codeFault = 1 // something went wrong
	codeUsage = 2 // the command line or the configuration was not understood
)

// process is what the commands see of the world around them.
type process struct {
	in       io.Reader
	out, err io.Writer
	environ  []string
	kinds    []sinks.Kind
	// program is the path of this program; empty: it could not be found out.
	program string
	// config is the path that --config gives.
	config string
}

// exec runs the command that args name and returns the exit code.
func exec(ctx context.Context, args []string, p process) int {
	root := newRoot(&p)
	root.SetArgs(args)
	root.SetIn(p.in)
	root.SetOut(p.out)
	root.SetErr(p.err)
	cmd, err := root.ExecuteContextC(ctx)
	if err == nil {
		return codeOK
	}
	code := codeOf(err)
	if errors.As(err, new(config.Faults)) {
		fmt.Fprintln(p.err, err)
		return code
	}
	fmt.Fprintln(p.err, "bellhop:", err)
	if code == codeUsage {
		fmt.Fprintf(p.err, "See `%s --help`.\n", cmd.CommandPath())
	}
	return code
}

func newRoot(p *process) *cobra.Command {
	root := &cobra.Command{
		Use:   "bellhop",
		Short: "Tells those who must know of failed NethServer 8 backups",
		Long: "bellhop takes in alerts of failed NethServer 8 backups, finds out what happened\n" +
			"and tells mail, pager and chat, until each has answered.",
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.PersistentFlags().StringVar(&p.config, "config", "/etc/bellhop/config.yml", "`file` with the settings")
	root.AddCommand(newServe(p), newDemo(p), newCheck(p),
		newDeliveries(p), newRetry(p), newDrop(p), newImport(p), newConfig(p), newVersion(p), newCarry(p))
	return root
}

// ran marks an error of a command that understood its arguments.
type ran struct{ error }

func (r ran) Unwrap() error { return r.error }

// runs makes a command of f. An error that f returns is no misuse of the command
// line, unlike those that cobra finds before f is called.
func runs(f func(ctx context.Context) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, _ []string) error {
		if err := f(cmd.Context()); err != nil {
			return ran{err}
		}
		return nil
	}
}

func codeOf(err error) int {
	if errors.As(err, new(ran)) && !errors.As(err, new(config.Faults)) {
		return codeFault
	}
	return codeUsage
}
