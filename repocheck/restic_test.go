package repocheck_test

import (
	"log/slog"
	"strings"
	"testing"
	"time"

	"bellhop/internal/event"
	"bellhop/repocheck"
	"bellhop/repocheck/restictest"
)

// The run of these tests: one module's backup, half an hour ago.
func times() (start, end time.Time) {
	start = time.Now().Truncate(time.Second).Add(-30 * time.Minute)
	return start, start.Add(10 * time.Minute)
}

func failed(id string) event.Module {
	start, end := times()
	return event.Module{ID: id, State: event.StateFailed, Start: start, End: end, Size: 100}
}

func checker(t *testing.T, change func(*repocheck.Config)) *repocheck.Checker {
	t.Helper()
	cfg := repocheck.DefaultConfig()
	change(&cfg)
	c, err := repocheck.New(cfg, time.Now, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestR3ARealRepositoryTellsWhy(t *testing.T) {
	start, _ := times()
	within, before := start.Add(time.Minute), start.Add(-24*time.Hour)
	for _, c := range []struct {
		name  string
		kind  restictest.Kind
		at    time.Time // of the snapshot
		size  int64
		cause event.Cause
		last  time.Time
		says  string
		note  string
	}{
		{"yesterdays-snapshot", restictest.Good, before, 100, event.CauseModule, before, "", ""},
		{"snapshot-of-the-run", restictest.Good, within, 100, event.CauseRetention, within, "", ""},
		{"uncounted-snapshot-of-the-run", restictest.Good, within, 0, event.CauseStats, within, "", ""},
		{"empty", restictest.Empty, before, 100, event.CauseModule, time.Time{}, "", "mail1: its repository holds no snapshot at all"},
		{"locked", restictest.Locked, before, 100, event.CauseLocked, before, "", ""},
		{"damaged", restictest.Damaged, before, 100, event.CauseDamaged, before, "invalid data", ""},
		{"wrong-password", restictest.WrongPassword, before, 100, event.CauseWrongPassword, time.Time{}, "wrong password or no key found", ""},
		{"missing", restictest.Missing, before, 100, event.CauseNoRepository, time.Time{}, "no such file or directory", ""},
		{"unreachable", restictest.Unreachable, before, 100, event.CauseUnreachable, time.Time{}, "connection refused", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			repo := restictest.Repo(t, c.kind, c.at)
			ck := checker(t, func(cfg *repocheck.Config) {
				cfg.Timeout = 20 * time.Second // since 0.17 restic itself tries the unreachable one for 15 minutes
				cfg.Command = restictest.Runagent(t, map[string]restictest.Repository{"mail1": repo})
			})
			m := failed("mail1")
			m.Size = c.size
			a := ck.Check(t.Context(), event.Plan{ID: "1"}, event.Run{}, []event.Module{m})["mail1"]
			if a.Cause != c.cause || !a.LastSnapshot.Equal(c.last) || !a.Asked {
				t.Errorf("got %+v, want cause %q, last snapshot %s", a, c.cause, c.last)
			}
			if !strings.Contains(a.Error, c.says) || (c.says == "") != (a.Error == "") || a.Note.Text != c.note {
				t.Errorf("error %q, note %q", a.Error, a.Note.Text)
			}
		})
	}
}

func TestAnUnknownModuleIsANoteAndCostsTheOthersNothing(t *testing.T) {
	repo := restictest.Repo(t, restictest.Missing, time.Time{})
	ck := checker(t, func(cfg *repocheck.Config) {
		cfg.Command = restictest.Runagent(t, map[string]restictest.Repository{"it's 1": repo})
	})
	got := ck.Check(t.Context(), event.Plan{ID: "1"}, event.Run{}, []event.Module{failed("gone9"), failed("it's 1")})
	if a := got["gone9"]; a.Cause != "" || !strings.Contains(a.Note.Text, "gone9: its repository was not asked, restic-wrapper refused: Module not found: gone9") {
		t.Errorf("got %+v", a)
	}
	if a := got["it's 1"]; a.Cause != event.CauseNoRepository {
		t.Errorf("got %+v", a)
	}
}
