package main

// sums is what the far ends' records come to.
type sums struct{ heard, unanswered, lost, disorder, twice, again, air, renamed int }

// judge holds what every far end has heard against what was accepted, and against
// what the witness heard last of each plan.
func (w *world) judge() sums {
	var s sums
	last := latest(w.witness().all())
	for _, f := range w.fars {
		all := f.all()
		s.heard += len(all)
		s.lost += w.lost(f, latest(all), last)
		s.disorder += w.disorder(f, all)
		w.repeats(f, all, &s)
		s.renamed += w.renamed(f, all)
	}
	return s
}

// latest is the last that was heard of each plan and answered.
func latest(all []hearing) map[string]hearing {
	last := make(map[string]hearing)
	for _, h := range all {
		if h.answered {
			last[h.plan] = h
		}
	}
	return last
}

// lost counts plans that a far end should have been told of, and was not, or not of
// what became of them in the end. What came between may have been left out, and of
// an incident that is over a pager that had not been told of it need not hear.
func (w *world) lost(f *moody, got, want map[string]hearing) (n int) {
	for plan, paged := range w.told {
		g, heard := got[plan]
		e, known := want[plan]
		good := known && heard && g.event == e.event
		switch {
		case f.pager && !paged:
			good = !heard
		case f.pager && known && e.status == "resolved":
			good = !heard || g.status == "resolve"
		}
		if !good {
			w.t.Errorf("%s: of plan %s it heard last %+v, and it ended as %+v", f.name, plan, g, e)
			n++
		}
	}
	return n
}

// disorder counts requests that are older than one before them of the same plan.
// The names of events sort by time.
func (w *world) disorder(f *moody, all []hearing) (n int) {
	newest := make(map[string]hearing)
	for _, h := range all {
		if h.event == "" {
			continue
		}
		if before := newest[h.plan]; before.event > h.event {
			w.t.Errorf("%s: %+v came after %+v", f.name, h, before)
			n++
		}
		newest[h.plan] = h
	}
	return n
}

// repeats counts deliveries that came again after they had been answered. That
// happens only when the answer was not on record yet at a kill, so to no more at
// each than were in the air, and never within one life.
func (w *world) repeats(f *moody, all []hearing, s *sums) {
	answered := make(map[string]int) // delivery: the life in which it was answered
	unrecorded := make(map[int]int)  // by life
	lives := make(map[int]bool)
	for _, h := range all {
		lives[h.life] = true
		if !h.answered {
			s.unanswered++
		}
		life, before := answered[h.delivery]
		switch {
		case h.delivery == "": // a pager's resolve bears no name
			continue
		case before && life == h.life:
			w.t.Errorf("%s: %+v was answered before in the same life", f.name, h)
			s.twice++
		case before:
			unrecorded[life]++
			s.again++
		}
		delete(answered, h.delivery)
		if h.answered {
			answered[h.delivery] = h.life
		}
	}
	for life, n := range unrecorded {
		if n > chaosSenders {
			w.t.Errorf("%s: %d messages of life %d came again, more than can have been in the air", f.name, n, life)
		}
	}
	s.air += chaosSenders * len(lives)
}

// renamed counts what was said twice under two names: an event as two deliveries, or
// one run of a plan as two events.
func (w *world) renamed(f *moody, all []hearing) (n int) {
	names, events := make(map[string]string), make(map[news]string)
	for _, h := range all {
		if h.event == "" {
			continue
		}
		if name, before := names[h.event]; before && name != h.delivery {
			w.t.Errorf("%s: %+v came before as delivery %s", f.name, h, name)
			n++
		}
		names[h.event] = h.delivery
		if f.pager {
			continue
		}
		if e, before := events[h.news()]; before && e != h.event {
			w.t.Errorf("%s: %+v came before as event %s", f.name, h, e)
			n++
		}
		events[h.news()] = h.event
	}
	return n
}
