//go:build linux

package bench

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// tableFile names the variable that says where the table goes; "-": it is only
// printed. Without it nothing is measured.
const tableFile = "BELLHOP_BENCH"

// row is a line of the table.
type row struct {
	what string // is measured
	bar  string // it should hold; "": none, it is there to compare with
	got  string
	ok   bool
}

// measure is a part of the table; it may fill several lines.
type measure struct {
	name string
	take func(t *testing.T, bin string) []row
}

func measures() []measure {
	return []measure{
		{"accept", accept},
		{"lone", lone},
		{"road", road},
		{"engines", engines},
		{"storm", storm},
		{"waiting", waiting},
		{"limit", limit},
	}
}

// TestTable measures everything and writes the table. A bar that is missed fails
// nothing: the table says so.
func TestTable(t *testing.T) {
	file := os.Getenv(tableFile)
	if file == "" {
		t.Skip("it takes minutes: `make bench` runs it")
	}
	began := time.Now()
	bin := build(t)
	idle := beginIdle(t, bin)
	var rows []row
	for _, m := range measures() {
		t.Run(m.name, func(t *testing.T) {
			took := time.Now()
			rows = append(rows, m.take(t, bin)...)
			t.Logf("took %v", time.Since(took).Round(time.Second))
		})
	}
	t.Run("idle", func(t *testing.T) { rows = append(rows, idle.end(t)...) })
	text := page(machine(t, bin), time.Since(began), rows)
	fmt.Print(text)
	if file == "-" || t.Failed() {
		return
	}
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// build builds bellhop as it is delivered.
func build(t *testing.T) string {
	t.Helper()
	bin := filepath.Join(t.TempDir(), "bellhop")
	cmd := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w", "-o", bin, "bellhop/cmd/bellhop")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("build bellhop: %v\n%s", err, out)
	}
	return bin
}

// page is the whole of docs/benchmarks.md.
func page(about [][2]string, took time.Duration, rows []row) string {
	var b strings.Builder
	b.WriteString("# Benchmarks\n\n")
	b.WriteString("`make bench` measures this anew and writes it here. What is compared was measured in the\n" +
		"same run, in turns; figures of rounds are their median. Missed bars stand as missed.\n" +
		"How each line is taken stands at the head of its file in `internal/bench`.\n\n")
	b.WriteString("| machine | |\n|---|---|\n")
	for _, fact := range about {
		fmt.Fprintf(&b, "| %s | %s |\n", fact[0], fact[1])
	}
	fmt.Fprintf(&b, "| this run took | %s |\n\n", took.Round(time.Second))
	b.WriteString("| measure | should be | is | holds |\n|---|---|---|---|\n")
	for _, r := range rows {
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", r.what, r.bar, r.got, r.holds())
	}
	return b.String()
}

func (r row) holds() string {
	switch {
	case r.bar == "":
		return ""
	case r.ok:
		return "yes"
	}
	return "**no**"
}

// brief is how long a round takes; with -short, a quarter of it.
func brief(d time.Duration) time.Duration {
	if testing.Short() {
		return d / 4
	}
	return d
}

// fewer is how many of something are made; with -short, a tenth of them.
func fewer(n int) int {
	if testing.Short() {
		return n / 10
	}
	return n
}
