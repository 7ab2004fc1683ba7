package intake

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"time"
)

// ServeWithin is Serve with other limits, so that a test need not wait for the real ones.
func ServeWithin(ctx context.Context, ln net.Listener, h http.Handler, log *slog.Logger, request time.Duration, conns int) error {
	l := defaultLimits()
	l.header, l.request, l.stop, l.conns = request, request, request, conns
	return serve(ctx, ln, h, log, "", l)
}

// ServeHurried is ServeWeb with that limit for a request and for its answer.
func ServeHurried(ctx context.Context, ln net.Listener, h http.Handler, log *slog.Logger, file string, limit time.Duration) error {
	l := defaultLimits()
	l.header, l.request, l.answer = limit, limit, limit
	return serve(ctx, ln, h, log, file, l)
}

// Careful reads any body, as Parse does with those that are odd.
func Careful(body []byte, cfg Config) (Batch, error) { return careful(body, cfg) }
