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

	"bellhop/internal/intake"
	"bellhop/internal/metrics"
)

var (
	metricName   = regexp.MustCompile(`bellhop_[a-z_]+`)
	metricLabels = regexp.MustCompile(`(bellhop_[a-z_]+)\{([^}]*)\}`)
)

// scraped is what a set that has seen one of everything shows.
func scraped() string {
	set := metrics.New()
	set.Sinks("mail")
	for _, result := range []string{intake.ResultAccepted, intake.ResultDuplicate, intake.ResultIgnored, intake.ResultUnreadable, intake.ResultUnkept, intake.ResultRefused} {
		set.Received(intake.EventsSource, result, 1)
	}
	set.Attempted("mail", time.Second)
	set.Succeeded("1", time.Unix(1, 0))
	set.Lanes(func() ([]metrics.Lane, error) { return []metrics.Lane{{Sink: "mail", Lane: "mail"}}, nil })
	set.Incidents(func() (int, error) { return 0, nil })
	set.Free(func() (int64, error) { return 0, nil })
	w := httptest.NewRecorder()
	set.Handler(slog.New(slog.DiscardHandler)).ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	return w.Body.String()
}

// TestTheDocsNameMetricsThatExist looks at labels, too.
func TestTheDocsNameMetricsThatExist(t *testing.T) {
	page := scraped()
	for _, doc := range []string{"running.md", "moving.md"} {
		text, err := os.ReadFile(filepath.Join("..", "..", "docs", doc))
		if err != nil {
			t.Fatal(err)
		}
		names := metricName.FindAllString(string(text), -1)
		if len(names) == 0 {
			t.Fatalf("%s names no metric: the test looks in the wrong place", doc)
		}
		for _, name := range names {
			if !strings.Contains(page, "\n"+name) {
				t.Errorf("%s: there is no metric %s", doc, name)
			}
		}
		for _, m := range metricLabels.FindAllStringSubmatch(string(text), -1) {
			for label := range strings.SplitSeq(m[2], ",") {
				if !regexp.MustCompile(`\n` + m[1] + `(?:_count)?\{[^\n]*\b` + label).MatchString(page) {
					t.Errorf("%s: %s has no %s", doc, m[1], label)
				}
			}
		}
	}
}
