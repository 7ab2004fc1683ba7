package sinktest

import (
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"bellhop/internal/farend"
	"bellhop/internal/retry"
	"bellhop/sinks"
)

// weather sends through all that can happen on the way, drawn from a few seeds. A
// message that is said to be taken was, and one that is said to be refused was not:
// upon this it is decided whether a later message may take its place (R14).
func (c Case) weather(t *testing.T) {
	const turns = 60
	for seed := range uint64(5) {
		synctest.Test(t, func(t *testing.T) {
			far := c.Far(time.Now)
			far.Inject(farend.Weather(seed, turns)...)
			line := farend.NewLine(far, nil)
			sink, err := c.New(Base, sinks.Deps{Log: slog.New(slog.DiscardHandler), Now: time.Now, Client: line.Client()})
			if err != nil {
				t.Fatal(err)
			}
			r := &room{Case: c, t: t, sink: sink}
			for turn := range turns {
				r.turn(far, seed, turn)
				time.Sleep(pace)
			}
			if err := line.Close(); err != nil {
				t.Errorf("close the far end: %v", err)
			}
			time.Sleep(time.Minute)
		})
	}
}

func (r *room) turn(far StandIn, seed uint64, turn int) {
	r.t.Helper()
	err := r.send(r.t.Context(), r.Message)
	heard := far.Requests()
	if len(heard) != turn+1 {
		r.t.Fatalf("seed %d: after turn %d the far end was called %d times", seed, turn, len(heard))
	}
	last := heard[turn]
	judged := retry.Of(err)
	switch {
	case err == nil && !last.Done:
		r.t.Errorf("seed %d, turn %d: said to be taken, but %+v", seed, turn, last)
	case err != nil && judged.Refused && last.Done:
		r.t.Errorf("seed %d, turn %d: said to be refused (%v), but it was taken", seed, turn, err)
	case err != nil && judged.Verdict != retry.Away:
		r.t.Errorf("seed %d, turn %d: got %+v of a far end that is away: %v", seed, turn, judged, err)
	case last.Refused && !judged.Refused:
		r.t.Errorf("seed %d, turn %d: without a connection it is not known to be refused: %v", seed, turn, err)
	}
}
