package intake_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"bellhop/internal/event"
	"bellhop/internal/intake"
)

const goodBody = `{"alerts":[{"status":"firing","labels":{"alertname":"NsBackupFailed","backup_id":"1"}}]}`

// keeper stands in for whoever keeps signals, and for the metrics.
type keeper struct {
	mu    sync.Mutex
	kept  [][]event.Signal
	fault error
	await func(context.Context) error // for the commands of what is kept
	hold  chan struct{}               // when set, accepting waits until it is closed …
	// … and says here that it does.
	entered chan struct{}
	seen    map[string]int
	took    []time.Duration
}

func (k *keeper) accept(ctx context.Context, ss []event.Signal) (intake.Accepted, error) {
	if k.hold != nil {
		k.entered <- struct{}{}
		select {
		case <-k.hold:
		case <-ctx.Done():
			return intake.Accepted{}, ctx.Err()
		}
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.fault != nil {
		return intake.Accepted{}, k.fault
	}
	k.kept = append(k.kept, ss)
	return intake.Accepted{ID: fmt.Sprintf("id-%d", len(k.kept)), Await: k.await}, nil
}

func (k *keeper) Received(source, result string, n int) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.seen == nil {
		k.seen = make(map[string]int)
	}
	k.seen[source+" "+result] += n
}

func (k *keeper) Took(d time.Duration) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.took = append(k.took, d)
}

func (k *keeper) fail(err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.fault = err
}

func (k *keeper) calls() int {
	k.mu.Lock()
	defer k.mu.Unlock()
	return len(k.kept)
}

// notes collects what is logged.
type notes struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (n *notes) Write(p []byte) (int, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.b.Write(p)
}

func (n *notes) String() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.b.String()
}

// rig is a server on a real port.
type rig struct {
	*keeper
	cfg  intake.Config
	addr string
	log  *notes
	stop context.CancelFunc
	end  chan error
}

func newRig(t *testing.T) *rig {
	t.Helper()
	return &rig{keeper: &keeper{entered: make(chan struct{}, 1)}, cfg: intake.DefaultConfig(), log: &notes{}, end: make(chan error, 1)}
}

func (r *rig) logger() *slog.Logger { return slog.New(slog.NewTextHandler(r.log, nil)) }

func (r *rig) handler() http.Handler {
	return intake.NewHandler(r.cfg, r.accept, r.keeper, time.Now, r.logger())
}

type server func(context.Context, net.Listener, http.Handler, *slog.Logger) error

func within(request time.Duration, conns int) server {
	return func(ctx context.Context, ln net.Listener, h http.Handler, log *slog.Logger) error {
		return intake.ServeWithin(ctx, ln, h, log, request, conns)
	}
}

func (r *rig) start(t *testing.T, h http.Handler, serve server) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r.addr = ln.Addr().String()
	ctx, cancel := context.WithCancel(t.Context())
	r.stop = cancel
	done := make(chan struct{})
	go func() {
		defer close(done)
		r.end <- serve(ctx, ln, h, r.logger())
	}()
	t.Cleanup(func() { cancel(); <-done })
}

func (r *rig) dial(t *testing.T) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", r.addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	if err := c.SetDeadline(time.Now().Add(30 * time.Second)); err != nil {
		t.Fatal(err)
	}
	return c
}

type answer struct {
	code   int
	header http.Header
	body   string
	err    error
}

// post sends body over a connection of its own.
func (r *rig) post(body io.Reader) answer {
	client := &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	res, err := client.Post("http://"+r.addr+"/alert", "", body)
	if err != nil {
		return answer{err: err}
	}
	return read(res)
}

func read(res *http.Response) answer {
	b, err := io.ReadAll(res.Body)
	return answer{res.StatusCode, res.Header, string(b), errors.Join(err, res.Body.Close())}
}

// raw writes text to a new connection and reads one answer.
func (r *rig) raw(t *testing.T, text string) answer {
	t.Helper()
	c := r.dial(t)
	if _, err := io.WriteString(c, text); err != nil {
		return answer{err: err}
	}
	res, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		return answer{err: err}
	}
	return read(res)
}

func wantGood(t *testing.T, a answer) {
	t.Helper()
	if a.err != nil || a.code != http.StatusOK || !strings.Contains(a.body, `"accepted":1,"ignored":0,"id":"id-`) {
		t.Fatalf("got %d %s, %v", a.code, a.body, a.err)
	}
}

func wantRefusal(t *testing.T, a answer, code int, text string) {
	t.Helper()
	if a.err != nil || a.code != code || a.header.Get("Content-Type") != "application/json" ||
		!strings.HasPrefix(a.body, `{"error":"`) || !strings.Contains(a.body, text) {
		t.Fatalf("want %d with %q, got %d %s, %v", code, text, a.code, a.body, a.err)
	}
}

// endless is a body that never ends; it counts what was taken of it.
type endless struct {
	head string
	sent atomic.Int64 // the client may still write when the answer is there
}

func (e *endless) Read(p []byte) (int, error) {
	n := copy(p, e.head)
	e.head = e.head[n:]
	if n == 0 {
		n = len(p)
		clear(p)
	}
	e.sent.Add(int64(n))
	return n, nil
}

var _ intake.Observer = (*keeper)(nil)
