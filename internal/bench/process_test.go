//go:build linux

package bench

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"
)

// memory is what /proc says of a process' memory, in bytes.
type memory struct{ rss, anon, file, peak int }

func memoryOf(t *testing.T, pid int) memory {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	return memory{
		rss: kilobytes(t, text, "VmRSS"), peak: kilobytes(t, text, "VmHWM"),
		anon: kilobytes(t, text, "RssAnon"), file: kilobytes(t, text, "RssFile"),
	}
}

func (m memory) String() string {
	return fmt.Sprintf("%s (anonymous %s, files %s)", mb(m.rss), mb(m.anon), mb(m.file))
}

// kilobytes reads a line "name:  123 kB" in bytes.
func kilobytes(t *testing.T, text []byte, name string) int {
	t.Helper()
	for line := range strings.Lines(string(text)) {
		words := strings.Fields(line)
		if len(words) >= 2 && words[0] == name+":" {
			n, err := strconv.Atoi(words[1])
			if err != nil {
				t.Fatal(err)
			}
			return n << 10
		}
	}
	t.Fatalf("there is no line %s", name)
	return 0
}

// tick is the unit of CPU time in /proc/PID/stat (sysconf(_SC_CLK_TCK), 100 on
// every Linux that Go runs on).
const tick = 10 * time.Millisecond

// cpuOf is what CPU time a process has used.
func cpuOf(t *testing.T, pid int) time.Duration {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		t.Fatal(err)
	}
	rest := string(text[strings.LastIndexByte(string(text), ')')+1:]) // the name may hold anything
	words := strings.Fields(rest)
	var sum time.Duration
	for _, word := range words[11:13] { // utime and stime, proc(5)
		n, err := strconv.Atoi(word)
		if err != nil {
			t.Fatal(err)
		}
		sum += time.Duration(n) * tick
	}
	return sum
}
