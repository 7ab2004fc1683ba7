// Command bellhop takes in alerts of failed backups, finds out what happened and
// tells those who must know.
//
// Every command ends with 0 when all is well, 1 when something went wrong and 2
// when the command line or the configuration was not understood. What was asked
// for goes to standard output, everything else to standard error.
package main

import (
	"context"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"bellhop/internal/notify"
)

func main() {
	program, err := os.Executable()
	if err != nil {
		program = "" // the sinks that run it will say so
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := exec(ctx, os.Args[1:], process{
		in:      os.Stdin,
		out:     os.Stdout,
		err:     os.Stderr,
		environ: takeEnviron(),
		kinds:   kinds(),
		program: program,
	})
	stop()
	os.Exit(code)
}

// takeEnviron returns the environment and takes out of it what is meant for bellhop
// alone: its own variables, which may hold secrets, and those of the service
// manager, to which a command that bellhop runs must not speak in its place.
func takeEnviron() []string {
	environ := os.Environ()
	for _, variable := range environ {
		if name, _, _ := strings.Cut(variable, "="); strings.HasPrefix(name, "BELLHOP_") || notify.Variable(name) {
			_ = os.Unsetenv(name) // fails only for names that cannot be in an environment
		}
	}
	return environ
}
