package queuetest

import (
	"fmt"
	"time"

	"bellhop/router/queue"
)

func jobs() []promise {
	return []promise{
		{"a job is kept as it was put", jobKept},
		{"an id that waits is joined: the earlier due time wins, the rest stays", jobJoins},
		{"an id that is leased is done once more, after an ack, a bury or a pass", jobOnceMore},
		{"what is done once more keeps its place in the order", jobOnceMorePlace},
		{"an Again takes what was put meanwhile", jobOnceMoreAgain},
		{"an ended id that is kept is not said again", jobSaid},
		{"a kept record still speaks for its id after a later job that was not kept", jobFormer},
		{"an ended id that is not kept is a new job", jobForgotten},
		{"ack, again, bury and pass end a lease as they say", jobEnds},
		{"a job that is passed over is no longer there, or on record with the reason", jobPassed},
		{"a record keeps the first attempt and the newest others", jobAttempts},
		{"a waiting job can be superseded, one that may have been heard cannot", jobDrop},
		{"a waiting job can die without a turn, a leased one cannot", jobDropDead},
		{"a dead job can be let go, and is not said after all", jobDropLetGo},
		{"Prune forgets the oldest ended jobs, and what waits stays", jobPruned},
		{"Usage grows with what is kept", jobUsage},
	}
}

func jobKept(b *bench) {
	put := b.later("a", "k", time.Minute)
	b.put(put)
	got := b.only("a")
	if got.Lane != put.Lane || got.Key != put.Key || !got.Due.Equal(put.Due) || !got.Keep || string(got.Payload) != string(put.Payload) {
		b.Errorf("%+v, want what was put: %+v", got, put)
	}
	if got.Seq == 0 || !got.Put.Equal(b.clock.read()) || got.Delay != time.Minute || got.State != queue.Queued ||
		got.Tries != 0 || len(got.Attempts) != 0 || !got.Begun.IsZero() {
		b.Errorf("%+v: what the engine fills in is wrong", got)
	}
}

func jobJoins(b *bench) {
	b.put(b.later("a", "k", time.Hour))
	first := b.only("a")
	b.put(queue.Job{ID: "a", Lane: "m", Key: "z", Due: b.clock.read().Add(time.Minute), Payload: []byte("new")})
	joined := b.only("a")
	if joined.Delay != time.Minute || !joined.Due.Equal(b.clock.read().Add(time.Minute)) {
		b.Errorf("due %s, want the earlier time", joined.Due)
	}
	if joined.Seq != first.Seq || joined.Lane != "l" || joined.Key != "k" || string(joined.Payload) != string(first.Payload) || !joined.Keep {
		b.Errorf("%+v, want the rest of the waiting job: %+v", joined, first)
	}
	b.put(b.later("a", "k", 2*time.Hour))
	if got := b.only("a").Due; !got.Equal(joined.Due) {
		b.Errorf("a later put moved the due time to %s", got)
	}
	b.clock.move(time.Minute)
	b.lease("a")
	b.stats(1, 0, first.Put)
}

func jobOnceMore(b *bench) {
	for i, verb := range []queue.Verb{queue.Ack, queue.Bury, queue.Pass} {
		id := fmt.Sprintf("job %d", i)
		b.put(b.job(id, "k"))
		l := b.lease(id)[0]
		again := b.later(id, "k", time.Hour)
		again.Payload = []byte("once more")
		b.put(again)
		b.put(b.later(id, "k", time.Minute)) // joins what waits behind the lease
		b.lease()
		b.end(l, verb)
		b.lease()
		b.clock.move(time.Minute)
		more := b.lease(id)[0]
		if string(more.Payload) != "once more" || more.Seq == l.Seq || more.Heard || len(more.Attempts) != 0 {
			b.Errorf("%+v is not a new job of what was put", more)
		}
		b.end(more, queue.Ack)
		b.put(b.job(id, "k"))
		b.lease()
	}
	b.listed(queue.JobQuery{}, "job 2 sent", "job 2 skipped", "job 1 sent", "job 1 dead", "job 0 sent", "job 0 sent")
}

func jobOnceMorePlace(b *bench) {
	b.put(b.brief("a", "k"), b.job("b", "k"))
	a := b.lease("a")[0]
	b.put(b.brief("a", "k"), b.job("c", "k"))
	b.end(a, queue.Ack)
	for _, id := range []string{"b", "a", "c"} {
		b.end(b.lease(id)[0], queue.Ack)
	}
	b.put(b.brief("x", "one"), b.job("y", "two"))
	xy := b.lease("x", "y")
	b.put(b.brief("x", "two")) // elsewhere: behind what is there
	b.end(xy[0], queue.Ack)
	b.lease()
	b.end(xy[1], queue.Ack)
	b.lease("x")
}

func jobOnceMoreAgain(b *bench) {
	b.put(b.job("a", "k"))
	l := b.lease("a")[0]
	b.put(b.later("a", "k", time.Minute))
	b.do(queue.Step{Ends: []queue.End{{Lease: l, Verb: queue.Again, Due: b.clock.read().Add(time.Hour)}}})
	b.clock.move(time.Minute)
	b.end(b.lease("a")[0], queue.Ack)
	b.clock.move(24 * time.Hour)
	b.lease()
	b.listed(queue.JobQuery{}, "a sent")
}

