package queuetest

import (
	"errors"
	"fmt"
	"time"

	"bellhop/router/queue"
)

func reopened() []promise {
	return []promise{
		{"what was done is there after opening again", reopenKept},
		{"leases are void after opening again, and Heard tells who had begun", reopenLeases},
		{"what was put while a job was leased is done after opening again", reopenOnceMore},
		{"R21 a clock set back while closed makes no wait longer than it was", reopenClock},
	}
}

func reopenKept(b *bench) {
	b.put(b.job("sent", "s"), b.job("dead", "d"), b.job("dropped", "x"))
	b.do(queue.Step{Drop: []queue.Drop{{ID: "dropped", To: queue.Superseded}}})
	ls := b.lease("sent", "dead")
	b.do(queue.Step{Ends: []queue.End{
		{Lease: ls[0], Attempt: &queue.Attempt{At: b.clock.read(), Took: time.Second, Status: "ok"}},
		{Lease: ls[1], Verb: queue.Bury, Attempt: &queue.Attempt{At: b.clock.read(), Error: "no"}},
	}})
	b.do(queue.Step{
		Put: []queue.Job{b.later("later", "k", time.Hour), b.job("now", "n"), b.job("behind", "n")},
		Set: []queue.Row{row("a", "1"), row("b", "2")},
	})
	jobs, rev := fmt.Sprintf("%+v", b.jobs(queue.JobQuery{})), b.get("b").Rev
	b.reopen()
	if got := fmt.Sprintf("%+v", b.jobs(queue.JobQuery{})); got != jobs {
		b.Errorf("jobs are\n%s\nand were\n%s", got, jobs)
	}
	if got := b.get("b"); got.Rev != rev || string(got.Value) != "2" {
		b.Errorf("row %+v, want revision %d", got, rev)
	}
	b.stats(3, 1, b.clock.read())
	b.put(b.job("sent", "s"))
	b.do(queue.Step{Set: []queue.Row{row("b", "3")}})
	if got := b.get("b").Rev; got <= rev {
		b.Errorf("revision %d after %d", got, rev)
	}
	b.end(b.lease("now")[0], queue.Ack)
	b.lease("behind")
	b.clock.move(time.Hour)
	b.reopen()
	b.lease("behind", "later")
}

func reopenLeases(b *bench) {
	b.put(b.job("begun", "a"), b.job("leased", "b"), b.job("waits", "c"))
	ls := b.leaseN(2, "begun", "leased")
	b.begin(ls[0])
	b.reopen()
	if err := b.e.Extend(b.Context(), ls[0]); !errors.Is(err, queue.ErrLeaseLost) {
		b.Errorf("extend: %v", err)
	}
	b.refused(queue.Step{Ends: []queue.End{{Lease: ls[1]}}}, queue.ErrLeaseLost)
	b.refused(queue.Step{Drop: []queue.Drop{{ID: "begun", To: queue.Superseded}}}, queue.ErrChanged)
	b.do(queue.Step{Drop: []queue.Drop{{ID: "leased", To: queue.Superseded}}})
	again := b.lease("begun", "waits")
	if !again[0].Heard || again[0].Begun.IsZero() || again[1].Heard {
		b.Errorf("begun: heard %t since %s; waits: heard %t", again[0].Heard, again[0].Begun, again[1].Heard)
	}
}

func reopenOnceMore(b *bench) {
	b.put(b.job("a", "k"))
	b.lease("a")
	more := b.job("a", "k")
	more.Payload = []byte("once more")
	b.put(more)
	b.reopen()
	b.end(b.lease("a")[0], queue.Ack)
	if l := b.lease("a")[0]; string(l.Payload) != "once more" {
		b.Errorf("payload %q", l.Payload)
	}
}

func reopenClock(b *bench) {
	b.put(b.later("a", "a", time.Minute), b.later("b", "b", time.Hour), b.job("head", "k"), b.later("behind", "k", time.Minute))
	b.end(b.lease("head")[0], queue.Again)
	b.close()
	b.clock.move(-10 * time.Hour)
	b.e = b.open(b.T, b.dir, b.clock.read)
	b.end(b.lease("head")[0], queue.Ack)
	b.lease()
	b.clock.move(time.Minute)
	b.lease("a", "behind")
	b.clock.move(time.Hour)
	b.lease("a", "behind", "b")
}
