package metrics_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"

	"bellhop/internal/intake"
	"bellhop/internal/metrics"
)

var _ intake.Observer = (*metrics.Set)(nil)

// scrape returns what a scrape is told, and what was logged meanwhile.
func scrape(t *testing.T, s *metrics.Set) (page, log string) {
	t.Helper()
	var b bytes.Buffer
	w := httptest.NewRecorder()
	s.Handler(slog.New(slog.NewTextHandler(&b, nil))).ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	if w.Code != 200 {
		t.Fatalf("got %d %s", w.Code, w.Body)
	}
	return w.Body.String(), b.String()
}

// ours keeps the lines that are bellhop's own.
func ours(page string) string {
	return strings.Join(regexp.MustCompile(`(?m)^.*\bbellhop_.*\n`).FindAllString(page, -1), "")
}

func full() *metrics.Set {
	s := metrics.New()
	s.Sinks("mail", "chat")
	s.Received("webhook", "accepted", 2)
	s.Received("webhook", "ignored", 0)
	s.Took(3 * time.Millisecond)
	s.Correlated(2 * time.Second)
	s.Event("PARTIAL")
	s.Delivery("mail", metrics.Sent)
	s.Delivery("chat", metrics.Retried)
	s.Attempted("mail", 400*time.Millisecond)
	s.Waited("mail", time.Second)
	s.Succeeded("1", time.UnixMilli(1_763_717_057_500))
	s.Lanes(func() ([]metrics.Lane, error) {
		return []metrics.Lane{{"mail", "mail", 3, 90 * time.Second, true}, {"chat", "chat", 0, 0, false}}, nil
	})
	s.Incidents(func() (int, error) { return 2, nil })
	s.Free(func() (int64, error) { return 5 << 30, nil })
	return s
}

func TestPageIsTheContracts(t *testing.T) {
	page, log := scrape(t, full())
	file := filepath.Join("testdata", "page.golden")
	got := ours(page)
	if os.Getenv("UPDATE_GOLDEN") != "" {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) || log != "" {
		t.Fatalf("UPDATE_GOLDEN=1 writes the page anew; now it is\n%s\nlog: %s", got, log)
	}
	for _, name := range []string{"go_goroutines", "process_open_fds"} {
		if !strings.Contains(page, "\n"+name+" ") {
			t.Errorf("%s is missing", name)
		}
	}
}

func TestNamesAreGoodOnes(t *testing.T) {
	page, _ := scrape(t, full())
	problems, err := promlint.New(strings.NewReader(page)).Lint()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		if strings.HasPrefix(p.Metric, "bellhop_") {
			t.Errorf("%s: %s", p.Metric, p.Text)
		}
	}
}

func series(page, name string) int { return strings.Count(page, "\nbellhop_"+name+"{") }

func TestNoLabelGrowsWithoutBound(t *testing.T) {
	s := metrics.New()
	var lanes []metrics.Lane
	for i := range 3000 {
		name := fmt.Sprintf("n%04d", i)
		s.Received(name, name, 1)
		s.Event(name)
		s.Delivery(name, name)
		s.Succeeded(name, time.Unix(int64(i), 0))
		lanes = append(lanes, metrics.Lane{Sink: name, Lane: name, Depth: 1, Oldest: time.Duration(i) * time.Second})
	}
	s.Lanes(func() ([]metrics.Lane, error) { return lanes, nil })
	page, log := scrape(t, s)
	for name, most := range map[string]int{
		"signals_received_total": 21, "events_total": 21, "deliveries_total": 201,
		"last_success_timestamp_seconds": 1001, "queue_depth": 201, "queue_oldest_seconds": 201,
	} {
		if n := series(page, name); n != most {
			t.Errorf("%s has %d series, want %d", name, n, most)
		}
	}
	for _, line := range []string{
		`bellhop_last_success_timestamp_seconds{plan="other"} 2999`,
		`bellhop_queue_depth{lane="other",sink="other"} 2800`,
		`bellhop_queue_oldest_seconds{lane="other",sink="other"} 2999`,
	} {
		if !strings.Contains(page, line+"\n") {
			t.Errorf("%s is missing", line)
		}
	}
	if log != "" {
		t.Errorf("logged: %s", log)
	}
}

func TestASuccessNeverGoesBack(t *testing.T) {
	s := metrics.New()
	for _, at := range []int64{100, 300, 200} {
		s.Succeeded("1", time.Unix(at, 0))
	}
	s.Succeeded("2", time.Time{})
	page, _ := scrape(t, s)
	if !strings.Contains(page, `bellhop_last_success_timestamp_seconds{plan="1"} 300`+"\n") || series(page, "last_success_timestamp_seconds") != 1 {
		t.Fatal(ours(page))
	}
}

func TestWhatCannotBeReadCostsThatMetricAlone(t *testing.T) {
	s := metrics.New()
	s.Event("SUCCESS")
	s.Lanes(func() ([]metrics.Lane, error) { return nil, errors.New("queue closed") })
	s.Incidents(func() (int, error) { return 0, errors.New("queue closed") })
	page, log := scrape(t, s)
	if !strings.Contains(page, `bellhop_events_total{outcome="SUCCESS"} 1`) || strings.Contains(page, "bellhop_incidents_open") {
		t.Error(ours(page))
	}
	if !strings.Contains(log, "count open incidents: queue closed") || !strings.Contains(log, "read what waits in the lanes") {
		t.Errorf("logged: %s", log)
	}
}

func TestTextThatIsNoUTF8DoesNotPanic(t *testing.T) {
	s := metrics.New()
	s.Succeeded("\xff", time.Unix(1, 0))
	s.Delivery("\xfe", "\xff")
	if page, _ := scrape(t, s); !strings.Contains(page, `{plan="`+"\ufffd"+`"} 1`) {
		t.Fatal(ours(page))
	}
}

func TestAllAtOnce(t *testing.T) {
	s := full()
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for j := range 200 {
				s.Succeeded(fmt.Sprint(j), time.Unix(int64(i), 0))
				s.Delivery(fmt.Sprint(j), metrics.Dead)
			}
			scrape(t, s)
		})
	}
	all.Wait()
}
