//go:build linux

package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// bellhop is the real program, in a folder of its own.
type bellhop struct {
	t       *testing.T
	bin     string
	dir     string
	cmd     *exec.Cmd
	address string
}

// newBellhop prepares one; settings are what a configuration needs beside
// listener and queue.
func newBellhop(t *testing.T, bin, settings string) *bellhop {
	t.Helper()
	b := &bellhop{t: t, bin: bin, dir: t.TempDir()}
	b.configure(settings)
	t.Cleanup(b.kill)
	return b
}

// configure writes the configuration for the next start.
func (b *bellhop) configure(settings string) {
	b.t.Helper()
	text := fmt.Sprintf("receiver: {port: 0}\nqueue: {path: %q}\nrepo_check: {enabled: false}\n%s\n",
		filepath.Join(b.dir, "queue"), settings)
	if err := os.WriteFile(b.path("config.yml"), []byte(text), 0o600); err != nil {
		b.t.Fatal(err)
	}
}

func (b *bellhop) path(name string) string { return filepath.Join(b.dir, name) }

var addressInLog = regexp.MustCompile(`address=(\S+)`)

// start runs it and returns how long it took until alerts can be kept. Its log
// goes to a file, as an administrator's would.
func (b *bellhop) start() time.Duration {
	b.t.Helper()
	log, err := os.Create(b.path("log"))
	if err != nil {
		b.t.Fatal(err)
	}
	defer func() { _ = log.Close() }()
	b.cmd = exec.Command(b.bin, "--config", b.path("config.yml"), "serve")
	b.cmd.Stderr = log
	began := time.Now()
	if err := b.cmd.Start(); err != nil {
		b.t.Fatal(err)
	}
	b.address = ""
	for b.address == "" || !b.ready() {
		if time.Since(began) > time.Minute {
			b.t.Fatalf("bellhop did not get ready:\n%s", b.log())
		}
		time.Sleep(time.Millisecond)
		if m := addressInLog.FindStringSubmatch(b.log()); m != nil {
			b.address = m[1]
		}
	}
	return time.Since(began)
}

func (b *bellhop) log() string {
	text, err := os.ReadFile(b.path("log"))
	if err != nil {
		b.t.Fatal(err)
	}
	return string(text)
}

func (b *bellhop) ready() bool {
	resp, err := http.Get("http://" + b.address + "/-/ready")
	if err != nil {
		return false
	}
	_ = resp.Body.Close()
	return resp.StatusCode == http.StatusOK
}

// kill is SIGKILL.
func (b *bellhop) kill() {
	if b.cmd != nil {
		_ = b.cmd.Process.Kill()
		_ = b.cmd.Wait()
		b.cmd = nil
	}
}

func (b *bellhop) pid() int { return b.cmd.Process.Pid }

// post sends a body to POST /alert, which has to be accepted.
func (b *bellhop) post(text []byte) {
	b.t.Helper()
	resp, err := http.Post("http://"+b.address+"/alert", "application/json", bytes.NewReader(text))
	if err != nil {
		b.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	if said, _ := io.ReadAll(resp.Body); resp.StatusCode != http.StatusOK {
		b.t.Fatalf("bellhop answers %s: %s", resp.Status, said)
	}
}

// get reads a page of its own.
func (b *bellhop) get(path string) []byte {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.t.Context(), time.Minute)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+b.address+path, nil)
	if err != nil {
		b.t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		b.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		b.t.Fatalf("GET %s: %s %.300s, error %v", path, resp.Status, text, err)
	}
	return text
}

// metric sums up a metric over all its labels.
func (b *bellhop) metric(name string) int {
	b.t.Helper()
	sum := 0.0
	for line := range strings.Lines(string(b.get("/metrics"))) {
		head, value, found := strings.Cut(strings.TrimSpace(line), " ")
		if plain, _, _ := strings.Cut(head, "{"); !found || plain != name {
			continue
		}
		n, err := strconv.ParseFloat(value, 64)
		if err != nil {
			b.t.Fatal(err)
		}
		sum += n
	}
	return int(sum)
}

// waiting is how many jobs wait in the lanes of all sinks.
func (b *bellhop) waiting() int { return b.metric("bellhop_queue_depth") }

// steadyFor is how long nothing may have come in before nothing more is expected.
const steadyFor = 5 * time.Second

// steady waits until no more jobs come in. It returns how many wait, and since when
// there are so many.
func (b *bellhop) steady() (n int, since time.Time) {
	b.t.Helper()
	n, since = -1, time.Now()
	for time.Since(since) < steadyFor {
		if now := b.waiting(); now != n {
			n, since = now, time.Now()
		}
		time.Sleep(200 * time.Millisecond)
	}
	return n, since
}

// events counts the events that are kept.
func (b *bellhop) events() int {
	b.t.Helper()
	n, after := 0, ""
	for {
		var list struct {
			Events []struct{ ID string }
			Next   string
		}
		if err := json.Unmarshal(b.get("/api/v1/events?limit=1000&after="+after), &list); err != nil {
			b.t.Fatal(err)
		}
		n += len(list.Events)
		if after = list.Next; after == "" {
			return n
		}
	}
}

// closedAddress is one that refuses every connection.
func closedAddress(t *testing.T) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ln.Close() }()
	return ln.Addr().String()
}
