package shoutrrr

import (
	"context"
	"net/http"
	"time"

	"bellhop/sinks"
)

// NewInside builds a sink whose messages are carried in the process of the test.
func NewInside(c Config, d sinks.Deps) (*Sink, error) {
	return build(c, d, inside{d.Client, d.Now})
}

// inside does what the carrying process does.
type inside struct {
	client *http.Client
	now    func() time.Time
}

func (i inside) run(ctx context.Context, e errand) (report, error) {
	return carry(ctx, e, i.client, i.now), nil
}

// Services names those that the table has.
func Services() []string {
	var all []string
	for name := range services() {
		all = append(all, name)
	}
	return all
}

// Timeout bounds one send.
const Timeout = timeout

// Room is what fits into a message of a service.
func Room(name string) (bytes int, titled, offered bool) {
	s := services()[name]
	return s.text, s.title > 0, s.instead == ""
}
