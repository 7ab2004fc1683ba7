package demo_test

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"bellhop/internal/demo"
	"bellhop/sinks/all"
)

// passing are the parts of the story that differ from one telling to the next.
var passing = regexp.MustCompile(`127\.0\.0\.1:\d+|01[0-9A-HJKMNP-TV-Z]{24}|\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\dZ)?|to \d\d:\d\d `)

func TestTheStoryIsTold(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	var out bytes.Buffer
	err := demo.Run(t.Context(), demo.Options{Out: &out, Now: time.Now, Kinds: all.Kinds(), Version: "test", Once: true})
	if err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	got := passing.ReplaceAllString(out.String(), "…")
	golden := filepath.Join("testdata", "story.txt")
	if os.Getenv("UPDATE_GOLDEN") != "" {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("the story has changed (UPDATE_GOLDEN=1 keeps it):\n%s", got)
	}
	if strings.Contains(got, "d3m0d3m0") || strings.Contains(got, "xoxb-") {
		t.Error("the story tells a secret")
	}
	left, err := filepath.Glob(filepath.Join(os.TempDir(), "bellhop-demo-*"))
	if err != nil || len(left) != 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}
