//go:build linux

package bench

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"time"
)

const (
	loneRounds = 3
	loneRound  = 2 * time.Second
)

// lone posts one webhook after the other over one connection, and compares with
// what the disk alone takes to append and sync as many bytes.
func lone(t *testing.T, bin string) []row {
	var c counter
	request := newBody(post("/alert", webhook()))
	b := newBellhop(t, bin, quiet(t))
	b.start()
	var ours, disk side
	for range loneRounds {
		ours.add(load(t, b.address, 1, brief(loneRound), request, &c))
		disk.add(syncs(t, brief(loneRound)))
	}
	ratio := median(ours.p50s) / median(disk.p50s)
	return []row{{
		"one lone request, p50", "≤ 3 × one fdatasync of 1.5 KB",
		fmt.Sprintf("%.2f ms, fdatasync %.2f ms: %.1f ×", median(ours.p50s), median(disk.p50s), ratio), ratio <= 3,
	}}
}

// syncs appends a webhook to a file and syncs, over and over.
func syncs(t *testing.T, d time.Duration) answers {
	t.Helper()
	f, err := os.Create(filepath.Join(t.TempDir(), "file"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	text := []byte(webhook())
	var a answers
	for until := time.Now().Add(d); time.Now().Before(until); {
		began := time.Now()
		if _, err := f.Write(text); err != nil {
			t.Fatal(err)
		}
		if err := syscall.Fdatasync(int(f.Fd())); err != nil {
			t.Fatal(err)
		}
		a.took = append(a.took, time.Since(began))
	}
	slices.Sort(a.took)
	return a
}
