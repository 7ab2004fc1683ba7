package repocheck_test

import (
	"context"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"bellhop/internal/event"
	"bellhop/repocheck"
)

// sh makes a command of a script that sees the module as $1 and restic's command as
// $2; $log is a file of the test's.
func sh(t *testing.T, script string) (command []string, log string) {
	t.Helper()
	log = filepath.Join(t.TempDir(), "log")
	return []string{"/bin/sh", "-c", "log='" + log + "'\n" + script, "sh", "{{.Module}}"}, log
}

func lines(t *testing.T, file string) []string {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return strings.Fields(string(b))
}

func modules(n int) []event.Module {
	var ms []event.Module
	for i := range n {
		ms = append(ms, failed("mail"+strconv.Itoa(i+1)))
	}
	return ms
}

var plan = event.Plan{ID: "1"}

func TestR3AnUnreachableDestinationIsAskedOnce(t *testing.T) {
	command, log := sh(t, `echo $1 >> $log; echo "Fatal: dial tcp: connection refused" >&2; exit 1`)
	c := checker(t, func(cfg *repocheck.Config) { cfg.Command, cfg.Concurrency = command, 1 })
	got := c.Check(t.Context(), plan, event.Run{}, modules(4))
	asked := 0
	for id, a := range got {
		if a.Cause != event.CauseUnreachable || a.Asked == strings.Contains(a.Note.Text, "not asked") {
			t.Errorf("%s: got %+v", id, a)
		}
		if a.Asked {
			asked++
		}
	}
	if n := len(lines(t, log)); n != 1 || asked != 1 || len(got) != 4 {
		t.Errorf("%d probes, %d asked, %d answers", n, asked, len(got))
	}
}

func TestR3TheBudgetEndsTheCheckAndSaysSo(t *testing.T) {
	command, log := sh(t, `echo $1 >> $log; sleep 600`)
	c := checker(t, func(cfg *repocheck.Config) {
		cfg.Command, cfg.Concurrency, cfg.Timeout = command, 1, 300*time.Millisecond
	})
	begun := time.Now()
	got := c.Check(t.Context(), plan, event.Run{}, modules(6))
	if took := time.Since(begun); took > 5*time.Second {
		t.Errorf("took %s", took)
	}
	asked := 0
	for id, a := range got {
		switch {
		case a.Asked && strings.Contains(a.Note.Text, "did not answer in time"):
			asked++
		case !a.Asked && strings.Contains(a.Note.Text, "had to end after 600ms"):
		default:
			t.Errorf("%s: got %+v", id, a)
		}
	}
	// Twice the timeout is room for two probes; a third may begin in its last moment.
	if n := len(lines(t, log)); asked < 1 || asked > 3 || n > 3 || len(got) != 6 {
		t.Errorf("%d asked, %d probes, %d answers", asked, n, len(got))
	}
}

func TestAtMostConcurrencyProbesAtOnceOverAllChecks(t *testing.T) {
	// Each probe waits until a second one has begun, so that two really run at once.
	command, log := sh(t, `[ $2 = list ] && exit
echo + >> $log; while [ $(grep -c + $log) -lt 2 ]; do sleep 0.02; done; sleep 0.1; echo - >> $log; echo []`)
	c := checker(t, func(cfg *repocheck.Config) { cfg.Command = command })
	other := make(chan map[string]repocheck.Answer)
	go func() { other <- c.Check(t.Context(), event.Plan{ID: "2"}, event.Run{}, modules(3)) }()
	for _, got := range []map[string]repocheck.Answer{c.Check(t.Context(), plan, event.Run{}, modules(3)), <-other} {
		for id, a := range got {
			if a.Cause != event.CauseModule {
				t.Errorf("%s: got %+v", id, a)
			}
		}
	}
	now, most := 0, 0
	for _, mark := range lines(t, log) {
		if now--; mark == "+" {
			now += 2
		}
		most = max(most, now)
	}
	if most != 2 {
		t.Errorf("%d probes ran at once", most)
	}
}

func TestR24AHangingResticIsEndedInTimeItsChildToo(t *testing.T) {
	command, log := sh(t, `sleep 600 & echo $! > $log; wait`)
	c := checker(t, func(cfg *repocheck.Config) { cfg.Command, cfg.Timeout = command, time.Second })
	begun := time.Now()
	a := c.Check(t.Context(), plan, event.Run{}, modules(1))["mail1"]
	if took := time.Since(begun); took > 6*time.Second {
		t.Errorf("took %s", took)
	}
	if a.Cause != "" || !strings.Contains(a.Note.Text, "did not answer in time") {
		t.Errorf("got %+v", a)
	}
	pid, err := strconv.Atoi(lines(t, log)[0])
	if err != nil {
		t.Fatal(err)
	}
	gone(t, pid)
}

// gone waits until a process is no more, or a zombie that nobody has collected yet.
func gone(t *testing.T, pid int) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
		if err != nil || strings.Contains(string(stat), ") Z ") || syscall.Kill(pid, 0) != nil {
			return
		}
	}
	t.Fatalf("process %d outlived the probe", pid)
}

