package main

import (
	"context"
	"os"
	"os/signal"
	"runtime/debug"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"bellhop/internal/app"
	"bellhop/internal/notify"
)

func newServe(p *process) *cobra.Command {
	return &cobra.Command{
		Use:   "serve",
		Short: "Run the router until SIGTERM",
		Args:  cobra.NoArgs,
		RunE:  runs(func(ctx context.Context) error { return serve(ctx, p) }),
	}
}

// gcPercent lets the heap grow to three times what is in use before it is gone through,
// instead of twice. It holds 10 MB at rest, so that is cheap, and while alerts come in by
// the ten thousand it takes a tenth of the CPU less.
const gcPercent = 200

// serve runs until ctx ends.
func serve(ctx context.Context, p *process) error {
	if !slices.ContainsFunc(p.environ, func(v string) bool { return strings.HasPrefix(v, "GOGC=") }) {
		debug.SetGCPercent(gcPercent)
	}
	c, err := load(p)
	if err != nil {
		return err
	}
	book, err := openLog(c.Logging, p.err)
	if err != nil {
		return err
	}
	defer book.close()
	log := book.log
	manager, err := notify.New(p.environ, os.Getpid())
	if err != nil {
		return err
	}
	a, err := app.New(app.Options{
		Config: c, Version: version, Program: p.program, Now: time.Now, Log: log, Manager: manager,
	})
	if err != nil {
		return err
	}
	debug.FreeOSMemory() // what the start alone needed: templates and settings
	defer onHangup(func() { reload(p, a, book) })()
	log.Info("bellhop serves", "version", version, "address", a.Addr().String(), "queue", c.Queue.Path, "sinks", len(c.Sinks))
	err = a.Run(ctx)
	log.Info("bellhop has stopped; what was not delivered is kept", "queue", c.Queue.Path)
	return err
}

// reload reads everything anew, and has the service manager know meanwhile.
func reload(p *process, a *app.App, book *logbook) {
	a.Tell(notify.Reloading)
	status := "the new configuration was read, and is in force"
	if !reread(p, a, book) {
		status = "the new configuration is wrong, see the log: the old one stays in force"
	}
	a.Tell(notify.Ready, notify.Status(status))
}

// reread reads everything anew, and leaves everything as it was when something is
// wrong with it (R20).
func reread(p *process, a *app.App, book *logbook) (ok bool) {
	log := book.log
	c, err := load(p)
	var restart []string
	if err == nil {
		restart, err = a.Reload(c)
	}
	if err != nil {
		log.Error("the configuration was not read anew, the old one stays: mend it and send SIGHUP again", "err", err)
	} else if book.follow(c.Logging) {
		restart = append(restart, "logging.format")
	}
	if err := book.reopen(); err != nil {
		log.Error("the log goes on where it was", "err", err)
	}
	for _, key := range restart {
		log.Warn("a changed setting takes a restart; the old one stays in force", "key", key)
	}
	if err == nil {
		log.Info("the configuration was read anew", "sinks", len(c.Sinks), "routes", len(c.Routes))
	}
	return err == nil
}

// onHangup calls f at each SIGHUP, one after the other. It returns how to stop that.
func onHangup(f func()) func() {
	hangups := make(chan os.Signal, 1)
	done := make(chan struct{})
	signal.Notify(hangups, syscall.SIGHUP)
	go func() {
		defer close(done)
		for range hangups {
			f()
		}
	}()
	return func() {
		signal.Stop(hangups)
		close(hangups)
		<-done
	}
}
