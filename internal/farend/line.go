package farend

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"os"
	"syscall"
)

// Line leads to one HTTP handler without a network: whatever address its client is
// given, the connection ends there. It is a connection all the same, which can be
// refused, cut and left hanging. It takes no port and no time, and works in a bubble of
// testing/synctest; there, sleep a minute of its time after Close, because net/http
// lingers on some connections.
type Line struct {
	server    *http.Server
	transport *http.Transport
	before    func(ctx context.Context, address string) error
	conns     chan net.Conn
	gone      chan struct{}
	served    chan error
}

// NewLine lays a line to h, until [Line.Close]. Before is asked before each
// connection, and an error of it is that of dialling; nil: a stand-in of this package
// refuses as its faults say, anybody else refuses nobody.
func NewLine(h http.Handler, before func(ctx context.Context, address string) error) *Line {
	l := &Line{before: before, conns: make(chan net.Conn), gone: make(chan struct{}), served: make(chan error, 1)}
	if before == nil {
		l.before = refusing(h)
	}
	// A connection a request, so that each can be refused.
	l.transport = &http.Transport{DialContext: l.dial, DisableKeepAlives: true}
	l.server = &http.Server{Handler: h, ErrorLog: slog.NewLogLogger(slog.DiscardHandler, 0)}
	go func() { l.served <- l.server.Serve((*listener)(l)) }()
	return l
}

// Client sends everything down the line.
func (l *Line) Client() *http.Client { return &http.Client{Transport: l.transport} }

// Close cuts all connections and waits until nobody is served any more.
func (l *Line) Close() error {
	l.transport.CloseIdleConnections()
	err := l.server.Close()
	<-l.served
	return err
}

// refusing asks a stand-in whether it refuses the next connection.
func refusing(h http.Handler) func(context.Context, string) error {
	door, known := h.(interface{ refuses() bool })
	return func(context.Context, string) error {
		if known && door.refuses() {
			return &net.OpError{Op: "dial", Net: "tcp", Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}
		}
		return nil
	}
}

func (l *Line) dial(ctx context.Context, _, address string) (net.Conn, error) {
	if err := l.before(ctx, address); err != nil {
		return nil, err
	}
	near, far := net.Pipe()
	select {
	case l.conns <- far:
		return near, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-l.gone:
		return nil, net.ErrClosed
	}
}

// listener is the far side of a line.
type listener Line

var _ net.Listener = (*listener)(nil)

func (l *listener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.gone:
		return nil, net.ErrClosed
	}
}

func (l *listener) Close() error {
	close(l.gone)
	return nil
}

func (l *listener) Addr() net.Addr { return &net.TCPAddr{} }
