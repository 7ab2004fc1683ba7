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
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := exec(ctx, os.Args[1:], process{
		in:      os.Stdin,
		out:     os.Stdout,
		err:     os.Stderr,
		environ: os.Environ(),
		kinds:   kinds(),
	})
	stop()
	os.Exit(code)
}
