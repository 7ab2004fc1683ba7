package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	osexec "os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// smallDisk mounts a disk of 16 MiB and returns its folder.
func smallDisk(t *testing.T) string {
	t.Helper()
	if runtime.GOOS != "linux" || os.Geteuid() != 0 {
		t.Skip("only root on Linux may mount the small disk that this test fills")
	}
	folder := t.TempDir()
	if out, err := osexec.Command("mount", "-t", "tmpfs", "-o", "size=16m", "bellhop-test", folder).CombinedOutput(); err != nil {
		t.Skipf("this machine lets nobody mount a small disk: %v %s", err, out)
	}
	t.Cleanup(func() {
		if out, err := osexec.Command("umount", "--lazy", folder).CombinedOutput(); err != nil {
			t.Errorf("unmount the small disk: %v %s", err, out)
		}
	})
	return folder
}

// fill takes all the room that is left and returns the file that holds it.
func fill(t *testing.T, folder string) string {
	t.Helper()
	f, err := os.Create(filepath.Join(folder, "filler"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	for size := 1 << 20; size > 0; { // what a whole write does not fit, half of it may
		if _, err := f.Write(make([]byte, size)); err == nil {
			continue
		} else if !errors.Is(err, syscall.ENOSPC) {
			t.Fatal(err)
		}
		size /= 2
	}
	return f.Name()
}

// alertOf is a firing alert of a plan, of about so many bytes.
func alertOf(plan string, size int) string {
	return fmt.Sprintf(`{"alerts":[{"status":"firing","labels":{"alertname":"BackupFailed","id":%q},"annotations":{"a":%q,"b":%q}}]}`,
		plan, strings.Repeat("x", size/2), strings.Repeat("y", size/2))
}

// say posts an alert of a plan, as large as asked for, and returns the answer.
func (d *daemon) say(plan string, size int) (int, string) {
	d.t.Helper()
	resp, err := http.Post(d.url+"/alert", "application/json", strings.NewReader(alertOf(plan, size)))
	if err != nil {
		d.t.Fatal(err)
	}
	return answered(d.t, resp)
}

func (d *daemon) ready() (int, string) {
	d.t.Helper()
	resp, err := http.Get(d.url + "/-/ready")
	if err != nil {
		d.t.Fatal(err)
	}
	return answered(d.t, resp)
}

func answered(t *testing.T, resp *http.Response) (int, string) {
	t.Helper()
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(text)
}

// hoarder posts alerts of plans of their own and keeps those that were accepted.
type hoarder struct {
	*daemon
	accepted []string
	refusal  string // the last one
}

func (h *hoarder) tell(size int) (kept bool) {
	h.t.Helper()
	plan := fmt.Sprint(len(h.accepted))
	switch code, text := h.say(plan, size); code {
	case http.StatusOK:
		h.accepted = append(h.accepted, plan)
		return true
	case http.StatusServiceUnavailable:
		h.refusal = text
	default:
		h.t.Fatalf("got %d %s", code, text)
	}
	return false
}

// crowd posts an alert of one plan over and over, whatever the answer, as others do
// while somebody asks whether bellhop is ready. It returns how to end that.
func (h *hoarder) crowd(size int) (calm func()) {
	ctx, cancel := context.WithCancel(h.t.Context())
	text := alertOf("crowd", size)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for ctx.Err() == nil {
				if resp, err := http.Post(h.url+"/alert", "application/json", strings.NewReader(text)); err == nil {
					_ = resp.Body.Close()
				}
			}
		})
	}
	return func() { cancel(); wg.Wait() }
}