func jobSaid(b *bench) {
	buried := b.brief("buried", "k")
	b.put(b.job("acked", "a"), buried, b.job("dropped", "d"))
	b.do(queue.Step{Drop: []queue.Drop{{ID: "dropped", To: queue.Superseded}}})
	ls := b.lease("acked", "buried")
	b.end(ls[0], queue.Ack)
	b.end(ls[1], queue.Bury)
	b.put(b.job("acked", "a"), buried, b.job("dropped", "d"))
	b.lease()
	b.listed(queue.JobQuery{}, "dropped superseded", "buried dead", "acked sent")
}

func jobForgotten(b *bench) {
	b.put(b.brief("a", "k"), b.brief("b", "k"))
	b.do(queue.Step{Drop: []queue.Drop{{ID: "b", To: queue.Superseded}}})
	b.end(b.lease("a")[0], queue.Ack)
	b.listed(queue.JobQuery{})
	b.put(b.brief("a", "k"), b.brief("b", "l"))
	b.lease("a", "b")
}

func jobFormer(b *bench) {
	b.put(b.job("a", "k"))
	kept := b.lease("a")[0]
	b.put(b.brief("a", "k"))
	b.end(kept, queue.Ack)
	b.end(b.lease("a")[0], queue.Ack)
	b.listed(queue.JobQuery{}, "a sent")
	b.put(b.job("a", "k"))
	b.lease()
}

func jobEnds(b *bench) {
	b.put(b.job("a", "a"), b.job("b", "b"), b.job("c", "c"))
	ls := b.lease("a", "b", "c")
	for _, l := range ls {
		b.begin(l)
	}
	at := b.clock.read()
	due := at.Add(time.Minute)
	b.do(queue.Step{Ends: []queue.End{
		{Lease: ls[0], Verb: queue.Ack, Attempt: &queue.Attempt{At: at, Took: time.Second, Status: "202"}},
		{Lease: ls[1], Verb: queue.Again, Due: due, Failed: true, Attempt: &queue.Attempt{At: at, Error: "refused"}},
		{Lease: ls[2], Verb: queue.Bury, Attempt: &queue.Attempt{At: at, Status: "400", Error: "never"}},
	}})
	b.listed(queue.JobQuery{}, "c dead", "b queued", "a sent")
	a, again, dead := b.only("a"), b.only("b"), b.only("c")
	if len(a.Attempts) != 1 || a.Attempts[0].Status != "202" || a.Attempts[0].Took != time.Second || !a.Begun.IsZero() {
		b.Errorf("sent: %+v", a)
	}
	if again.Tries != 1 || !again.Due.Equal(due) || again.Delay != time.Minute || !again.Begun.IsZero() || again.Attempts[0].Error != "refused" {
		b.Errorf("put off: %+v", again)
	}
	if dead.Attempts[0].Error != "never" || dead.Tries != 0 {
		b.Errorf("dead: %+v", dead)
	}
	b.lease()
	b.clock.move(time.Minute)
	if l := b.lease("b")[0]; !l.Heard {
		b.Error("an attempt was begun and not definitely refused, but the lease says that nobody heard")
	}
	if dead.Reason != "never" || !dead.Ended.Equal(at) || !a.Ended.Equal(at) || !again.Ended.IsZero() {
		b.Errorf("ends: sent %+v, dead %+v, put off %+v", a, dead, again)
	}
}

func jobPassed(b *bench) {
	b.put(b.job("kept", "a"), b.brief("brief", "b"), b.job("next", "a"))
	ls := b.lease("kept", "brief")
	b.begin(ls[0])
	at := b.clock.read()
	b.do(queue.Step{Ends: []queue.End{
		{Lease: ls[0], Verb: queue.Pass, Refused: true, Attempt: &queue.Attempt{At: at, Status: "not wanted"}},
		{Lease: ls[1], Verb: queue.Pass},
	}})
	j := b.only("kept")
	if j.State != queue.Skipped || j.Reason != "not wanted" || j.Heard || !j.Ended.Equal(at) || len(j.Attempts) != 1 {
		b.Errorf("%+v", j)
	}
	b.listed(queue.JobQuery{State: queue.Skipped}, "kept skipped")
	b.put(b.job("kept", "a"))
	b.reopen()
	b.listed(queue.JobQuery{Lane: "l", State: queue.Skipped}, "kept skipped")
	b.end(b.lease("next")[0], queue.Ack)
	if n, err := b.e.Prune(b.Context(), at.Add(time.Hour), 10); n != 2 || err != nil {
		b.Errorf("pruned %d, %v", n, err)
	}
	b.listed(queue.JobQuery{})
}

