package queuetest

import (
	"fmt"
	"time"

	"bellhop/router/queue"
)

func rows() []promise {
	return []promise{
		{"a row's revision grows with every write, also over a removal", rowRevision},
		{"a removed row is not there; an empty one is", rowRemoved},
		{"a row is handed out as a copy", rowCopy},
		{"Scan lists rows by prefix, after a key, in both directions, up to a limit", rowScan},
	}
}

func rowRevision(b *bench) {
	var last uint64
	for i := range 5 {
		b.do(queue.Step{Set: []queue.Row{row("a", fmt.Sprint(i)), row("b", "x")}})
		got := b.get("a")
		if got.Rev <= last || string(got.Value) != fmt.Sprint(i) || got.Key != "a" {
			b.Errorf("%+v after revision %d", got, last)
		}
		last = got.Rev
		if i == 2 {
			b.do(queue.Step{Set: []queue.Row{{Key: "a"}}})
		}
	}
}

func rowRemoved(b *bench) {
	if got := b.get("none"); got.Rev != 0 || got.Value != nil || got.Key != "none" {
		b.Errorf("%+v", got)
	}
	b.do(queue.Step{Set: []queue.Row{row("empty", ""), row("gone", "x")}})
	b.do(queue.Step{Set: []queue.Row{{Key: "gone"}, {Key: "never"}}})
	if got := b.get("gone"); got.Rev != 0 || got.Value != nil {
		b.Errorf("a removed row: %+v", got)
	}
	if got := b.get("empty"); got.Rev == 0 || len(got.Value) != 0 {
		b.Errorf("an empty row: %+v", got)
	}
}

func rowCopy(b *bench) {
	b.do(queue.Step{Set: []queue.Row{row("a", "abc")}})
	got := b.get("a")
	got.Value[0] = 'X'
	_ = append(got.Value, "more"...)
	if again := b.get("a"); string(again.Value) != "abc" {
		b.Errorf("the row became %q", again.Value)
	}
}

func rowScan(b *bench) {
	b.do(queue.Step{Set: []queue.Row{
		row("a", "1"), row("p/1", "2"), row("p/2", "3"), row("p/3", "4"), row("p\xff", "5"), row("q", "6"), row("\xff\xff", "7"),
	}})
	all := []string{"a", "p/1", "p/2", "p/3", "p\xff", "q", "\xff\xff"}
	reversed := []string{"\xff\xff", "q", "p\xff", "p/3", "p/2", "p/1", "a"}
	for _, c := range []struct {
		q    queue.RowQuery
		want []string
	}{
		{queue.RowQuery{}, all},
		{queue.RowQuery{Desc: true}, reversed},
		{queue.RowQuery{Limit: 2}, all[:2]},
		{queue.RowQuery{Limit: 2, Desc: true}, reversed[:2]},
		{queue.RowQuery{Prefix: "p/"}, all[1:4]},
		{queue.RowQuery{Prefix: "p/", Desc: true}, reversed[3:6]},
		{queue.RowQuery{Prefix: "p", Desc: true, Limit: 2}, reversed[2:4]},
		{queue.RowQuery{Prefix: "p/", After: "p/1"}, all[2:4]},
		{queue.RowQuery{Prefix: "p/", After: "p/15"}, all[2:4]},
		{queue.RowQuery{Prefix: "p/", After: "a"}, all[1:4]},
		{queue.RowQuery{Prefix: "p/", After: "q"}, nil},
		{queue.RowQuery{Prefix: "p/", After: "p/3", Desc: true}, reversed[4:6]},
		{queue.RowQuery{Prefix: "p/", After: "q", Desc: true}, reversed[3:6]},
		{queue.RowQuery{Prefix: "p/", After: "a", Desc: true}, nil},
		{queue.RowQuery{After: "p/2", Limit: 1, Desc: true}, reversed[5:6]},
		{queue.RowQuery{Prefix: "\xff", Desc: true}, reversed[:1]},
		{queue.RowQuery{Prefix: "\xff\xff\xff", Desc: true}, nil},
		{queue.RowQuery{Prefix: "none"}, nil},
	} {
		got, err := b.e.Scan(b.Context(), c.q)
		if err != nil {
			b.Fatalf("scan %+v: %v", c.q, err)
		}
		var keys []string
		for _, r := range got {
			keys = append(keys, r.Key)
			if r.Rev == 0 || len(r.Value) != 1 {
				b.Errorf("scan %+v: %+v", c.q, r)
			}
		}
		b.same(fmt.Sprintf("scan %+v", c.q), keys, c.want)
	}
}

func lists() []promise {
	return []promise{
		{"Jobs lists by id, lane, key, prefix, state, direction, after and limit", listJobs},
		{"Jobs lists what was begun since a time", listBegun},
		{"Lanes counts what waits and what is dead, leased jobs included", listStats},
	}
}

