//go:build linux

package bench

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// asBare makes the test binary be the bare handler, which keeps in this file.
const asBare = "BELLHOP_BENCH_BARE"

func TestMain(m *testing.M) {
	if file := os.Getenv(asBare); file != "" {
		if err := serveBare(file); err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// fullWebhook is Alertmanager's whole message
// (https://prometheus.io/docs/alerting/latest/configuration/#webhook_config).
type fullWebhook struct {
	Version           string            `json:"version"`
	GroupKey          string            `json:"groupKey"`
	TruncatedAlerts   int               `json:"truncatedAlerts"`
	Status            string            `json:"status"`
	Receiver          string            `json:"receiver"`
	GroupLabels       map[string]string `json:"groupLabels"`
	CommonLabels      map[string]string `json:"commonLabels"`
	CommonAnnotations map[string]string `json:"commonAnnotations"`
	ExternalURL       string            `json:"externalURL"`
	Alerts            []struct {
		Status       string            `json:"status"`
		Labels       map[string]string `json:"labels"`
		Annotations  map[string]string `json:"annotations"`
		StartsAt     time.Time         `json:"startsAt"`
		EndsAt       time.Time         `json:"endsAt"`
		GeneratorURL string            `json:"generatorURL"`
		Fingerprint  string            `json:"fingerprint"`
	} `json:"alerts"`
}

// serveBare is the least that keeps what it accepts: it decodes a body, appends it
// to a file with a sync that many share, and answers 200.
func serveBare(file string) error {
	f, err := os.OpenFile(file, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	log := newRawLog(f)
	fmt.Println(ln.Addr())
	return http.Serve(ln, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 4<<20))
		var message fullWebhook
		if err == nil {
			err = json.Unmarshal(text, &message)
		}
		if err != nil || len(message.Alerts) == 0 {
			http.Error(w, "not a webhook", http.StatusBadRequest)
			return
		}
		if err := log.add(text); err != nil {
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = fmt.Fprintf(w, `{"status":"accepted","accepted":%d}`, len(message.Alerts))
	}))
}

// startBare runs the bare handler as a process and returns its address.
func startBare(t *testing.T) string {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), asBare+"="+filepath.Join(t.TempDir(), "log"))
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	address, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("the bare handler did not start: %v", err)
	}
	return strings.TrimSpace(address)
}

// rawLog appends to a file; those who wait together share one fdatasync.
type rawLog struct {
	file  *os.File
	works chan entry
}

type entry struct {
	bytes []byte
	done  chan error
}

// batchMost is how many appends share a sync at most.
const batchMost = 1024

func newRawLog(f *os.File) *rawLog {
	l := &rawLog{file: f, works: make(chan entry, batchMost)}
	go l.run()
	return l
}

// add returns when b is on disk. Nobody adds after stop.
func (l *rawLog) add(b []byte) error {
	e := entry{b, make(chan error, 1)}
	l.works <- e
	return <-e.done
}

func (l *rawLog) stop() { close(l.works) }

func (l *rawLog) run() {
	var text []byte
	var batch []entry
	for first := range l.works {
		batch, text = append(batch[:0], first), append(text[:0], first.bytes...)
		for waits := len(l.works); waits > 0 && len(batch) < batchMost; waits-- {
			e := <-l.works
			batch, text = append(batch, e), append(text, e.bytes...)
		}
		_, err := l.file.Write(text)
		if err == nil {
			err = syscall.Fdatasync(int(l.file.Fd()))
		}
		for _, e := range batch {
			e.done <- err
		}
	}
}
