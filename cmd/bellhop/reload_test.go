package main

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"bellhop/config"
)

// hangup sends SIGHUP and waits until the log says the text once more.
func (d *daemon) hangup(says string) {
	d.t.Helper()
	before := strings.Count(d.log(), says)
	if err := d.cmd.Process.Signal(syscall.SIGHUP); err != nil {
		d.t.Fatal(err)
	}
	waitFor(d.t, "the log says "+says, func() bool { return strings.Count(d.log(), says) > before })
}

func TestR20ASinkComesAndGoesWithSIGHUP(t *testing.T) {
	first, url := newHook(t)
	second, other := newHook(t)
	second.hang = make(chan struct{}) // until it is let go, nothing ends there
	d := newDaemon(t, url)
	d.start()
	d.settings(0, webhookAt("hook", url), webhookAt("second", other))
	d.hangup("was read anew")
	if !d.alert(t.Context(), "1") {
		t.Fatal("the alert was not accepted")
	}
	waitFor(t, "both heard of it", func() bool { return first.heard("1") == 1 && second.heard("1") == 1 })
	d.settings(0, webhookAt("hook", url))
	d.hangup("was read anew")
	if !d.alert(t.Context(), "2") {
		t.Fatal("the alert was not accepted")
	}
	waitFor(t, "the first heard of it", func() bool { return first.heard("2") == 1 })
	if second.heard("2") != 0 {
		t.Error("a sink that is gone heard of it")
	}
	second.mu.Lock()
	close(second.hang)
	second.hang = nil
	second.mu.Unlock()
	d.settings(0, webhookAt("hook", url), webhookAt("second", other))
	d.hangup("was read anew")
	if !d.alert(t.Context(), "3") {
		t.Fatal("the alert was not accepted")
	}
	waitFor(t, "both heard of it", func() bool { return first.heard("3") == 1 && second.heard("3") == 1 })
}

func TestR20WhatWaitsForASinkThatIsGoneGoesOnWhenItReturns(t *testing.T) {
	first, url := newHook(t)
	d := newDaemon(t, url)
	nobody := webhookAt("second", "http://127.0.0.1:1/")
	d.settings(0, webhookAt("hook", url), nobody)
	d.start()
	if !d.alert(t.Context(), "1") {
		t.Fatal("the alert was not accepted")
	}
	waitFor(t, "the first heard of it", func() bool { return first.heard("1") == 1 })
	d.settings(0, webhookAt("hook", url))
	d.hangup("was read anew")
	second, other := newHook(t)
	d.settings(0, webhookAt("hook", url), webhookAt("second", other))
	d.hangup("was read anew")
	waitFor(t, "the second heard of what waited", func() bool { return second.heard("1") == 1 })
	if first.heard("1") != 1 {
		t.Error("the first heard of it twice")
	}
}

func TestR20AWrongFileLeavesTheOldOneInForce(t *testing.T) {
	h, url := newHook(t)
	d := newDaemon(t, url)
	d.start()
	if err := os.WriteFile(d.file, []byte("sinks:\n  hook: {type: webhok}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	d.hangup("the old one stays")
	if log := d.log(); !strings.Contains(log, d.file+":2") || !strings.Contains(log, "webhok") {
		t.Errorf("the log does not name file, line and fault: %s", log)
	}
	if !d.alert(t.Context(), "1") {
		t.Fatal("bellhop no longer answers")
	}
	waitFor(t, "it was told", func() bool { return h.heard("1") == 1 })
}

func TestR20WhatTakesARestartIsNamed(t *testing.T) {
	_, url := newHook(t)
	d := newDaemon(t, url)
	d.start()
	d.settings(1, webhookAt("hook", url))
	d.hangup("takes a restart")
	if !strings.Contains(d.log(), "key=receiver.port") || !d.alert(t.Context(), "1") {
		t.Errorf("the log says: %s", d.log())
	}
}

func TestR20TheLogsFileIsOpenedAnew(t *testing.T) {
	file := filepath.Join(t.TempDir(), "log")
	p := process{err: os.Stderr}
	j, err := openLog(config.Logging{Level: "INFO", Format: "text", File: file}, p.err)
	if err != nil {
		t.Fatal(err)
	}
	defer j.close()
	j.log.Info("before")
	if err := os.Rename(file, file+".1"); err != nil {
		t.Fatal(err)
	}
	if err := j.reopen(); err != nil {
		t.Fatal(err)
	}
	if restart := j.follow(config.Logging{Level: "ERROR", Format: "json", File: file}); !restart {
		t.Error("another format is not named")
	}
	j.log.Info("not any more")
	j.log.Error("after")
	for name, want := range map[string]string{file + ".1": "before", file: "after"} {
		b, err := os.ReadFile(name)
		if err != nil || strings.Count(string(b), "\n") != 1 || !strings.Contains(string(b), want) {
			t.Errorf("%s holds %q, error %v", name, b, err)
		}
	}
}
