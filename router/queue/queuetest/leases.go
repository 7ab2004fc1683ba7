package queuetest

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"bellhop/router/queue"
)

func leases() []promise {
	return []promise{
		{"Lease hands out what is due, the one due longest first, at most n", leaseDue},
		{"a leased job is not handed out again", leaseOnce},
		{"a lease that is not extended expires", leaseExpires},
		{"Extend and Begin let a lease run for its full time again", leaseExtend},
		{"a lease that expired but was given to nobody still counts", leaseLate},
		{"who lost his lease can neither end, extend nor begin", leaseLost},
		{"Heard tells of an attempt that was begun and not refused", leaseHeard},
		{"what was definitely refused is not heard, and may be superseded", leaseRefused},
	}
}

func order() []promise {
	return []promise{
		{"jobs of one key go out one at a time, in the order of putting", orderKey},
		{"a job put off holds its place before the later ones of its key", orderAgain},
		{"jobs of different keys do not wait for each other", orderKeys},
		{"the same key in another lane is another key", orderLanes},
	}
}

func leaseDue(b *bench) {
	b.put(b.later("c", "c", 3*time.Second), b.later("a", "a", time.Second), b.later("b", "b", 2*time.Second),
		b.later("past", "p", -time.Hour), queue.Job{ID: "ever", Lane: "l", Key: "e"})
	b.leaseN(0)
	b.leaseN(1, "ever")
	b.lease("past")
	b.clock.move(10 * time.Second)
	b.leaseN(2, "a", "b")
	b.lease("c")
}

func leaseOnce(b *bench) {
	b.put(b.job("a", "k"))
	l := b.lease("a")[0]
	if l.Token == 0 || l.Heard || l.ID != "a" || string(l.Payload) != "payload of a" || l.State != queue.Queued {
		b.Errorf("%+v", l)
	}
	b.lease()
	b.clock.move(queue.LeaseFor - time.Second)
	b.lease()
}

func leaseExpires(b *bench) {
	b.put(b.job("a", "k"), b.job("b", "k"))
	first := b.lease("a")[0]
	b.clock.move(queue.LeaseFor + time.Second)
	second := b.lease("a")[0]
	if first.Token == second.Token {
		b.Error("two leases bear the same token")
	}
	b.end(second, queue.Ack)
	b.lease("b")
}

func leaseExtend(b *bench) {
	b.put(b.job("a", "k"))
	l := b.lease("a")[0]
	for i := range 6 {
		b.clock.move(queue.LeaseFor * 2 / 3)
		err := b.e.Extend(b.Context(), l)
		if i%2 == 1 {
			err = b.e.Begin(b.Context(), l)
		}
		if err != nil {
			b.Fatalf("extend: %v", err)
		}
		b.lease()
	}
	b.clock.move(queue.LeaseFor * 2 / 3)
	b.end(l, queue.Ack)
}

func leaseLate(b *bench) {
	b.put(b.job("a", "a"), b.job("b", "b"))
	ls := b.lease("a", "b")
	b.clock.move(time.Hour)
	b.end(ls[0], queue.Ack)
	if err := b.e.Extend(b.Context(), ls[1]); err != nil {
		b.Fatalf("extend: %v", err)
	}
	b.lease()
}

func leaseLost(b *bench) {
	b.put(b.job("a", "k"))
	lost := b.lease("a")[0]
	b.clock.move(queue.LeaseFor + time.Second)
	owner := b.lease("a")[0]
	ctx := b.Context()
	for name, err := range map[string]error{
		"ack":    b.e.Do(ctx, queue.Step{Ends: []queue.End{{Lease: lost}}}),
		"extend": b.e.Extend(ctx, lost), "begin": b.e.Begin(ctx, lost),
	} {
		if !errors.Is(err, queue.ErrLeaseLost) {
			b.Errorf("%s: %v, want %v", name, err, queue.ErrLeaseLost)
		}
	}
	b.end(owner, queue.Ack)
	for name, err := range map[string]error{"extend": b.e.Extend(ctx, owner), "begin": b.e.Begin(ctx, owner)} {
		if !errors.Is(err, queue.ErrLeaseLost) {
			b.Errorf("%s after the end: %v, want %v", name, err, queue.ErrLeaseLost)
		}
	}
}

