package queuetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"bellhop/router/queue"
)

func steps() []promise {
	return []promise{
		{"a step happens at once", stepAtOnce},
		{"a step whose guard fails changes nothing", stepGuard},
		{"a step whose lease is lost changes nothing", stepLease},
		{"a step whose drop comes too late changes nothing", stepDrop},
		{"a step that can never be carried out says so", stepInvalid},
		{"a step of a context that has ended does not happen", stepContext},
		{"a row is removed at the revision that was meant", stepRemove},
		{"writers who guard a row lose no update", stepRace},
		{"after Close everything answers ErrClosed", stepClosed},
	}
}

func stepAtOnce(b *bench) {
	b.put(b.brief("old", "k"), b.job("waits", "w"))
	old := b.leaseN(1, "old")[0]
	b.do(queue.Step{
		Ends: []queue.End{{Lease: old, Verb: queue.Ack}},
		Set:  []queue.Row{row("a", "1"), row("b", "2")},
		Put:  []queue.Job{b.job("new", "k")},
		Drop: []queue.Drop{{ID: "waits", To: queue.Superseded}},
	})
	b.listed(queue.JobQuery{}, "new queued", "waits superseded")
	if !bytes.Equal(b.get("a").Value, []byte("1")) || !bytes.Equal(b.get("b").Value, []byte("2")) {
		b.Error("a row of the step is not there")
	}
	b.lease("new")
}

func stepRemove(b *bench) {
	b.do(queue.Step{Set: []queue.Row{row("same", "1"), row("newer", "1"), row("any", "1")}})
	same, newer := b.get("same"), b.get("newer")
	b.do(queue.Step{Set: []queue.Row{row("newer", "2")}})
	b.do(queue.Step{Set: []queue.Row{
		{Key: "same", Rev: same.Rev}, {Key: "newer", Rev: newer.Rev}, {Key: "any"}, {Key: "none", Rev: 7},
	}})
	for key, want := range map[string]string{"same": "", "newer": "2", "any": "", "none": ""} {
		if got := string(b.get(key).Value); got != want {
			b.Errorf("row %s holds %q, want %q", key, got, want)
		}
	}
}

// everything is a step in which nothing may happen.
func everything(b *bench, l queue.Lease) queue.Step {
	return queue.Step{
		Ends: []queue.End{{Lease: l, Verb: queue.Ack}},
		Set:  []queue.Row{row("row", "new"), row("other", "new")},
		Put:  []queue.Job{b.job("new", "n")},
		Drop: []queue.Drop{{ID: "waits", To: queue.Superseded}},
	}
}

// untouched fails when any part of everything happened.
func untouched(b *bench) {
	b.Helper()
	b.listed(queue.JobQuery{}, "waits queued", "leased queued")
	if v := b.get("row").Value; string(v) != "old" {
		b.Errorf("the row is %q", v)
	}
	if b.get("other").Rev != 0 {
		b.Error("the other row was written")
	}
}

func prepared(b *bench) queue.Lease {
	b.put(b.job("leased", "k"))
	l := b.lease("leased")[0]
	b.do(queue.Step{Put: []queue.Job{b.job("waits", "w")}, Set: []queue.Row{row("row", "old")}})
	return l
}

func stepGuard(b *bench) {
	l := prepared(b)
	rev := b.get("row").Rev
	for _, guard := range []queue.Row{{Key: "row", Rev: 0}, {Key: "row", Rev: rev + 1}, {Key: "none", Rev: 1}} {
		s := everything(b, l)
		s.Guard = []queue.Row{{Key: "row", Rev: rev}, guard}
		b.refused(s, queue.ErrChanged)
		untouched(b)
	}
	s := everything(b, l)
	s.Guard = []queue.Row{{Key: "row", Rev: rev}, {Key: "none"}}
	b.do(s)
	b.listed(queue.JobQuery{}, "new queued", "waits superseded", "leased sent")
}

