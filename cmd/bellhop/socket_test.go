package main

import (
	"bytes"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
)

// ask runs a command with the daemon's configuration.
func (d *daemon) ask(args ...string) result {
	d.t.Helper()
	var out, errs bytes.Buffer
	code := exec(d.t.Context(), append([]string{"--config", d.file}, args...), process{out: &out, err: &errs, kinds: kinds()})
	return result{code, out.String(), errs.String()}
}

// socket is where the daemon's socket is, or is not.
func (d *daemon) socket() string { return filepath.Join(d.folder, "bellhop.sock") }

// end is SIGTERM.
func (d *daemon) end() {
	d.t.Helper()
	if err := d.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		d.t.Fatal(err)
	}
	if err := d.cmd.Wait(); err != nil {
		d.t.Errorf("it ended with %v", err)
	}
	d.cmd = nil
}

func TestTheSocketIsItsOwnersAndGoesWithTheProgram(t *testing.T) {
	_, url := newHook(t)
	d := newDaemon(t, url)
	d.start()
	info, err := os.Stat(d.socket())
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode() != fs.ModeSocket|0o600 {
		t.Errorf("its mode is %v", info.Mode())
	}
	// The listener's port is unknown to the configuration: only the socket answers.
	if got := d.ask("deliveries"); got.code != codeOK || !strings.HasPrefix(got.out, "TIME ") {
		t.Errorf("got %+v", got)
	}
	d.end()
	left, err := filepath.Glob(filepath.Join(filepath.Dir(d.socket()), "*"))
	if err != nil || len(left) != 2 || filepath.Base(left[0]) != "bellhop.db" || filepath.Base(left[1]) != "bellhop.journal" {
		t.Errorf("it left %v, %v", left, err)
	}
}

func TestTheSocketOfAKilledProcessIsReplaced(t *testing.T) {
	_, url := newHook(t)
	d := newDaemon(t, url)
	for range 2 {
		d.start()
		d.kill()
		if _, err := os.Lstat(d.socket()); err != nil {
			t.Fatalf("a kill leaves the socket, the test shows nothing else: %v", err)
		}
		if got := d.ask("deliveries"); got.code != codeFault || !strings.Contains(got.err, d.socket()+": connect: connection refused") {
			t.Errorf("got %+v", got)
		}
	}
	d.start()
	if got := d.ask("deliveries"); got.code != codeOK {
		t.Errorf("got %+v", got)
	}
}

func TestAPathTooLongForASocketCostsOnlyTheSocket(t *testing.T) {
	_, hookURL := newHook(t)
	d := newDaemon(t, hookURL)
	d.rewrite("/queue\"", "/"+strings.Repeat("q", 100)+"\"")
	d.start()
	at, err := url.Parse(d.url)
	if err != nil {
		t.Fatal(err)
	}
	d.rewrite("port: 0", "port: "+at.Port())
	if got := d.ask("deliveries"); got.code != codeOK || !strings.HasPrefix(got.out, "TIME ") {
		t.Errorf("got %+v", got)
	}
}

// rewrite changes the configuration.
func (d *daemon) rewrite(from, to string) {
	d.t.Helper()
	old, err := os.ReadFile(d.file)
	if err != nil || !strings.Contains(string(old), from) {
		d.t.Fatalf("%q is not in %s: %v", from, old, err)
	}
	if err := os.WriteFile(d.file, []byte(strings.Replace(string(old), from, to, 1)), 0o600); err != nil {
		d.t.Fatal(err)
	}
}

// TestR22WhatWasRefusedGoesOutAfterARetry is the road of a dead letter: the far
// end refuses for good, a person mends it and retries.
func TestR22WhatWasRefusedGoesOutAfterARetry(t *testing.T) {
	var mended atomic.Bool
	far := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if !mended.Load() {
			http.Error(w, "no such room", http.StatusBadRequest)
		}
	}))
	t.Cleanup(far.Close)
	d := newDaemon(t, far.URL)
	d.start()
	if !d.alert(t.Context(), "1") {
		t.Fatal("the alert was not accepted")
	}
	waitFor(t, "it was set aside", func() bool { return strings.Contains(d.ask("deliveries", "--state", "dead").out, "no such room") })
	mended.Store(true)
	if got := d.ask("retry", "--all-dead"); got.code != codeOK || !strings.Contains(got.out, "goes out again as ") {
		t.Fatalf("got %+v", got)
	}
	waitFor(t, "it was delivered", func() bool { return len(d.sent()) == 1 })
	if got := d.ask("deliveries", "--state", "dead"); strings.Contains(got.out, "dead") {
		t.Errorf("it is still set aside:\n%s", got.out)
	}
}
