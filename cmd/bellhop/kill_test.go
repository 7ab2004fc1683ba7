package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	osexec "os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"bellhop/sinks/shoutrrr"
)

// asProgram makes the test binary be bellhop itself, so that it can be killed.
const asProgram = "BELLHOP_TEST_IS_BELLHOP"

func TestMain(m *testing.M) {
	carries := len(os.Args) == 2 && os.Args[1] == shoutrrr.Command // for a bellhop that is this binary
	if carries || os.Getenv(asProgram) == "yes" {
		main()
	}
	os.Exit(m.Run())
}

// daemon is bellhop as a process of its own.
type daemon struct {
	t      *testing.T
	file   string
	folder string // of the queue
	// environ is what it finds beside the environment of the test.
	environ []string
	cmd     *osexec.Cmd
	url     string
	mu      sync.Mutex
	said    []string // lines of the log
}

// newDaemon prepares a bellhop whose cluster does not answer and which tells one
// webhook. Looks happen at once, and Redis being away is told at once, too.
func newDaemon(t *testing.T, hook string) *daemon {
	t.Helper()
	return newDaemonIn(t, hook, filepath.Join(t.TempDir(), "queue"))
}

// newDaemonIn prepares one that keeps its queue in this folder.
func newDaemonIn(t *testing.T, hook, folder string) *daemon {
	t.Helper()
	d := &daemon{t: t, file: filepath.Join(t.TempDir(), "config.yml"), folder: folder}
	d.settings(0, webhookAt("hook", hook))
	t.Cleanup(d.kill)
	return d
}

func webhookAt(name, url string) string {
	return fmt.Sprintf("%s: {type: webhook, url: %q, rate: 1000/1s, burst: 1000}", name, url)
}

// settings writes the configuration; what is given stands under sinks.
func (d *daemon) settings(port int, sinks ...string) {
	d.t.Helper()
	text := fmt.Sprintf(`
receiver: {port: %d}
correlator: {wait_seconds: 0, max_wait: 0}
redis: {address: "127.0.0.1:1"}
queue: {path: %q}
sinks:
  %s
`, port, d.folder, strings.Join(sinks, "\n  "))
	if err := os.WriteFile(d.file, []byte(text), 0o600); err != nil {
		d.t.Fatal(err)
	}
}

var addressInLog = regexp.MustCompile(`address=(\S+)`)

// start runs bellhop until it says where it listens.
func (d *daemon) start() {
	d.t.Helper()
	d.cmd = osexec.Command(os.Args[0], "--config", d.file, "serve")
	d.cmd.Env = append(append(os.Environ(), asProgram+"=yes"), d.environ...)
	stderr, err := d.cmd.StderrPipe()
	if err != nil {
		d.t.Fatal(err)
	}
	if err := d.cmd.Start(); err != nil {
		d.t.Fatal(err)
	}
	address := make(chan string, 1)
	go d.listen(bufio.NewScanner(stderr), address)
	if d.url = <-address; d.url == "" {
		d.t.Fatalf("bellhop did not start:\n%s", d.log())
	}
}

// listen keeps what the log says, and tells the address once it is known.
func (d *daemon) listen(lines *bufio.Scanner, address chan<- string) {
	defer close(address)
	for known := false; lines.Scan(); {
		d.mu.Lock()
		d.said = append(d.said, lines.Text())
		d.mu.Unlock()
		if m := addressInLog.FindStringSubmatch(lines.Text()); m != nil && !known {
			known = true
			address <- "http://" + m[1]
		}
	}
}

func (d *daemon) log() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return strings.Join(d.said, "\n")
}

// kill is SIGKILL: nothing can be put in order any more.
func (d *daemon) kill() {
	if d.cmd != nil {
		_ = d.cmd.Process.Kill()
		_ = d.cmd.Wait()
		d.cmd = nil
	}
}

// alert posts an alert of a plan and tells whether it was accepted.
func (d *daemon) alert(ctx context.Context, plan string) bool {
	body := fmt.Sprintf(`{"alerts":[{"status":"firing","labels":{"alertname":"BackupFailed","id":%q}}]}`, plan)
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, d.url+"/alert", strings.NewReader(body))
	if err != nil {
		d.t.Error(err)
		return false
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return false
	}
	defer func() { _ = resp.Body.Close() }()
	return resp.StatusCode == http.StatusOK
}

// hook counts what it heard by plan and by delivery.
type hook struct {
	mu    sync.Mutex
	plans map[string]int
	ids   map[string]int
	hang  chan struct{} // while it is not nil, requests wait for it
}

func newHook(t *testing.T) (*hook, string) {
	h := &hook{plans: make(map[string]int), ids: make(map[string]int)}
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return h, s.URL
}

func (h *hook) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var e struct{ Plan struct{ ID string } }
	body, err := io.ReadAll(r.Body)
	if err != nil || json.Unmarshal(body, &e) != nil {
		http.Error(w, "not an event", http.StatusBadRequest)
		return
	}
	h.mu.Lock()
	h.plans[e.Plan.ID]++
	h.ids[r.Header.Get("X-Bellhop-Delivery")]++
	hang := h.hang
	h.mu.Unlock()
	if hang != nil {
		select {
		case <-hang:
		case <-r.Context().Done():
		}
	}
}

func (h *hook) heard(plan string) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.plans[plan]
}

func waitFor(t *testing.T, what string, so func() bool) {
	t.Helper()
	for end := time.Now().Add(60 * time.Second); !so(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited in vain until %s", what)
		}
	}
}

