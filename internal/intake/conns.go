package intake

import (
	"container/list"
	"net"
	"net/http"
	"sync"
)

// conns bounds how many connections are open. A proper request is done within
// milliseconds, one that is meant to hold us up takes seconds: so when there is
// no room, the connection that has made no step for longest makes it.
type conns struct {
	max   int
	mu    sync.Mutex
	order *list.List // of net.Conn, the latest step last
	at    map[net.Conn]*list.Element
}

func newConns(most int) *conns {
	return &conns{max: most, order: list.New(), at: make(map[net.Conn]*list.Element)}
}

// note is told of each step of a connection: opened, at work, idle, gone.
func (c *conns) note(conn net.Conn, state http.ConnState) {
	if late := c.step(conn, state); late != nil {
		_ = late.Close() // gone already, or going now
	}
}

// step returns the connection that must go, or nil.
func (c *conns) step(conn net.Conn, state http.ConnState) net.Conn {
	c.mu.Lock()
	defer c.mu.Unlock()
	el, known := c.at[conn]
	switch {
	case state == http.StateNew:
		c.at[conn] = c.order.PushBack(conn)
	case !known: // it had to go before
	case state == http.StateClosed, state == http.StateHijacked:
		c.forget(el)
	default:
		c.order.MoveToBack(el)
	}
	if c.order.Len() <= c.max {
		return nil
	}
	return c.forget(c.order.Front())
}

func (c *conns) forget(el *list.Element) net.Conn {
	conn := c.order.Remove(el).(net.Conn)
	delete(c.at, conn)
	return conn
}