func jobAttempts(b *bench) {
	b.put(b.job("a", "k"))
	const n = queue.MaxAttempts + 5
	for i := range n {
		l := b.lease("a")[0]
		b.do(queue.Step{Ends: []queue.End{{
			Lease: l, Verb: queue.Again, Due: b.clock.read(), Failed: i%2 == 0,
			Attempt: &queue.Attempt{At: b.clock.read(), Status: fmt.Sprint(i)},
		}}})
	}
	j := b.only("a")
	if len(j.Attempts) != queue.MaxAttempts || j.Attempts[0].Status != "0" || j.Attempts[1].Status != "6" ||
		j.Attempts[queue.MaxAttempts-1].Status != fmt.Sprint(n-1) {
		b.Errorf("%d attempts are kept: %+v", len(j.Attempts), j.Attempts)
	}
	if want := (n + 1) / 2; j.Tries != want {
		b.Errorf("%d tries, want the %d that failed", j.Tries, want)
	}
}

func jobDrop(b *bench) {
	b.put(b.job("begun", "a"), b.job("tried", "b"), b.job("behind", "b"), b.job("head", "c"), b.job("next", "c"))
	ls := b.lease("begun", "tried", "head")
	b.begin(ls[0])
	for _, l := range ls {
		b.end(l, queue.Again)
	}
	b.refused(queue.Step{Drop: []queue.Drop{{ID: "begun", To: queue.Superseded}}}, queue.ErrChanged)
	b.do(queue.Step{Drop: superseded("behind", "head", "head")})
	b.listed(queue.JobQuery{State: queue.Superseded}, "head superseded", "behind superseded")
	b.refused(queue.Step{Drop: []queue.Drop{{ID: "head", To: queue.Superseded}}}, queue.ErrChanged)
	b.lease("begun", "tried", "next")
	b.stats(3, 0, b.clock.read())
}

func jobDropDead(b *bench) {
	b.put(b.brief("tried", "a"), b.job("behind", "a"), b.job("leased", "b"))
	ls := b.lease("tried", "leased")
	b.begin(ls[0])
	b.end(ls[0], queue.Again)
	dead := func(id string) queue.Step {
		return queue.Step{Drop: []queue.Drop{{ID: id, To: queue.Dead, Reason: "too old"}}}
	}
	b.refused(dead("leased"), queue.ErrChanged)
	b.do(dead("tried"))
	if j := b.only("tried"); j.State != queue.Dead || j.Reason != "too old" || !j.Heard || j.Ended.IsZero() {
		b.Errorf("%+v", j)
	}
	b.stats(2, 1, b.clock.read())
	b.refused(dead("tried"), queue.ErrChanged)
	b.lease("behind")
}

func jobDropLetGo(b *bench) {
	b.put(b.job("a", "k"), b.job("waits", "w"))
	b.end(b.lease("a", "waits")[0], queue.Bury)
	letGo := func(id string) queue.Step {
		return queue.Step{Drop: []queue.Drop{{ID: id, To: queue.Dropped, Reason: "by hand"}}}
	}
	b.refused(letGo("waits"), queue.ErrChanged)
	b.do(letGo("a"))
	b.refused(letGo("a"), queue.ErrChanged)
	if j := b.only("a"); j.State != queue.Dropped || j.Reason != "by hand" {
		b.Errorf("%+v", j)
	}
	b.listed(queue.JobQuery{Lane: "l", State: queue.Dead})
	b.stats(1, 0, b.clock.read())
	b.put(b.job("a", "k")) // what was let go is not said after all
	b.listed(queue.JobQuery{State: queue.Queued}, "waits queued")
}

func jobPruned(b *bench) {
	b.put(b.job("sent", "a"), b.job("dead", "b"), b.job("dropped", "c"), b.job("waits", "d"))
	ls := b.lease("sent", "dead", "dropped", "waits")
	b.end(ls[0], queue.Ack)
	b.end(ls[1], queue.Bury)
	b.end(ls[2], queue.Again)
	b.do(queue.Step{Drop: superseded("dropped")})
	b.clock.move(time.Hour)
	b.put(b.job("newer", "e"))
	b.end(b.lease("waits", "newer")[1], queue.Ack)
	for _, want := range []int{2, 1, 0} {
		n, err := b.e.Prune(b.Context(), b.clock.read(), 2)
		if err != nil || n != want {
			b.Fatalf("pruned %d, error %v, want %d", n, err, want)
		}
	}
	b.listed(queue.JobQuery{}, "newer sent", "waits queued")
	b.listed(queue.JobQuery{ID: "sent"})
	b.stats(1, 0, b.clock.read().Add(-time.Hour))
	b.put(b.job("sent", "a")) // nobody remembers it
	b.lease("sent")
}

func jobUsage(b *bench) {
	before, err := b.e.Usage(b.Context())
	if err != nil {
		b.Fatalf("usage: %v", err)
	}
	big := make([]byte, 1<<20)
	b.do(queue.Step{Set: []queue.Row{{Key: "big", Value: big}}})
	after, err := b.e.Usage(b.Context())
	if err != nil || after.Used < before.Used+int64(len(big)) || after.Free <= 0 {
		b.Errorf("%+v after %+v, error %v", after, before, err)
	}
}
