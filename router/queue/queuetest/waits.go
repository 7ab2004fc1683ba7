package queuetest

import (
	"context"
	"errors"
	"time"

	"bellhop/router/queue"
)

func waits() []promise {
	return []promise{
		{"Wait returns at once when a job is due", waitDue},
		{"Wait wakes when a job is put", waitPut},
		{"Wait wakes when a job is joined to an earlier time", waitJoin},
		{"Wait wakes when the due time comes", waitTime},
		{"Wait wakes when the predecessor of a key ends", waitKey},
		{"Wait wakes when a lease is given back", waitAgain},
		{"Wait returns its context's error", waitContext},
		{"Wait does not wake for another lane or a later job", waitOthers},
	}
}

// soon is within what a loaded machine takes.
const soon = 30 * time.Second

// wait waits in the background.
func (b *bench) wait() <-chan error {
	done := make(chan error, 1)
	go func() {
		ctx, cancel := context.WithTimeout(b.Context(), soon)
		defer cancel()
		done <- b.e.Wait(ctx, "l")
	}()
	return done
}

func (b *bench) woken(done <-chan error) {
	b.Helper()
	if err := <-done; err != nil {
		b.Fatalf("wait: %v", err)
	}
}

// asleep fails when the wait ends by itself, for as long as it can be watched.
func (b *bench) asleep(done <-chan error) {
	b.Helper()
	select {
	case err := <-done:
		b.Fatalf("the wait ended too early, error %v", err)
	case <-time.After(50 * time.Millisecond):
	}
}

func waitDue(b *bench) {
	b.put(b.job("a", "k"))
	b.woken(b.wait())
}

func waitPut(b *bench) {
	done := b.wait()
	b.asleep(done)
	b.put(b.job("a", "k"))
	b.woken(done)
}

func waitJoin(b *bench) {
	b.put(b.later("a", "k", time.Hour))
	done := b.wait()
	b.asleep(done)
	b.put(b.job("a", "k"))
	b.woken(done)
}

func waitTime(b *bench) {
	b.realTime()
	due := time.Now().Add(300 * time.Millisecond)
	b.put(queue.Job{ID: "a", Lane: "l", Due: due})
	b.woken(b.wait())
	if early := time.Until(due); early > 0 {
		b.Errorf("woke %s too early", early)
	}
	b.lease("a")
}

func waitKey(b *bench) {
	b.put(b.job("a", "k"), b.job("b", "k"))
	l := b.lease("a")[0]
	done := b.wait()
	b.asleep(done)
	b.end(l, queue.Ack)
	b.woken(done)
	b.lease("b")
}

func waitAgain(b *bench) {
	b.put(b.job("a", "k"))
	l := b.lease("a")[0]
	done := b.wait()
	b.asleep(done)
	b.end(l, queue.Again)
	b.woken(done)
	b.lease("a")
}

func waitContext(b *bench) {
	ctx, cancel := context.WithCancel(b.Context())
	done := make(chan error, 1)
	go func() { done <- b.e.Wait(ctx, "l") }()
	b.asleep(done)
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		b.Errorf("wait: %v", err)
	}
}

func waitOthers(b *bench) {
	done := b.wait()
	m := b.job("m", "k")
	m.Lane = "m"
	b.put(m, b.later("later", "k", time.Hour), b.later("blocked", "k", -time.Hour))
	b.asleep(done)
	b.put(b.job("now", "n"))
	b.woken(done)
}
