package admin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

const (
	// dialTimeout is how long an address may take to be found there or not.
	dialTimeout = 5 * time.Second
	// askTimeout bounds one question; the server takes 40 s for an answer at most.
	askTimeout = time.Minute
	// mostAnswer bounds an answer, in bytes: a page of the longest deliveries.
	mostAnswer = 64 << 20
)

// ErrNobody says that no bellhop answers; the error around it says what was tried.
var ErrNobody = errors.New("no bellhop answers: is `bellhop serve` running, and with this configuration?")

// SocketPath is where a bellhop that keeps its queue in folder listens for the
// commands of its machine.
func SocketPath(folder string) string { return filepath.Join(folder, "bellhop.sock") }

// Client asks a running bellhop: over its socket, else at its listener. Texts of
// errors are the server's own. What could not be asked because nobody is there
// wraps [ErrNobody]; then nothing has happened.
type Client struct{ http *http.Client }

// NewClient asks at the socket of that path, else at a host and port.
func NewClient(socket, address string) *Client {
	roads := []net.Addr{&net.UnixAddr{Net: "unix", Name: socket}, road(address)}
	return &Client{&http.Client{
		Timeout:       askTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			DialContext:       func(ctx context.Context, _, _ string) (net.Conn, error) { return dial(ctx, roads) },
			DisableKeepAlives: true,
		},
	}}
}

// road is an address of the network that was not looked up yet.
type road string

func (road) Network() string  { return "tcp" }
func (r road) String() string { return string(r) }

// dial takes the first road that leads to somebody.
func dial(ctx context.Context, roads []net.Addr) (net.Conn, error) {
	d := net.Dialer{Timeout: dialTimeout}
	var tried []string
	for _, r := range roads {
		conn, err := d.DialContext(ctx, r.Network(), r.String())
		if err == nil {
			return conn, nil
		}
		tried = append(tried, err.Error())
	}
	return nil, fmt.Errorf("%s: %w", strings.Join(tried, "; "), ErrNobody)
}

// DeliveryQuery selects deliveries; what is empty selects all.
type DeliveryQuery struct {
	Sink, State string
	After       string // what the last page called next
	Limit       int    // at most so many, up to 1000; 0: 100
}

// Deliveries returns a page of the delivery log.
func (c *Client) Deliveries(ctx context.Context, q DeliveryQuery) (Deliveries, error) {
	values := url.Values{}
	for name, value := range map[string]string{"sink": q.Sink, "state": q.State, "after": q.After} {
		if value != "" {
			values.Set(name, value)
		}
	}
	if q.Limit > 0 {
		values.Set("limit", strconv.Itoa(q.Limit))
	}
	var page Deliveries
	err := c.ask(ctx, http.MethodGet, "/api/v1/deliveries?"+values.Encode(), &page)
	return page, err
}

// Retry sends again what was set aside and returns the id of the new delivery.
func (c *Client) Retry(ctx context.Context, id string) (string, error) {
	var done Done
	err := c.ask(ctx, http.MethodPost, "/api/v1/deliveries/"+url.PathEscape(id)+"/retry", &done)
	return done.ID, err
}

// Drop lets go what was set aside.
func (c *Client) Drop(ctx context.Context, id string) error {
	return c.ask(ctx, http.MethodPost, "/api/v1/deliveries/"+url.PathEscape(id)+"/drop", new(Done))
}

// ask reads the answer of a question into value.
func (c *Client) ask(ctx context.Context, method, target string, value any) error {
	req, err := http.NewRequestWithContext(ctx, method, "http://bellhop"+target, nil)
	if err != nil {
		return fmt.Errorf("ask bellhop: %w", err)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		if u := (*url.Error)(nil); errors.As(err, &u) {
			err = u.Err // the address in it is none
		}
		return fmt.Errorf("ask bellhop: %w", err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(resp.Body, mostAnswer))
	if err != nil {
		return fmt.Errorf("read the answer of bellhop: %w", err)
	}
	if resp.StatusCode/100 != 2 {
		return errors.New(refusalIn(resp, body))
	}
	if err := json.Unmarshal(body, value); err != nil {
		return fmt.Errorf("read the answer of bellhop: %w", err)
	}
	return nil
}

// refusalIn is what the server says why not.
func refusalIn(resp *http.Response, body []byte) string {
	var said struct{ Error string }
	if err := json.Unmarshal(body, &said); err != nil || said.Error == "" {
		return fmt.Sprintf("whoever answers there says %q: is that bellhop?", resp.Status)
	}
	return said.Error
}