func stepLease(b *bench) {
	l := prepared(b)
	stranger := l
	stranger.Token++
	b.refused(everything(b, stranger), queue.ErrLeaseLost)
	untouched(b)
	twice := everything(b, l)
	twice.Ends = append(twice.Ends, twice.Ends[0])
	b.refused(twice, queue.ErrLeaseLost)
	untouched(b)
	b.do(everything(b, l))
	b.refused(queue.Step{Ends: []queue.End{{Lease: l}}}, queue.ErrLeaseLost)
}

func stepDrop(b *bench) {
	l := prepared(b)
	for _, id := range []string{"leased", "nobody", "new"} {
		s := everything(b, l)
		s.Drop = append(s.Drop, queue.Drop{ID: id, To: queue.Superseded})
		b.refused(s, queue.ErrChanged)
		untouched(b)
	}
}

func stepInvalid(b *bench) {
	l := prepared(b)
	b.clock.move(time.Second)
	far := b.job("far", "k")
	far.Due = time.Date(12026, 1, 1, 0, 0, 0, 0, time.UTC)
	noLane := b.job("no lane", "k")
	noLane.Lane = ""
	long := strings.Repeat("x", 64<<10)
	for _, j := range []queue.Job{b.job("", "k"), noLane, b.job(long, "k"), b.job("long", long), far} {
		s := everything(b, l)
		s.Put = append(s.Put, j)
		b.refused(s, queue.ErrInvalid)
		untouched(b)
	}
	s := everything(b, l)
	s.Set = append(s.Set, row("", "no key"))
	b.refused(s, queue.ErrInvalid)
	untouched(b)
}

func stepContext(b *bench) {
	ctx, cancel := context.WithCancel(b.Context())
	cancel()
	err := b.e.Do(ctx, queue.Step{Put: []queue.Job{b.job("a", "k")}})
	if !errors.Is(err, context.Canceled) {
		b.Fatalf("do: %v", err)
	}
	b.listed(queue.JobQuery{})
}

// stepRace has writers count in one row, as whoever changes a record does.
func stepRace(b *bench) {
	const writers, each = 8, 25
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for i := range each {
				for !increment(b, fmt.Sprintf("%d/%d", w, i)) {
				}
			}
		})
	}
	wg.Wait()
	if got := len(b.get("count").Value); got != writers*each {
		b.Errorf("counted to %d, want %d", got, writers*each)
	}
	if got := len(b.jobs(queue.JobQuery{})); got != writers*each {
		b.Errorf("%d jobs, want %d", got, writers*each)
	}
}

func increment(b *bench, id string) (done bool) {
	r, err := b.e.Get(b.Context(), "count")
	if err == nil {
		err = b.e.Do(b.Context(), queue.Step{
			Guard: []queue.Row{r},
			Set:   []queue.Row{{Key: "count", Value: append(r.Value, '|')}},
			Put:   []queue.Job{b.job(id, id)},
		})
	}
	if err != nil && !errors.Is(err, queue.ErrChanged) {
		b.Errorf("increment: %v", err)
		return true
	}
	return err == nil
}

func stepClosed(b *bench) {
	b.put(b.job("a", "k"))
	l := b.lease("a")[0]
	waiting := make(chan error, 1)
	go func() { waiting <- b.e.Wait(b.Context(), "l") }()
	b.close()
	ctx := b.Context()
	_, get := b.e.Get(ctx, "row")
	_, scan := b.e.Scan(ctx, queue.RowQuery{})
	_, jobs := b.e.Jobs(ctx, queue.JobQuery{})
	_, lanes := b.e.Lanes(ctx, "")
	_, prune := b.e.Prune(ctx, time.Now(), 1)
	_, usage := b.e.Usage(ctx)
	_, lease := b.e.Lease(ctx, "l", 1)
	for name, err := range map[string]error{
		"wait before": <-waiting, "wait after": b.e.Wait(ctx, "l"), "get": get, "scan": scan, "jobs": jobs,
		"lanes": lanes, "prune": prune, "usage": usage, "lease": lease, "do": b.e.Do(ctx, queue.Step{Put: []queue.Job{b.job("b", "k")}}),
		"begin": b.e.Begin(ctx, l), "extend": b.e.Extend(ctx, l),
	} {
		if !errors.Is(err, queue.ErrClosed) {
			b.Errorf("%s: %v, want %v", name, err, queue.ErrClosed)
		}
	}
}
