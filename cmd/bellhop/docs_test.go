package main

import (
	"log/slog"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"bellhop/internal/metrics"
)

var metricName = regexp.MustCompile(`bellhop_[a-z_]+`)

// TestTheDocsNameMetricsThatExist scrapes a set that has seen one of everything.
func TestTheDocsNameMetricsThatExist(t *testing.T) {
	set := metrics.New()
	set.Sinks("mail")
	set.Succeeded("1", time.Unix(1, 0))
	set.Lanes(func() ([]metrics.Lane, error) { return []metrics.Lane{{Sink: "mail", Lane: "mail"}}, nil })
	set.Incidents(func() (int, error) { return 0, nil })
	set.Free(func() (int64, error) { return 0, nil })
	w := httptest.NewRecorder()
	set.Handler(slog.New(slog.DiscardHandler)).ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "running.md"))
	if err != nil {
		t.Fatal(err)
	}
	names := metricName.FindAllString(string(text), -1)
	if len(names) == 0 {
		t.Fatal("no metric is named: the test looks in the wrong place")
	}
	for _, name := range names {
		if !strings.Contains(w.Body.String(), "\n"+name) {
			t.Errorf("there is no metric %s", name)
		}
	}
}