func TestAFullDiskRefusesLosesNothingAndRecovers(t *testing.T) {
	const large, medium, small = 12 << 10, 3 << 10, 10 // bytes
	folder := smallDisk(t)
	far, url := newHook(t)
	h := &hoarder{daemon: newDaemonIn(t, url, folder)}
	h.start()
	for _, recover := range []struct {
		how string
		do  func()
	}{
		{"by itself", func() {}},
		{"after a kill", func() { h.kill(); h.start() }},
	} {
		for range 20 {
			if !h.tell(large) {
				t.Fatalf("it refuses before the disk is full: %s", h.refusal)
			}
		}
		filler := fill(t, folder)
		waitFor(t, "what room the queue had for itself is used up", func() bool { return !h.tell(large) })
		if !strings.Contains(h.refusal, folder) || !strings.Contains(h.refusal, "space") {
			t.Errorf("the refusal does not say that the disk is full, and which: %s", h.refusal)
		}
		calm := h.crowd(large)
		waitFor(t, "it says that it is not ready, and why", func() bool {
			for h.tell(medium) || h.tell(small) { // there may be room for smaller ones yet
			}
			code, text := h.ready()
			return code == http.StatusServiceUnavailable && strings.Contains(text, "space")
		})
		calm()
		if err := os.Remove(filler); err != nil {
			t.Fatal(err)
		}
		recover.do()
		waitFor(t, "it is ready again "+recover.how, func() bool { code, _ := h.ready(); return code == http.StatusOK })
		waitFor(t, "it accepts again "+recover.how, func() bool { return h.tell(large) })
	}
	for _, plan := range h.accepted {
		waitFor(t, "plan "+plan+" was told", func() bool { return far.heard(plan) > 0 })
	}
	t.Logf("%d alerts accepted on a disk that was full twice meanwhile, all told; refused with %s", len(h.accepted), h.refusal)
}

func TestAReadOnlyDiskIsNamedAndLosesNothing(t *testing.T) {
	folder := smallDisk(t)
	h, url := newHook(t)
	h.hang = make(chan struct{})
	d := newDaemonIn(t, url, folder)
	d.start()
	if code, text := d.say("1", 10); code != http.StatusOK {
		t.Fatalf("got %d %s", code, text)
	}
	d.kill()
	remount(t, folder, "ro")
	var out, errs bytes.Buffer
	code := exec(t.Context(), []string{"--config", d.file, "serve"}, process{out: &out, err: &errs, kinds: kinds()})
	if said := errs.String(); code != codeFault || !strings.Contains(said, folder) || !strings.Contains(said, "read-only") {
		t.Errorf("exit %d, said %q", code, said)
	}
	remount(t, folder, "rw")
	close(h.hang)
	h.mu.Lock()
	before := h.plans["1"]
	h.hang = nil
	h.mu.Unlock()
	d.start()
	waitFor(t, "it was told", func() bool { return h.heard("1") > before })
}

func remount(t *testing.T, folder, how string) {
	t.Helper()
	if out, err := osexec.Command("mount", "-o", "remount,"+how, folder).CombinedOutput(); err != nil {
		t.Fatalf("remount %s: %v %s", how, err, out)
	}
}

// TestAPayloadOfMegabytes posts nearly as much as max_body_bytes allows, and more.
func TestAPayloadOfMegabytes(t *testing.T) {
	const plans, each, size = 4, 60, 14 << 10
	got := make(chan int, plans) // how many alerts an event tells of
	far := newFar(t, func(body []byte) {
		var e struct{ Alerts []json.RawMessage }
		if err := json.Unmarshal(body, &e); err != nil {
			t.Errorf("the far end heard no JSON: %v", err)
		}
		got <- len(e.Alerts)
	})
	d := newDaemon(t, far)
	d.start()
	var alerts []string
	for n := range plans * each {
		half := strings.Repeat("x", size/2)
		alerts = append(alerts, fmt.Sprintf(`{"status":"firing","labels":{"alertname":"BackupFailed","id":"%d","n":"%d"},"annotations":{"a":%q,"b":%q}}`,
			n%plans, n, half, half))
	}
	post := func(text string) (int, string) {
		resp, err := http.Post(d.url+"/alert", "application/json", strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		return answered(t, resp)
	}
	text := `{"alerts":[` + strings.Join(alerts, ",") + `]}`
	if code, said := post(text); code != http.StatusOK || !strings.Contains(said, fmt.Sprintf(`"accepted":%d`, plans*each)) {
		t.Fatalf("a body of %d bytes: got %d %s", len(text), code, said)
	}
	for range plans {
		select {
		case n := <-got:
			if n != each {
				t.Errorf("an event of %d alerts arrived, want %d", n, each)
			}
		case <-time.After(30 * time.Second):
			t.Fatal("it did not arrive")
		}
	}
	text = `{"alerts":[` + strings.Join(append(alerts, alerts[:60]...), ",") + `]}`
	if code, said := post(text); code != http.StatusRequestEntityTooLarge || !strings.Contains(said, "max_body_bytes") {
		t.Errorf("a body of %d bytes: got %d %s", len(text), code, said)
	}
}
