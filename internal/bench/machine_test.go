//go:build linux

package bench

import (
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"time"
)

// machine tells on what this was measured.
func machine(t *testing.T, bin string) [][2]string {
	t.Helper()
	memory := kilobytes(t, file(t, "/proc/meminfo"), "MemTotal")
	return [][2]string{
		{"processor", field(string(file(t, "/proc/cpuinfo")), "model name") + ", " + grouped(runtime.NumCPU()) + " cores"},
		{"memory", mb(memory)},
		{"kernel", runtime.GOOS + "/" + runtime.GOARCH + " " + strings.TrimSpace(string(file(t, "/proc/sys/kernel/osrelease")))},
		{"file system", filesystem(t, t.TempDir())},
		{"Go", runtime.Version()},
		{"bellhop", says(t, bin, "version")},
		{"bbolt", says(t, "go", "list", "-m", "-f", "{{.Version}}", "go.etcd.io/bbolt")},
		{"Alertmanager", says(t, alertmanagerProgram, "--version")},
		{"Redis", says(t, "redis-server", "--version")},
		{"date", time.Now().UTC().Format("2006-01-02 15:04 MST")},
	}
}

func file(t *testing.T, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// field is the first value of a name in /proc/cpuinfo; not every machine has one.
func field(text, name string) string {
	for line := range strings.Lines(text) {
		if left, right, _ := strings.Cut(line, ":"); strings.TrimSpace(left) == name {
			return strings.TrimSpace(right)
		}
	}
	return "unnamed"
}

// says is the first line that a program prints.
func says(t *testing.T, words ...string) string {
	t.Helper()
	out, err := exec.Command(words[0], words[1:]...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", strings.Join(words, " "), err, out)
	}
	first, _, _ := strings.Cut(string(out), "\n")
	return strings.TrimSpace(first)
}

// filesystem is the type of the file system that holds a folder: of the mounts that
// are above it, the one with the longest path.
func filesystem(t *testing.T, folder string) string {
	t.Helper()
	best, kind := "", ""
	for line := range strings.Lines(string(file(t, "/proc/self/mounts"))) {
		words := strings.Fields(line)
		if len(words) < 3 || len(words[1]) < len(best) {
			continue
		}
		if words[1] == "/" || folder == words[1] || strings.HasPrefix(folder, words[1]+"/") {
			best, kind = words[1], words[2]
		}
	}
	return kind
}
