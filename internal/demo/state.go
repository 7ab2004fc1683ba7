package demo

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"bellhop/correlate"
	"bellhop/correlate/recorded"
)

var (
	//go:embed recorded/node-partial.redis
	failedNight string
	//go:embed recorded/node-success.redis
	goodNight string
	//go:embed recorded/firing.json
	firing []byte
	//go:embed recorded/resolved.json
	resolved []byte
	//go:embed recorded/runagent.sh
	runagent string
)

const (
	// failedAgo is how long before the story the recorded failed night is put.
	failedAgo = time.Hour
	// snapshotAge is how old the last good snapshot is in the story.
	snapshotAge = 26 * time.Hour
)

// state is a recorded state that the next night may replace.
type state struct {
	now atomic.Pointer[recorded.State]
}

var _ correlate.Store = (*state)(nil)

// become puts a recorded text in place, with times relative to now.
func (s *state) become(text string, now time.Time) error {
	recorded, err := recorded.New(text, now)
	if err != nil {
		return fmt.Errorf("read the recorded state: %w", err)
	}
	s.now.Store(recorded)
	return nil
}

func (s *state) Keys(ctx context.Context, pattern string) ([]string, error) {
	now := s.now.Load()
	if now == nil {
		return nil, errNothing
	}
	return now.Keys(ctx, pattern)
}

func (s *state) Read(ctx context.Context, asks ...correlate.Ask) ([]correlate.Value, error) {
	now := s.now.Load()
	if now == nil {
		return nil, errNothing
	}
	return now.Read(ctx, asks...)
}

// errNothing is said before the story has begun.
var errNothing = errors.New("the cluster has no state yet")

// writeRunagent writes the stand-in for runagent: it keeps mails in the folder
// and answers for restic, whose last snapshot it dates.
func writeRunagent(dir string, now time.Time) error {
	snapshot := now.Add(-snapshotAge).UTC().Format(time.RFC3339Nano)
	script := fmt.Sprintf("mails=%q\nsnapshot=%q\n%s", filepath.Join(dir, "mails"), snapshot, runagent)
	if err := os.WriteFile(filepath.Join(dir, "runagent"), []byte(script), 0o600); err != nil {
		return fmt.Errorf("write the stand-in for runagent: %w", err)
	}
	return nil
}
