//go:build linux

package bench

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestTheWebhookIsUniqueJSONOf1500Bytes(t *testing.T) {
	b := newBody([]byte(webhook()))
	var m fullWebhook
	if err := json.Unmarshal(b.number(1234567), &m); err != nil {
		t.Fatal(err)
	}
	a := m.Alerts[0]
	if a.Labels["id"] != "01234567" || a.Fingerprint != "0123456701234567" {
		t.Errorf("it is the alert of plan %q, fingerprint %q", a.Labels["id"], a.Fingerprint)
	}
	if n := len(b.bytes); n < 1450 || n > 1600 {
		t.Errorf("it has %d bytes", n)
	}
	if strings.Contains(string(b.bytes), mark) {
		t.Errorf("a number was forgotten: %s", b.bytes)
	}
}

func TestAnswerReadsOneAnswerAfterTheOther(t *testing.T) {
	const good = "HTTP/1.1 200 OK\r\nDate: x\r\ncontent-length: 3\r\n\r\nabc"
	for name, c := range map[string]struct {
		text string
		good int
	}{
		"two":       {good + good, 2},
		"refused":   {good + "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n", 1},
		"no length": {"HTTP/1.1 200 OK\r\n\r\n", 0},
		"cut":       {good + good[:len(good)-1], 1},
	} {
		t.Run(name, func(t *testing.T) {
			in, n := bufio.NewReader(strings.NewReader(c.text)), 0
			for answer(in) == nil {
				n++
			}
			if n != c.good {
				t.Errorf("%d good answers, want %d", n, c.good)
			}
		})
	}
}

func TestFigures(t *testing.T) {
	if m := median([]float64{5, 1, 3}); m != 3 {
		t.Errorf("median %v", m)
	}
	if m := median([]float64{4, 1, 3, 2}); m != 2.5 {
		t.Errorf("median of four %v", m)
	}
	var all []time.Duration
	for i := range 101 {
		all = append(all, time.Duration(i))
	}
	if a, b := quantile(all, 0.5), quantile(all, 0.99); a != 50 || b != 99 {
		t.Errorf("p50 %d, p99 %d", a, b)
	}
	for n, want := range map[int]string{0: "0", 999: "999", 1000: "1 000", 1234567: "1 234 567"} {
		if got := grouped(n); got != want {
			t.Errorf("%d is written %q", n, got)
		}
	}
}

func TestTheTableTellsWhatDoesNotHold(t *testing.T) {
	text := page(nil, time.Minute, []row{{"a", "< 1", "2", false}, {"b", "< 1", "0", true}, {"c", "", "7", false}})
	for _, line := range []string{"| a | < 1 | 2 | **no** |\n", "| b | < 1 | 0 | yes |\n", "| c |  | 7 |  |\n"} {
		if !strings.Contains(text, line) {
			t.Errorf("%q is not in\n%s", line, text)
		}
	}
}

func TestTheRawLogKeepsWhatItAnswers(t *testing.T) {
	name := filepath.Join(t.TempDir(), "log")
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	l := newRawLog(f)
	for _, text := range []string{"one ", "two"} {
		if err := l.add([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	l.stop()
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if got := string(file(t, name)); got != "one two" {
		t.Errorf("the file holds %q", got)
	}
}

func TestProcFilesAreRead(t *testing.T) {
	if m := memoryOf(t, os.Getpid()); m.rss == 0 || m.peak < m.rss || m.anon+m.file > m.rss {
		t.Errorf("memory %+v", m)
	}
	before := cpuOf(t, os.Getpid())
	for end := time.Now().Add(5 * time.Second); cpuOf(t, os.Getpid()) == before; {
		if time.Now().After(end) {
			t.Fatal("a busy process uses no CPU time")
		}
	}
	if kind := filesystem(t, "/proc/self"); kind != "proc" {
		t.Errorf("/proc is on %q", kind)
	}
}
