//go:build linux

package bench

import (
	"fmt"
	"os/exec"
	"strings"
	"testing"
)

// limit has the pump's own tests of R13 say whether a busy lane uses what its rate
// allows, and no more: they run on a clock of their own, so this needs no minutes.
func limit(t *testing.T, _ string) []row {
	cmd := exec.Command("go", "test", "-count=1", "-v", "-run", "^TestR13", "bellhop/router/queue")
	out, err := cmd.CombinedOutput()
	passed := strings.Count(string(out), "\n--- PASS: ") + strings.Count(string(out), "\n    --- PASS: ")
	if passed == 0 {
		t.Fatalf("no test of R13 was found: %v\n%s", err, out)
	}
	got := fmt.Sprintf("%d tests pass", passed)
	if err != nil {
		got = "tests fail"
	}
	return []row{{"use of a sink's limit", "all of N in any window of T, never more: `go test -run TestR13 ./router/queue`", got, err == nil}}
}
