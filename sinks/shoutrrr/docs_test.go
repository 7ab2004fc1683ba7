package shoutrrr_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"bellhop/sinks/shoutrrr"
)

// TestTheManualTellsOfEveryService holds the table of docs/shoutrrr.md.
func TestTheManualTellsOfEveryService(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "shoutrrr.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range shoutrrr.Services() {
		row := regexp.MustCompile("(?m)^\\| .*`" + name + "://`.*$").FindString(string(text))
		bytes, titled, offered := shoutrrr.Room(name)
		if !offered {
			if row != "" || !strings.Contains(string(text), "`"+name+"://`") {
				t.Errorf("%s is not for this sink, and the manual does not say so", name)
			}
			continue
		}
		want := map[bool]string{true: "| yes", false: "| no |"}[titled]
		if !strings.Contains(row, fmt.Sprintf(" | %d |", bytes)) || !strings.Contains(row, want) {
			t.Errorf("%s takes %d bytes, title apart: %t, but the manual says %q", name, bytes, titled, row)
		}
	}
}
