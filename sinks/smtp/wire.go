package smtp

import (
	"context"
	"crypto/tls"
	"net"
	"strconv"
)

// wire makes the one connection of a send and cuts it when the send's context ends,
// so that no read or write hangs for longer. go-mail heeds a context while it dials
// only, and leaves the connection open when a greeting or login goes wrong.
type wire struct {
	ctx  context.Context
	addr string
	tls  *tls.Config // for encryption from the first byte; nil: none yet
	free func()
}

// dial has the form that go-mail wants. The context that go-mail hands in ends with
// the dialling, so the send's own is used.
func (w *wire) dial(context.Context, string, string) (net.Conn, error) {
	var d net.Dialer
	conn, err := d.DialContext(w.ctx, "tcp", w.addr)
	if err != nil {
		return nil, err
	}
	stop := context.AfterFunc(w.ctx, func() { _ = conn.Close() })
	w.free = func() { stop(); _ = conn.Close() }
	if w.tls == nil {
		return conn, nil
	}
	encrypted := tls.Client(conn, w.tls)
	return encrypted, encrypted.HandshakeContext(w.ctx)
}

// close frees the connection, if there was one.
func (w *wire) close() {
	if w.free != nil {
		w.free()
	}
}

func address(c Config) string { return net.JoinHostPort(c.Host, strconv.Itoa(c.Port)) }
