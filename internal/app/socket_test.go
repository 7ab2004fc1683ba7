package app_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"bellhop/internal/admin"
)

// startIn runs a bellhop whose queue is in folder and which tells one webhook.
func startIn(t *testing.T, folder string) *running {
	t.Helper()
	far := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(far.Close)
	return start(t, fmt.Sprintf("receiver: {port: 0}\nredis: {address: \"127.0.0.1:1\"}\nqueue: {path: %q}\nsinks: {hook: {type: webhook, url: %q}}\n", folder, far.URL))
}

// over sends HTTP to a socket, whatever the address.
func over(socket string) *http.Client {
	return &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "unix", socket)
		},
	}}
}

// TestOnlyTheListenerRefusesOtherSites posts as a page of another site would.
func TestOnlyTheListenerRefusesOtherSites(t *testing.T) {
	folder := t.TempDir()
	r := startIn(t, folder)
	for name, c := range map[string]struct {
		client  *http.Client
		foreign bool
	}{
		"listener": {http.DefaultClient, true},
		"socket":   {over(admin.SocketPath(folder)), false},
	} {
		req, err := http.NewRequest(http.MethodPost, r.url+"/api/v1/deliveries/none/drop", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Origin", "https://evil.example")
		resp, err := c.client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if got := resp.StatusCode == http.StatusForbidden; got != c.foreign {
			t.Errorf("%s: %s", name, resp.Status)
		}
	}
}

// TestASocketThatCannotBeMadeCostsOnlyTheSocket also wants the log to say so.
func TestASocketThatCannotBeMadeCostsOnlyTheSocket(t *testing.T) {
	inTheWay := t.TempDir()
	if err := os.MkdirAll(filepath.Join(inTheWay, "bellhop.sock", "full"), 0o700); err != nil {
		t.Fatal(err)
	}
	for folder, want := range map[string]string{
		filepath.Join(t.TempDir(), strings.Repeat("q", 100)): "choose a shorter queue.path",
		inTheWay: "put the socket into its place",
	} {
		r := startIn(t, folder)
		if r.text("/-/healthy") != "ok\n" {
			t.Error("it does not answer")
		}
		if said := r.log.String(); strings.Count(said, "there is no socket for the commands") != 1 || !strings.Contains(said, want) {
			t.Errorf("the log says %s", said)
		}
		r.stop()
	}
}

func TestWhatAKillLeftOfASocketIsTakenAway(t *testing.T) {
	folder := t.TempDir()
	for _, left := range []string{"bellhop.sock", ".sock/s"} {
		if err := os.MkdirAll(filepath.Join(folder, filepath.Dir(left)), 0o700); err != nil {
			t.Fatal(err)
		}
		ln, err := net.ListenUnix("unix", &net.UnixAddr{Net: "unix", Name: filepath.Join(folder, left)})
		if err != nil {
			t.Fatal(err)
		}
		ln.SetUnlinkOnClose(false)
		if err := ln.Close(); err != nil {
			t.Fatal(err)
		}
	}
	r := startIn(t, folder)
	resp, err := over(admin.SocketPath(folder)).Get("http://bellhop/-/healthy")
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if info, err := os.Stat(admin.SocketPath(folder)); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("got %v, %v", info, err)
	}
	r.stop()
	if _, err := os.Lstat(admin.SocketPath(folder)); err == nil {
		t.Error("the socket is left")
	}
	if _, err := os.Lstat(filepath.Join(folder, ".sock")); err == nil {
		t.Error("the room in which it was made is left")
	}
}

func TestTheSinksAreListed(t *testing.T) {
	r := startIn(t, t.TempDir())
	const want = `{"sinks":[{"name":"hook","type":"webhook","configured":true,"lanes":[{"name":"hook","depth":0,` +
		`"oldest_seconds":0,"gate_open_at":null,"gate_reason":"","misconfigured":false}],"dead":0}]}`
	if got := r.text("/api/v1/sinks"); got != want+"\n" {
		t.Errorf("got %s", got)
	}
}