// TestNothingAcceptedIsLostOverKills kills bellhop at random moments under load.
// Every alert that was answered 200 has to be told; only what was in the air at a
// kill may be told twice.
func TestNothingAcceptedIsLostOverKills(t *testing.T) {
	h, url := newHook(t)
	d := newDaemon(t, url)
	const kills, senders = 12, 4
	var mu sync.Mutex
	var accepted []string
	for round := range kills {
		d.start()
		ctx, cancel := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		for sender := range senders {
			wg.Go(func() {
				for n := 0; ctx.Err() == nil; n++ {
					plan := fmt.Sprintf("%d-%d-%d", round, sender, n)
					if d.alert(ctx, plan) {
						mu.Lock()
						accepted = append(accepted, plan)
						mu.Unlock()
					}
				}
			})
		}
		time.Sleep(time.Duration(50+rand.IntN(250)) * time.Millisecond) // the moment of the kill
		d.kill()
		cancel()
		wg.Wait()
	}
	if len(accepted) < kills {
		t.Fatalf("only %d alerts were accepted, the test shows nothing", len(accepted))
	}
	d.start()
	for _, plan := range accepted {
		waitFor(t, "plan "+plan+" was told", func() bool { return h.heard(plan) > 0 })
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	twice := 0
	for plan, n := range h.plans {
		if n > 1 {
			twice++
		}
		if n > 1+kills {
			t.Errorf("plan %s was told %d times", plan, n)
		}
	}
	if len(h.ids) != len(h.plans) {
		t.Errorf("%d deliveries for %d plans: something was said twice under two names", len(h.ids), len(h.plans))
	}
	if limit := kills * senders; twice > limit {
		t.Errorf("%d plans were told twice, more than the %d that can have been in the air", twice, limit)
	}
	t.Logf("%d kills, %d alerts accepted, %d told, %d of them twice", kills, len(accepted), len(h.plans), twice)
}

// TestWhatWasToldIsNotToldAgainAfterAKill is rule R6 over SIGKILL.
func TestWhatWasToldIsNotToldAgainAfterAKill(t *testing.T) {
	h, url := newHook(t)
	d := newDaemon(t, url)
	d.start()
	if !d.alert(t.Context(), "1") {
		t.Fatal("the alert was not accepted")
	}
	waitFor(t, "it was told and that is on record", func() bool { return len(d.sent()) == 1 })
	d.kill()
	d.start()
	if !d.alert(t.Context(), "1") || !d.alert(t.Context(), "2") {
		t.Fatal("the alerts were not accepted")
	}
	waitFor(t, "the other plan was told", func() bool { return len(d.sent()) == 2 })
	if n := h.heard("1"); n != 1 {
		t.Errorf("it was told %d times", n)
	}
}

// TestADeliveryInTheAirIsSentAgainUnderItsOwnName kills bellhop while the far end
// has not answered.
func TestADeliveryInTheAirIsSentAgainUnderItsOwnName(t *testing.T) {
	h, url := newHook(t)
	h.hang = make(chan struct{})
	d := newDaemon(t, url)
	d.start()
	if !d.alert(t.Context(), "1") {
		t.Fatal("the alert was not accepted")
	}
	waitFor(t, "the far end heard it", func() bool { return h.heard("1") == 1 })
	d.kill()
	h.mu.Lock()
	close(h.hang)
	h.hang = nil
	h.mu.Unlock()
	d.start()
	waitFor(t, "it was sent again", func() bool { return len(d.sent()) == 1 })
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.ids) != 1 {
		t.Errorf("the far end cannot recognise the second try: %v", h.ids)
	}
}

// sent lists the deliveries that are on record as sent.
func (d *daemon) sent() []any {
	resp, err := http.Get(d.url + "/api/v1/deliveries?state=sent")
	if err != nil {
		d.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	var list struct{ Deliveries []any }
	if err := json.NewDecoder(resp.Body).Decode(&list); err != nil {
		d.t.Fatal(err)
	}
	return list.Deliveries
}

func TestServeEndsWithin10sOfSIGTERM(t *testing.T) {
	h, url := newHook(t)
	h.hang = make(chan struct{}) // a send that never ends by itself
	d := newDaemon(t, url)
	d.start()
	if !d.alert(t.Context(), "1") {
		t.Fatal("the alert was not accepted")
	}
	waitFor(t, "a send is in the air", func() bool { return h.heard("1") == 1 })
	began := time.Now()
	if err := d.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	err := d.cmd.Wait()
	d.cmd = nil
	if took := time.Since(began); err != nil || took > 10*time.Second {
		t.Errorf("it took %v and ended with %v", took, err)
	}
	close(h.hang)
}

func TestServeRefusesABadConfiguration(t *testing.T) {
	file := filepath.Join(t.TempDir(), "config.yml")
	if err := os.WriteFile(file, []byte("mail:\n  form: a@example.org\n  to: [b@example.org]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var out, errs bytes.Buffer
	code := exec(t.Context(), []string{"--config", file, "serve"}, process{out: &out, err: &errs, kinds: kinds()})
	if code != codeUsage || !strings.Contains(errs.String(), file+":2: mail.form: there is no such key: did you mean from?") {
		t.Errorf("exit %d, said %q", code, errs.String())
	}
}

func TestServeSaysThatAnotherProcessHoldsTheQueue(t *testing.T) {
	_, url := newHook(t)
	d := newDaemon(t, url)
	d.start()
	var out, errs bytes.Buffer
	code := exec(t.Context(), []string{"--config", d.file, "serve"}, process{out: &out, err: &errs, kinds: kinds()})
	if code != codeFault || !strings.Contains(errs.String(), "another process holds it") {
		t.Errorf("exit %d, said %q", code, errs.String())
	}
}

// newFar is a far end that hands over what it is told.
func newFar(t *testing.T, heard func(body []byte)) string {
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err == nil {
			heard(body)
		}
	}))
	t.Cleanup(s.Close)
	return s.URL
}