func TestR3WhatWasSaidBeforeTheDeadlineTellsUnreachable(t *testing.T) {
	command, _ := sh(t, `echo 'Stat(<config/>) returned error, retrying after 1.07s: Head "http://node:pw@127.0.0.1:4694/u/config": unexpected HTTP response (502): 502 Bad Gateway' >&2; sleep 600`)
	c := checker(t, func(cfg *repocheck.Config) { cfg.Command, cfg.Timeout = command, time.Second })
	a := c.Check(t.Context(), plan, event.Run{}, modules(1))["mail1"]
	const want = `Head "the node's gateway": unexpected HTTP response (502): 502 Bad Gateway`
	if a.Cause != event.CauseUnreachable || a.Error != want || a.Note.Text != "" {
		t.Fatalf("got %+v", a)
	}
}

func TestGigabytesOfOutputAreANote(t *testing.T) {
	command, _ := sh(t, `head -c 2000000000 /dev/zero | tee /dev/stderr`)
	c := checker(t, func(cfg *repocheck.Config) { cfg.Command = command })
	a := c.Check(t.Context(), plan, event.Run{}, modules(1))["mail1"]
	if a.Cause != "" || !a.LastSnapshot.IsZero() || !strings.Contains(a.Note.Text, "longer than 1048576 bytes") {
		t.Fatalf("got %+v", a)
	}
}

func TestAMissingRunagentIsOneNoteForAll(t *testing.T) {
	c := checker(t, func(cfg *repocheck.Config) { cfg.Command[0] = "no-such-runagent" })
	got := c.Check(t.Context(), plan, event.Run{}, modules(2))
	a := got["mail1"]
	if !reflect.DeepEqual(a, got["mail2"]) || a.Asked || a.Cause != "" || !strings.Contains(a.Note.Text, "no-such-runagent") || !strings.Contains(a.Note.Text, "repo_check.enabled") {
		t.Fatalf("got %+v", got)
	}
}

func TestLocksThatCannotBeListedLeaveTheCauseOpen(t *testing.T) {
	command, _ := sh(t, `[ $2 = list ] || { echo '[{"time":"2026-01-02T03:04:05Z"}]'; exit; }; echo "Fatal: the moon is full" >&2; exit 1`)
	c := checker(t, func(cfg *repocheck.Config) { cfg.Command = command })
	a := c.Check(t.Context(), plan, event.Run{}, modules(1))["mail1"]
	if a.Cause != "" || a.Error != "the moon is full" || a.Note.Text == "" || a.LastSnapshot.IsZero() {
		t.Fatalf("got %+v", a)
	}
}

func TestASnapshotFromTheFutureIsRemarkedOn(t *testing.T) {
	command, _ := sh(t, `[ $2 = list ] || echo '[{"time":"9000-01-02T03:04:05Z"}]'`)
	c := checker(t, func(cfg *repocheck.Config) { cfg.Command = command })
	a := c.Check(t.Context(), plan, event.Run{}, modules(1))["mail1"]
	if a.Cause != event.CauseModule || a.LastSnapshot.Year() != 9000 || !strings.Contains(a.Note.Text, "dated in the future") {
		t.Fatalf("got %+v", a)
	}
}

func TestAnOptionInPlaceOfAnIDStartsNothing(t *testing.T) {
	command, log := sh(t, `echo $1 >> $log; echo []`)
	c := checker(t, func(cfg *repocheck.Config) { cfg.Command = command })
	got := c.Check(t.Context(), plan, event.Run{}, []event.Module{failed("--show"), failed("mail\x001")})
	for id, a := range got {
		if a.Asked || a.Note.Text == "" {
			t.Errorf("%q: got %+v", id, a)
		}
	}
	if n := len(lines(t, log)); n != 0 || len(got) != 2 {
		t.Errorf("%d probes, %d answers", n, len(got))
	}
}

func TestAStoppedBellhopAsksNobody(t *testing.T) {
	command, log := sh(t, `echo $1 >> $log; echo []`)
	c := checker(t, func(cfg *repocheck.Config) { cfg.Command = command })
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	a := c.Check(ctx, plan, event.Run{}, modules(1))["mail1"]
	if a.Asked || !strings.Contains(a.Note.Text, "was stopped") || len(lines(t, log)) != 0 {
		t.Fatalf("got %+v", a)
	}
}

func TestAModuleGivenTwiceIsAskedOnce(t *testing.T) {
	command, log := sh(t, `echo $2 >> $log; echo []`)
	c := checker(t, func(cfg *repocheck.Config) { cfg.Command = command })
	c.Check(t.Context(), plan, event.Run{}, []event.Module{failed("mail1"), failed("mail1")})
	if got := strings.Join(lines(t, log), " "); got != "snapshots list" {
		t.Fatalf("ran %s", got)
	}
}

func TestSwitchedOffItAnswersNothing(t *testing.T) {
	c := checker(t, func(cfg *repocheck.Config) { cfg.Enabled = false })
	if got := c.Check(t.Context(), plan, event.Run{}, modules(1)); got != nil {
		t.Fatalf("got %+v", got)
	}
}