func listJobs(b *bench) {
	for i, lane := range []string{"in", "to/a", "to/b", "to/a", "to/a"} {
		j := b.job(fmt.Sprint(i), fmt.Sprint(i))
		j.Lane = lane
		b.put(j)
	}
	ls, err := b.e.Lease(b.Context(), "to/a", 2)
	if err != nil || len(ls) != 2 {
		b.Fatalf("%d leases, error %v", len(ls), err)
	}
	b.end(ls[0], queue.Ack)
	b.end(ls[1], queue.Bury)
	third := b.only("3").Seq
	for _, c := range []struct {
		q    queue.JobQuery
		want []string
	}{
		{queue.JobQuery{}, []string{"4 queued", "3 dead", "2 queued", "1 sent", "0 queued"}},
		{queue.JobQuery{Limit: 2}, []string{"4 queued", "3 dead"}},
		{queue.JobQuery{After: third}, []string{"2 queued", "1 sent", "0 queued"}},
		{queue.JobQuery{Lane: "to/a"}, []string{"4 queued", "3 dead", "1 sent"}},
		{queue.JobQuery{Lane: "to/a", After: third}, []string{"1 sent"}},
		{queue.JobQuery{Lane: "to/a", State: queue.Dead}, []string{"3 dead"}},
		{queue.JobQuery{Lane: "to/a", Prefix: "in"}, nil},
		{queue.JobQuery{Lane: "to/"}, nil},
		{queue.JobQuery{Prefix: "to/"}, []string{"4 queued", "3 dead", "2 queued", "1 sent"}},
		{queue.JobQuery{Prefix: "to/", State: queue.Queued, Limit: 1, After: third}, []string{"2 queued"}},
		{queue.JobQuery{State: queue.Sent}, []string{"1 sent"}},
		{queue.JobQuery{Oldest: true}, []string{"0 queued", "1 sent", "2 queued", "3 dead", "4 queued"}},
		{queue.JobQuery{Oldest: true, After: third, Limit: 2}, []string{"4 queued"}},
		{queue.JobQuery{Lane: "to/a", Oldest: true, Limit: 2}, []string{"1 sent", "3 dead"}},
		{queue.JobQuery{Lane: "to/a", Key: "4"}, []string{"4 queued"}},
		{queue.JobQuery{Lane: "to/a", Key: "3"}, nil},
		{queue.JobQuery{ID: "3"}, []string{"3 dead"}},
		{queue.JobQuery{ID: "3", Lane: "in"}, nil},
		{queue.JobQuery{ID: "nobody"}, nil},
		{queue.JobQuery{State: queue.Superseded}, nil},
	} {
		b.listed(c.q, c.want...)
	}
}

func listBegun(b *bench) {
	b.put(b.job("a", "a"), b.job("b", "b"), b.job("waits", "c"))
	ls := b.lease("a", "b", "waits")
	b.begin(ls[0])
	b.end(ls[0], queue.Ack)
	b.clock.move(10 * time.Second)
	mark := b.clock.read()
	b.begin(ls[1])
	b.end(ls[1], queue.Again)
	b.begin(b.lease("b")[0])
	for _, c := range []struct {
		q    queue.JobQuery
		want []string
	}{
		{queue.JobQuery{Lane: "l", Since: mark.Add(-time.Minute)}, []string{"b queued", "a sent"}},
		{queue.JobQuery{Lane: "l", Since: mark.Add(-time.Minute), Oldest: true}, []string{"a sent", "b queued"}},
		{queue.JobQuery{Lane: "l", Since: mark}, []string{"b queued"}},
		{queue.JobQuery{Lane: "l", Since: mark.Add(time.Second)}, nil},
		{queue.JobQuery{Lane: "m", Since: mark.Add(-time.Minute)}, nil},
	} {
		b.listed(c.q, c.want...)
	}
	b.reopen()
	b.listed(queue.JobQuery{Lane: "l", Since: mark}, "b queued")
}

func listStats(b *bench) {
	begin := b.clock.read()
	b.stats(0, 0, time.Time{})
	b.put(b.job("a", "k"), b.job("b", "k"))
	b.clock.move(time.Second)
	b.put(b.later("c", "c", time.Hour), b.brief("d", "d"))
	b.stats(4, 0, begin)
	ls := b.lease("a", "d")
	b.stats(4, 0, begin)
	b.end(ls[0], queue.Bury)
	b.end(ls[1], queue.Ack)
	b.stats(2, 1, begin)
	b.end(b.lease("b")[0], queue.Ack)
	b.stats(1, 1, begin.Add(time.Second))
	b.do(queue.Step{Drop: []queue.Drop{{ID: "c", To: queue.Superseded}}})
	b.stats(0, 1, time.Time{})
}