func leaseHeard(b *bench) {
	heard := func(want bool) queue.Lease {
		b.Helper()
		l := b.lease("a")[0]
		if l.Heard != want {
			b.Fatalf("heard is %t, want %t", l.Heard, want)
		}
		return l
	}
	b.put(b.job("a", "k"))
	l := heard(false)
	b.end(l, queue.Again)
	l = heard(false) // it was leased and never begun
	b.begin(l)
	b.do(queue.Step{Ends: []queue.End{{Lease: l, Verb: queue.Again, Due: b.clock.read(), Refused: true}}})
	l = heard(false)
	b.begin(l)
	if got := b.only("a").Begun; !got.Equal(b.clock.read()) {
		b.Errorf("begun %s, want now", got)
	}
	b.clock.move(queue.LeaseFor + time.Second)
	l = heard(true)
	b.begin(l)
	b.end(l, queue.Again)
	l = heard(true) // the attempt that was lost still has no end
	b.end(l, queue.Again)
	heard(true)
}

func leaseRefused(b *bench) {
	b.put(b.job("a", "k"))
	refused := func(l queue.Lease) {
		b.Helper()
		b.begin(l)
		b.do(queue.Step{Ends: []queue.End{{Lease: l, Verb: queue.Again, Due: b.clock.read(), Refused: true}}})
	}
	refused(b.lease("a")[0])
	l := b.lease("a")[0]
	if l.Heard || b.only("a").Heard {
		b.Fatal("an attempt that was definitely refused counts as heard")
	}
	refused(l)
	b.do(queue.Step{Drop: superseded("a")})
	if j := b.only("a"); j.State != queue.Superseded || j.Reason == "" || !j.Ended.Equal(b.clock.read()) {
		b.Errorf("%+v", j)
	}
}

func orderKey(b *bench) {
	var want []string
	for i := range 20 {
		id := fmt.Sprintf("%02d", i)
		want = append(want, id)
		b.put(b.later(id, "k", time.Duration(20-i)*time.Second)) // due in the opposite order
	}
	b.clock.move(time.Hour)
	var got []string
	for range want {
		l, err := b.e.Lease(b.Context(), "l", 5)
		if err != nil || len(l) != 1 {
			b.Fatalf("%d leases at once of one key, error %v", len(l), err)
		}
		got = append(got, l[0].ID)
		b.end(l[0], []queue.Verb{queue.Ack, queue.Bury}[len(got)%2])
	}
	b.same("went out", got, want)
}

func orderAgain(b *bench) {
	b.put(b.job("first", "k"), b.job("second", "k"), b.job("other", "o"))
	ls := b.lease("first", "other")
	b.do(queue.Step{Ends: []queue.End{{Lease: ls[0], Verb: queue.Again, Due: b.clock.read().Add(time.Hour)}}})
	b.lease()
	b.clock.move(time.Hour)
	b.end(ls[1], queue.Ack)
	b.end(b.lease("first")[0], queue.Ack)
	b.lease("second")
}

func orderKeys(b *bench) {
	var want []string
	for i := range 10 {
		id := fmt.Sprint(i)
		b.put(b.job(id+"a", id), b.job(id+"b", id))
		want = append(want, id+"a")
	}
	ls := b.lease(want...)
	slices.Reverse(ls)
	for _, l := range ls[:3] {
		b.end(l, queue.Ack)
	}
	next := b.lease("7b", "8b", "9b")
	if len(next) != 3 {
		b.Error("the others wait")
	}
}

func orderLanes(b *bench) {
	m := b.job("m", "k")
	m.Lane = "m"
	b.put(b.job("l", "k"), m)
	b.lease("l")
	ls, err := b.e.Lease(b.Context(), "m", 1)
	if err != nil || len(ls) != 1 || ls[0].ID != "m" {
		b.Errorf("leased %+v, error %v", ls, err)
	}
}
