package intake

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/exporter-toolkit/web"
)

// limits bounds what one connection may take.
type limits struct {
	header  time.Duration // from the first byte of a request to the end of its header
	request time.Duration // to the end of its body
	answer  time.Duration // from the end of the header to the end of the answer
	idle    time.Duration // between two requests
	stop    time.Duration // for requests under way when the server stops
	conns   int           // connections at once
}

func defaultLimits() limits {
	return limits{
		header:  5 * time.Second,
		request: 10 * time.Second,
		answer:  40 * time.Second, // longer than a body and an Accept together
		idle:    2 * time.Minute,
		stop:    5 * time.Second,
		conns:   1024,
	}
}

// headerBytes is the largest header of a request.
const headerBytes = 32 << 10

// Serve answers requests on ln with h until ctx ends; then it takes no new ones,
// lets those under way end within 5 s, and returns nil. An error means that it
// could not go on listening. A request whose header takes longer than 5 s, or
// whose body longer than 10 s, is cut off; at 1024 connections each new one
// takes the place of the one that has made no progress for longest. A handler
// that panics costs its own connection alone.
func Serve(ctx context.Context, ln net.Listener, h http.Handler, log *slog.Logger) error {
	return serve(ctx, ln, h, log, "", defaultLimits())
}

// ServeWeb is Serve by a file of Prometheus' web configuration, which says how TLS is
// spoken and who is let in; "": there is none. Certificates and users are read anew
// for each connection and request: while the file cannot be read, the answer is 500
// or the handshake fails.
func ServeWeb(ctx context.Context, ln net.Listener, h http.Handler, log *slog.Logger, file string) error {
	return serve(ctx, ln, h, log, file, defaultLimits())
}

func serve(ctx context.Context, ln net.Listener, h http.Handler, log *slog.Logger, file string, l limits) error {
	srv := &http.Server{
		Handler:                      h,
		ReadHeaderTimeout:            l.header,
		ReadTimeout:                  l.request,
		WriteTimeout:                 l.answer,
		IdleTimeout:                  l.idle,
		MaxHeaderBytes:               headerBytes,
		DisableGeneralOptionsHandler: true,
		ConnState:                    newConns(l.conns).note,
		ErrorLog:                     slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
	ended := make(chan error, 1)
	go func() { ended <- listen(ln, srv, log, file) }()
	select {
	case err := <-ended:
		return fmt.Errorf("serve HTTP on %s: %w", ln.Addr(), err)
	case <-ctx.Done():
	}
	return stop(ctx, srv, log, l.stop)
}

func listen(ln net.Listener, srv *http.Server, log *slog.Logger, file string) error {
	if file == "" {
		return srv.Serve(ln)
	}
	return web.Serve(ln, srv, &web.FlagConfig{WebConfigFile: &file}, log)
}

func stop(ctx context.Context, srv *http.Server, log *slog.Logger, grace time.Duration) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
	defer cancel()
	err := srv.Shutdown(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		log.Warn("requests were cut off at the stop, their senders will try again", "after", grace)
		err = srv.Close()
	}
	if err != nil {
		return fmt.Errorf("stop serving HTTP: %w", err)
	}
	return nil
}
