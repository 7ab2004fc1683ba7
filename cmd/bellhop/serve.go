package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"bellhop/config"
	"bellhop/internal/app"
)

func newServe(p *process) *cobra.Command {
	return &cobra.Command{
		Use:   "serve",
		Short: "Run the router until SIGTERM",
		Args:  cobra.NoArgs,
		RunE:  runs(func(ctx context.Context) error { return serve(ctx, p) }),
	}
}

// serve runs until ctx ends.
func serve(ctx context.Context, p *process) error {
	c, err := load(p)
	if err != nil {
		return err
	}
	log, shut, err := openLog(c.Logging, p.err)
	if err != nil {
		return err
	}
	defer shut()
	a, err := app.New(app.Options{Config: c, Version: version, Now: time.Now, Log: log})
	if err != nil {
		return err
	}
	defer ignoreHangups(log)()
	log.Info("bellhop serves", "version", version, "address", a.Addr().String(), "queue", c.Queue.Path, "sinks", len(c.Sinks))
	err = a.Run(ctx)
	log.Info("bellhop has stopped; what was not delivered is kept", "queue", c.Queue.Path)
	return err
}

// openLog makes the logger that the section logging asks for, and how to close it.
func openLog(l config.Logging, stderr io.Writer) (*slog.Logger, func(), error) {
	level, err := l.Slog()
	if err != nil {
		return nil, nil, err
	}
	out, shut := stderr, func() {}
	if l.File != "" {
		file, err := os.OpenFile(l.File, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o640)
		if err != nil {
			return nil, nil, fmt.Errorf("open the log of logging.file: %w", err)
		}
		out, shut = file, func() { _ = file.Close() }
	}
	options := &slog.HandlerOptions{Level: level}
	if l.Format == "json" {
		return slog.New(slog.NewJSONHandler(out, options)), shut, nil
	}
	return slog.New(slog.NewTextHandler(out, options)), shut, nil
}

// ignoreHangups keeps SIGHUP, which rotates logs and reloads elsewhere, from
// ending the program, and says that it did nothing. It returns how to stop that.
func ignoreHangups(log *slog.Logger) func() {
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP)
	go func() {
		for range hangups {
			log.Warn("SIGHUP changes nothing yet: restart bellhop to read the configuration anew")
		}
	}()
	return func() {
		signal.Stop(hangups)
		close(hangups)
	}
}
