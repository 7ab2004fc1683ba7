package app

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// TestTheWatchdogHearsNothingFromAWriterThatHangs: an answer, also a bad one, is a
// sign of life; none is none.
func TestTheWatchdogHearsNothingFromAWriterThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		var said []string
		hangs := make(chan struct{})
		asked := 0
		r := report{
			tell:   func(words ...string) { said = append(said, strings.Join(words, " ")) },
			status: "serves",
			every:  time.Minute,
			answers: func(context.Context) error {
				if asked++; asked == 3 {
					<-hangs
				}
				return errors.New("the disk is full")
			},
		}
		ended := make(chan struct{})
		go func() { defer close(ended); r.run(ctx) }()
		time.Sleep(time.Hour)
		synctest.Wait()
		if want := []string{"READY=1 STATUS=serves", "WATCHDOG=1", "WATCHDOG=1"}; !slices.Equal(said, want) {
			t.Errorf("with a writer that hangs it said %q, want %q", said, want)
		}
		said = nil
		close(hangs)
		synctest.Wait()
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		if len(said) < 3 {
			t.Errorf("with a writer that answers again it said %q", said)
		}
		said = nil
		cancel()
		<-ended
		if want := []string{"STOPPING=1"}; !slices.Equal(said, want) {
			t.Errorf("at the end it said %q, want %q", said, want)
		}
	})
}

// TestWithoutAWatchdogNobodyIsAsked: the queue is left alone.
func TestWithoutAWatchdogNobodyIsAsked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		var said []string
		r := report{
			tell:    func(words ...string) { said = append(said, words[0]) },
			answers: func(context.Context) error { t.Error("it was asked"); return nil },
		}
		r.run(ctx)
		if want := []string{"READY=1", "STOPPING=1"}; !slices.Equal(said, want) {
			t.Errorf("it said %q, want %q", said, want)
		}
	})
}
