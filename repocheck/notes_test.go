package repocheck

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"bellhop/internal/event"
	"bellhop/templates/wordstest"
)

// TestNotesHaveTheSameWordsInTheTemplates goes through those that are not restic's or
// the wrapper's.
func TestNotesHaveTheSameWordsInTheTemplates(t *testing.T) {
	cfg := DefaultConfig()
	cfg.Command = []string{"/no/such/runagent"}
	noon := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	c, err := New(cfg, func() time.Time { return noon }, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	plan, m := event.Plan{ID: "1"}, event.Module{ID: "mail1"}
	stop, cancel := context.WithCancel(t.Context())
	cancel()
	late, cancel := context.WithDeadline(t.Context(), noon)
	defer cancel()
	for code, n := range map[event.NoteCode]event.Note{
		event.NoteCheckStopped:    c.unasked(stop),
		event.NoteCheckLate:       c.unasked(late),
		event.NoteCheckNoPlan:     unfit("", "mail1"),
		event.NoteBadPlanID:       unfit("--show", "mail1"),
		event.NoteBadModuleID:     unfit("1", "-x"),
		event.NoteNoSnapshot:      c.remark("mail1", time.Time{}),
		event.NoteSnapshotFuture:  c.remark("mail1", noon.Add(time.Hour)),
		event.NoteDestinationAway: (&errand{checker: c, plan: plan, away: true}).ask(t.Context(), m).Note,
		event.NoteCheckImpossible: c.probe(t.Context(), plan, event.Run{}, m).Note,
		event.NoteResticLate:      read(output{late: true}).answer("mail1").Note,
	} {
		if n.Code != code {
			t.Errorf("got the code %q, want %q", n.Code, code)
		}
		wordstest.SaysTheSame(t, n)
	}
}
