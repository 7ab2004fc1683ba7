package pipeline_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"bellhop/internal/event"
	"bellhop/internal/farend"
	"bellhop/internal/pdcef"
	"bellhop/internal/pipeline"
	"bellhop/internal/record"
	"bellhop/internal/retry"
	"bellhop/internal/secret"
	"bellhop/router"
	"bellhop/router/queue"
	"bellhop/sinks"
	"bellhop/sinks/pagerduty"
)

const (
	keyA = "A0000000000000000000000000000000"
	keyB = "B0000000000000000000000000000000"
)

// oncall is the sink of that name.
func (h *house) oncall() sinks.Sink {
	if h.newPager == nil {
		return h.pager
	}
	return h.newPager()
}

// waysOf are the lanes of an outlet, as the program makes them; the sink's own lane
// is there as if something always waited in it.
func waysOf(o pipeline.Outlet, limit retry.Limit) []queue.Lane {
	all := []queue.Lane{{Name: record.Lane(o.Name), Limit: limit}}
	if keyed, ok := o.Sink.(sinks.Keyed); ok {
		for _, target := range keyed.Targets() {
			all = append(all, queue.Lane{
				Name:  record.KeyLane(o.Name, target),
				Limit: limit,
				Prove: func(ctx context.Context) error { return keyed.Verify(ctx, target) },
			})
		}
	}
	return all
}

// office is a house in front of a PagerDuty that behaves, whose fallback is mail.
type office struct {
	*house
	far    *farend.PagerDuty
	keys   []string // what the settings name
	verify bool
	sink   sinks.Keyed
}

func inOffice(t *testing.T, test func(o *office)) {
	t.Helper()
	inHouse(t, func(h *house) {
		o := &office{house: h, far: farend.NewPagerDuty(time.Now, keyA, keyB), keys: []string{keyA, keyB}}
		line := farend.NewLine(o.far, nil)
		defer func() {
			if err := line.Close(); err != nil {
				t.Error(err)
			}
			time.Sleep(time.Minute) // net/http lingers on some connections
		}()
		h.routes = []router.Route{{Sinks: []string{"oncall"}}}
		h.how[1], h.fallback, h.giveUp = sinks.KeepNews, "mail", 24*time.Hour
		h.newPager = func() sinks.Sink {
			c := pagerduty.DefaultConfig()
			c.URL, c.Verify = "http://pagerduty.test", o.verify
			for _, k := range o.keys {
				c.RoutingKeys = append(c.RoutingKeys, secret.New(k))
			}
			s, err := pagerduty.New(c, sinks.Deps{
				Log: slog.New(slog.NewTextHandler(io.Discard, nil)), Now: time.Now, Client: line.Client(),
			})
			if err != nil {
				t.Fatal(err)
			}
			o.sink = s
			return s
		}
		o.restart()
		test(o)
	})
}

// rehome is the task that the program runs every five seconds.
func (o *office) rehome() {
	o.t.Helper()
	if err := o.pipe.Rehome(o.t.Context()); err != nil {
		o.t.Fatal(err)
	}
	o.pass(time.Second)
}

// use is a reload with other keys in the settings.
func (o *office) use(keys ...string) {
	o.t.Helper()
	o.keys = keys
	o.restart()
	o.pass(time.Second)
}

// own is the key to which the incident of plan 1 is pinned, and the other one.
func (o *office) own() (own, other string) {
	for i, target := range o.sink.Targets() {
		if target == o.sink.Pin(event.DedupKey("c1", "1")) {
			return o.keys[i], o.keys[1-i]
		}
	}
	return "", ""
}

// target is the name of a key.
func (o *office) target(key string) string {
	for i, k := range o.keys {
		if k == key {
			return o.sink.Targets()[i]
		}
	}
	return ""
}

// shows lists what a person sees at PagerDuty: "A open 2" is an alert that was opened
// through key A and triggered twice.
func (o *office) shows() []string {
	var all []string
	for _, a := range o.far.Alerts() {
		state := "closed"
		if a.Open {
			state = "open"
		}
		all = append(all, fmt.Sprintf("%.1s %s %d", a.RoutingKey, state, a.Triggers))
	}
	return all
}

// dropped counts events that PagerDuty threw away in silence.
func (o *office) dropped() (n int) {
	for _, e := range o.far.Events() {
		if e.Dropped && e.DedupKey != "bellhop-verify" {
			n++
		}
	}
	return n
}

// fails is a night in which the run of plan 1 fails anew, told at once.
func (o *office) fails(nights int, states ...event.ModuleState) {
	o.t.Helper()
	o.cluster.set(night(time.Duration(nights)*24*time.Hour-time.Hour, true, event.Partial, states...))
	o.alert(event.Firing, "1", time.Minute)
}

func (o *office) recovers(nights int) {
	o.t.Helper()
	o.cluster.set(night(time.Duration(nights)*24*time.Hour-time.Hour, true, event.Success, good, good))
	o.alert(event.Resolved, "1", time.Minute)
}

// deliveries lists what became of the deliveries to the pager, "target state".
func (o *office) deliveries() []string {
	o.t.Helper()
	jobs, err := o.engine.Jobs(o.t.Context(), queue.JobQuery{Prefix: record.Lane("oncall"), Oldest: true})
	if err != nil {
		o.t.Fatal(err)
	}
	var all []string
	for _, j := range jobs {
		d, err := record.ReadDelivery(j)
		if err != nil {
			o.t.Fatal(err)
		}
		all = append(all, d.Target+" "+string(j.State))
	}
	return all
}

func (o *office) dead() []queue.Job {
	o.t.Helper()
	jobs, err := o.engine.Jobs(o.t.Context(), queue.JobQuery{Prefix: record.Lane("oncall"), State: queue.Dead, Oldest: true})
	if err != nil {
		o.t.Fatal(err)
	}
	return jobs
}

func TestR15OneIncidentIsOneAlertThroughOneKey(t *testing.T) {
	inOffice(t, func(o *office) {
		own, _ := o.own()
		o.fails(0, bad, good)
		o.pass(24 * time.Hour)
		o.fails(1, bad, good)
		o.restart()
		o.pass(24 * time.Hour)
		o.fails(2, bad, bad)
		o.pass(24 * time.Hour)
		o.recovers(3)
		want(t, "pagerduty", o.shows(), own[:1]+" closed 3")
		// A trigger after the end is a new alert, through the same key.
		o.pass(24 * time.Hour)
		o.fails(4, bad, good)
		want(t, "pagerduty", o.shows(), own[:1]+" closed 3", own[:1]+" open 1")
		if n := o.dropped(); n != 0 {
			t.Errorf("PagerDuty dropped %d events in silence", n)
		}
		for _, in := range o.incidents() {
			if len(in.Told) != 1 {
				t.Errorf("told: %+v, want one key", in.Told)
			}
		}
	})
}

func TestR15EachKeyHasALaneAndALimitOfItsOwn(t *testing.T) {
	inOffice(t, func(o *office) {
		o.limit = pagerduty.Kind().Limit
		o.restart()
		o.cluster.set(night(-time.Hour, true, event.Partial, bad, good))
		const plans = 400
		for i := range plans {
			s := event.Signal{Source: "webhook", Plan: event.PlanRef{ID: fmt.Sprint(i)},
				Alert: event.Alert{Status: event.Firing, Fingerprint: fmt.Sprint(i), Labels: map[string]string{"alertname": "BackupFailed"}}}
			if _, err := o.pipe.Accept(o.t.Context(), []event.Signal{s}); err != nil {
				t.Fatal(err)
			}
		}
		o.pass(time.Minute) // half of it is the wait before the first look
		o.restart()         // what was sent before counts
		o.pass(40 * time.Second)
		byKey := make(map[string]int)
		for _, a := range o.far.Alerts() {
			byKey[a.RoutingKey]++
		}
		if a, b := byKey[keyA], byKey[keyB]; a < 110 || b < 110 || a > 150 || b > 150 {
			t.Errorf("after 70 s of sends: %v", byKey)
		}
		o.pass(2 * time.Minute)
		if n := len(o.far.Alerts()); n != plans {
			t.Errorf("%d of %d alerts arrived", n, plans)
		}
		for _, r := range o.far.Requests() {
			if r.Status != 202 {
				t.Fatalf("PagerDuty answered %d", r.Status)
			}
		}
	})
}

func TestR15WhatNobodyHeardGoesThroughAnotherKey(t *testing.T) {
	inOffice(t, func(o *office) {
		own, other := o.own()
		o.far.Know(other) // somebody removed the integration
		o.fails(0, bad, good)
		want(t, "pagerduty", o.shows())
		o.rehome()
		want(t, "pagerduty", o.shows(), other[:1]+" open 1")
		want(t, "deliveries", o.deliveries(), o.target(own)+" superseded", o.target(other)+" sent")
		if told := o.incidents()[0].Told; len(told) != 1 || told[0].Target != o.target(other) {
			t.Errorf("told: %+v", told)
		}
		o.fails(1, bad, bad) // its changes and its end go the same way
		o.restart()
		o.recovers(2)
		o.rehome()
		want(t, "pagerduty", o.shows(), other[:1]+" closed 2")
		want(t, "mail", o.mail.said())
		if o.dropped() > 0 || len(o.dead()) > 0 {
			t.Errorf("PagerDuty dropped %d, dead are %+v", o.dropped(), o.dead())
		}
	})
}

func TestR15ARestartBeforeTheMoveLosesNothing(t *testing.T) {
	inOffice(t, func(o *office) {
		_, other := o.own()
		o.far.Know(other)
		o.fails(0, bad, good)
		o.restart() // by now nobody knows that the key is invalid
		o.rehome()
		want(t, "pagerduty", o.shows())
		o.pass(10 * time.Minute)
		o.rehome()
		o.rehome()
		want(t, "pagerduty", o.shows(), other[:1]+" open 1")
	})
}

func TestR15WhatWasHeardIsSetAsideAndTheFallbackIsTold(t *testing.T) {
	inOffice(t, func(o *office) {
		own, other := o.own()
		o.fails(0, bad, good)
		o.far.Know(other)
		o.fails(1, bad, bad)
		o.rehome()
		want(t, "pagerduty", o.shows(), own[:1]+" open 1")
		want(t, "deliveries", o.deliveries(), o.target(own)+" sent", o.target(own)+" dead")
		want(t, "mail", o.mail.said(), "ann@example.org open", "bob@example.org open")
		reason := o.dead()[0].Reason
		if i := o.mail.last().Event.Instead; i == nil || i.Sink != "oncall" || i.Reason != reason {
			t.Errorf("the mail tells %+v, the record %q", i, reason)
		}
		for _, says := range []string{o.target(own), "invalid", "by hand"} {
			if !strings.Contains(reason, says) {
				t.Errorf("the reason %q does not say %q", reason, says)
			}
		}
		if strings.Contains(reason, own) {
			t.Errorf("the reason holds the key: %q", reason)
		}
		// The end goes nowhere else either, and is not lost in silence.
		o.recovers(2)
		o.rehome()
		want(t, "pagerduty", o.shows(), own[:1]+" open 1")
		want(t, "mail", o.mail.said(), "ann@example.org open", "bob@example.org open", "ann@example.org resolved", "bob@example.org resolved")
		if n := len(o.dead()); n != 2 {
			t.Errorf("%d dead letters, want the change and the end", n)
		}
		// The next incident has a key that works.
		o.fails(3, bad, good)
		want(t, "pagerduty", o.shows(), own[:1]+" open 1", other[:1]+" open 1")
	})
}

// A 503 is no definite refusal: PagerDuty may have the alert.
func TestR15WhatMayHaveBeenHeardIsSetAside(t *testing.T) {
	inOffice(t, func(o *office) {
		_, other := o.own()
		o.far.Inject(farend.Fault{Status: 503, Taken: true})
		o.cluster.set(night(-time.Hour, true, event.Partial, bad, good))
		o.alert(event.Firing, "1", 30*time.Second)
		o.far.Know(other)
		o.pass(time.Minute)
		o.rehome()
		if n := len(o.dead()); n != 1 {
			t.Errorf("%d dead letters", n)
		}
		want(t, "mail", o.mail.said(), "ann@example.org open", "bob@example.org open")
	})
}

func TestR15TheLastKeyIsNeverTakenOut(t *testing.T) {
	inOffice(t, func(o *office) {
		own, _ := o.own()
		o.far.Know()
		o.fails(0, bad, good)
		for range 10 {
			o.rehome()
		}
		o.pass(10 * time.Minute)
		want(t, "pagerduty", o.shows())
		if n := len(o.dead()); n > 0 || o.sink.Lost(o.target(own)) == nil {
			t.Fatalf("%d dead, the first key is lost: %v", n, o.sink.Lost(o.target(own)))
		}
		last := o.keys[0]
		if o.sink.Lost(o.target(last)) != nil {
			last = o.keys[1]
		}
		o.far.Know(last)
		before := len(o.far.Requests())
		o.pass(5 * time.Minute)
		want(t, "pagerduty", o.shows(), last[:1]+" open 1")
		if n := len(o.far.Requests()) - before; n != 1 {
			t.Errorf("%d tries in 5 minutes, want one", n)
		}
		want(t, "mail", o.mail.said())
	})
}

func TestR15AKeyComesBackWithAReload(t *testing.T) {
	inOffice(t, func(o *office) {
		own, other := o.own()
		o.far.Know(other)
		o.fails(0, bad, good)
		o.rehome()
		o.far.Know(own, other)
		o.recovers(1)
		o.fails(2, bad, good)
		o.recovers(3)
		o.use(keyA, keyB)
		o.fails(4, bad, good)
		want(t, "pagerduty", o.shows(), other[:1]+" closed 1", other[:1]+" closed 1", own[:1]+" open 1")
	})
}

func TestR15AnInvalidKeyIsFoundAtTheStart(t *testing.T) {
	inOffice(t, func(o *office) {
		own, other := o.own()
		o.verify = true
		o.far.Know(other)
		o.use(keyA, keyB)
		if err := o.sink.Lost(o.target(own)); err == nil {
			t.Fatal("nobody found out")
		}
		o.fails(0, bad, good)
		want(t, "pagerduty", o.shows(), other[:1]+" open 1") // at once, and nothing had to move
		want(t, "deliveries", o.deliveries(), o.target(other)+" sent")
	})
}

func TestR15AStartDoesNotWaitForPagerDuty(t *testing.T) {
	inOffice(t, func(o *office) {
		own, _ := o.own()
		o.verify = true
		o.far.Inject(farend.Fault{Hang: true}, farend.Fault{Hang: true})
		o.keys = []string{keyA, keyB}
		began := time.Now()
		o.restart()
		if took := time.Since(began); took > time.Second {
			t.Errorf("the start took %v", took)
		}
		o.fails(0, bad, good)
		want(t, "pagerduty", o.shows(), own[:1]+" open 1")
	})
}

func TestR20WhatWaitsForAKeyThatIsRemovedGoesThroughAnother(t *testing.T) {
	inOffice(t, func(o *office) {
		own, other := o.own()
		o.far.Stay(farend.Fault{Refuse: true})
		o.fails(0, bad, good)
		o.use(other)
		o.far.Stay(farend.Fault{})
		o.rehome()
		want(t, "pagerduty", o.shows(), other[:1]+" open 1")
		o.use(own, other) // it stays where it was told
		o.fails(1, bad, bad)
		o.recovers(2)
		want(t, "pagerduty", o.shows(), other[:1]+" closed 2")
		if o.dropped() > 0 || len(o.dead()) > 0 {
			t.Errorf("PagerDuty dropped %d, dead are %+v", o.dropped(), o.dead())
		}
	})
}

// took checks what PagerDuty was sent under a dedup key, in its order: "B trigger" came
// through key B.
func (o *office) took(dedup string, want ...string) {
	o.t.Helper()
	var all []string
	for _, e := range o.far.Events() {
		if e.DedupKey == dedup {
			all = append(all, fmt.Sprintf("%.1s %s", e.RoutingKey, e.Action))
		}
	}
	if !slices.Equal(all, want) {
		o.t.Errorf("PagerDuty was sent %q of %s, want %q", all, dedup, want)
	}
}

// An event that is passed on stands for no other: an acknowledge without its trigger
// would be thrown away at the far end.
func TestR14EachEventOfALostKeyGoesThroughAnotherInItsOrder(t *testing.T) {
	inOffice(t, func(o *office) {
		o.far.Stay(farend.Fault{Status: 429}) // nobody has heard
		for _, e := range [][2]string{{"trigger", "full"}, {"trigger", "full"}, {"acknowledge", ""}, {"trigger", "fuller"}} {
			o.cefThrough(pdcef.Target(keyA), e[0], "disk/7", e[1], time.Second)
		}
		o.cefThrough(pdcef.Target(keyA), "trigger", "disk/8", "full", time.Second)
		o.cefThrough(pdcef.Target(keyA), "resolve", "disk/8", "", time.Second)
		o.far.Stay(farend.Fault{})
		o.use(keyB)
		o.rehome()
		o.rehome() // takes nothing along twice
		o.pass(10 * time.Minute)
		o.took("disk/7", "B trigger", "B acknowledge", "B trigger")
		o.took("disk/8", "B trigger", "B resolve")
		if all := o.far.Alerts(); !slices.ContainsFunc(all, func(a farend.Alert) bool { return a.Open && a.Acked && a.Summary == "fuller" }) {
			t.Errorf("PagerDuty shows %+v", all)
		}
		want(t, "PagerDuty", o.shows(), "B open 2", "B closed 1")
		o.cefThrough(pdcef.Target(keyA), "resolve", "disk/7", "", time.Second) // and it ends where it began by now
		want(t, "PagerDuty", o.shows(), "B closed 2", "B closed 1")
		if n := o.dropped(); n != 0 {
			t.Errorf("PagerDuty threw %d events away", n)
		}
	})
}

func TestR15ADamagedIncidentOfALostKeyKeepsNothingBack(t *testing.T) {
	inOffice(t, func(o *office) {
		o.far.Stay(farend.Fault{Status: 429})
		for _, dedup := range []string{"disk/7", "disk/8"} {
			o.cefThrough(pdcef.Target(keyA), "trigger", dedup, "full", time.Second)
		}
		o.damage(o.incidents()[0].ID)
		o.far.Stay(farend.Fault{})
		o.use(keyB)
		o.rehome()
		o.pass(10 * time.Minute)
		want(t, "PagerDuty", o.shows(), "B open 1", "B open 1")
	})
}

// It is the sender who knows what an end is of that bellhop knows nothing of.
func TestR18AnEndOfWhatBellhopDoesNotKnowGoesThroughAnotherKeyWhenItsOwnIsLost(t *testing.T) {
	inOffice(t, func(o *office) {
		o.far.Stay(farend.Fault{Status: 429})
		o.cefThrough(pdcef.Target(keyA), "resolve", "before/bellhop", "", time.Second)
		o.far.Stay(farend.Fault{})
		o.use(keyB)
		o.rehome()
		o.pass(10 * time.Minute)
		o.took("before/bellhop", "B resolve")
	})
}

func TestR20AKeyThatIsAddedTakesOnlyNewIncidents(t *testing.T) {
	inOffice(t, func(o *office) {
		own, other := o.own()
		o.use(other)
		o.fails(0, bad, good)
		o.use(own, other)
		o.alert(event.Firing, "2", time.Minute) // no news, and nobody is late
		o.fails(1, bad, bad)
		o.recovers(2)
		o.fails(3, bad, good)
		want(t, "pagerduty", o.shows(), other[:1]+" closed 2", own[:1]+" open 1")
	})
}

func TestR20WhatWasHeardThroughAKeyThatIsRemovedIsSetAside(t *testing.T) {
	inOffice(t, func(o *office) {
		own, other := o.own()
		o.fails(0, bad, good)
		o.use(other)
		o.fails(1, bad, bad)
		o.rehome()
		want(t, "pagerduty", o.shows(), own[:1]+" open 1")
		want(t, "mail", o.mail.said(), "ann@example.org open", "bob@example.org open")
		if reason := o.dead()[0].Reason; !strings.Contains(reason, "no longer among routing_keys") || !strings.Contains(reason, "by hand") {
			t.Errorf("the reason is %q", reason)
		}
		o.use(own, other) // and goes on when the key is there again
		o.recovers(2)
		want(t, "pagerduty", o.shows(), own[:1]+" closed 1")
	})
}

func TestR22ALetterOfALostKeyIsSentThroughAnotherByHand(t *testing.T) {
	inOffice(t, func(o *office) {
		own, other := o.own()
		o.fails(0, bad, good)
		o.use(other)
		o.fails(1, bad, bad)
		o.rehome()
		if _, err := o.pipe.Retry(o.t.Context(), o.dead()[0].ID); err != nil {
			t.Fatal(err)
		}
		o.pass(time.Second)
		want(t, "pagerduty", o.shows(), own[:1]+" open 1", other[:1]+" open 1")
		o.recovers(2)
		o.rehome()
		want(t, "pagerduty", o.shows(), own[:1]+" open 1", other[:1]+" closed 1")
	})
}

func TestR22TheEndOfAnAlertOfALostKeyIsRefused(t *testing.T) {
	inOffice(t, func(o *office) {
		own, other := o.own()
		o.fails(0, bad, good)
		o.use(other)
		o.recovers(1)
		o.rehome()
		_, err := o.pipe.Retry(o.t.Context(), o.dead()[0].ID)
		if err == nil || !strings.Contains(err.Error(), "by hand") {
			t.Errorf("got %v", err)
		}
		want(t, "pagerduty", o.shows(), own[:1]+" open 1")
	})
}

// older is a sink of a version that knew no lanes of keys.
type older struct{ sinks.Sink }

// What an older version left in the sink's own lane goes out, and what comes after it
// of the same incident does not overtake it.
func TestR20WhatWaitsInTheLaneOfAnOlderVersionGoesOutInOrder(t *testing.T) {
	for name, f := range map[string]farend.Fault{"unheard": {Refuse: true}, "heard": {Status: 503}} {
		t.Run(name, func(t *testing.T) {
			inOffice(t, func(o *office) {
				newer := o.newPager
				o.newPager = func() sinks.Sink { return older{newer()} }
				o.use(keyA)
				o.far.Stay(f)
				o.fails(0, bad, good)
				o.newPager = newer
				o.use(keyA, keyB)
				o.pass(time.Second / 2) // so that no trial is under way when news comes
				o.fails(1, bad, bad)
				if name == "heard" {
					o.recovers(2)
				}
				o.far.Stay(farend.Fault{})
				o.pass(10 * time.Minute)
				if name == "unheard" {
					o.recovers(2)
				}
				want(t, "pagerduty", o.shows(), "A closed 1")
				if o.dropped() > 0 || len(o.dead()) > 0 {
					t.Errorf("PagerDuty dropped %d, dead are %+v", o.dropped(), o.dead())
				}
			})
		})
	}
}

func TestR20WhatWaitsForAKeyGoesOnWhenTheSinkBecomesAnother(t *testing.T) {
	inOffice(t, func(o *office) {
		o.far.Stay(farend.Fault{Refuse: true})
		o.fails(0, bad, good)
		o.newPager = nil
		o.restart()
		o.rehome()
		want(t, "oncall", o.pager.said(), "key-1 open")
	})
}

func TestR12WhatIsLateThroughAKeyIsToldToTheFallback(t *testing.T) {
	inOffice(t, func(o *office) {
		o.far.Stay(farend.Fault{Refuse: true})
		o.fails(0, bad, good)
		o.pass(15 * time.Minute)
		o.late()
		want(t, "mail", o.mail.said(), "ann@example.org open", "bob@example.org open")
	})
}

func TestR14APagerHearsNothingOfWhatWasOverBeforeItHeardOfIt(t *testing.T) {
	inOffice(t, func(o *office) {
		o.far.Stay(farend.Fault{Refuse: true})
		o.fails(0, bad, good)
		o.fails(1, bad, bad)
		o.recovers(2)
		o.far.Stay(farend.Fault{})
		o.pass(time.Hour)
		want(t, "pagerduty", o.shows())
		if n := len(o.far.Events()); n != 0 {
			t.Errorf("PagerDuty heard %d events", n)
		}
	})
}

// Two sinks may be keyed, and a pager may be the fallback of one: it has one key for
// the incident then as well.
func TestR15AFallbackWithKeysHearsThroughOneOfThem(t *testing.T) {
	inOffice(t, func(o *office) {
		own, _ := o.own()
		o.routes = []router.Route{{Sinks: []string{"mail"}}}
		o.fallback, o.chain = "", true
		o.mail.answer = refusesForGood
		o.restart()
		o.fails(0, bad, good)
		want(t, "pagerduty", o.shows(), own[:1]+" open 1")
		var details struct{ Event string }
		if err := json.Unmarshal(o.far.Alerts()[0].Details, &details); err != nil || details.Event == "" {
			t.Errorf("details %s, %v", o.far.Alerts()[0].Details, err)
		}
	})
}

func TestR15ADamagedDeliveryOfALostKeyIsSetAside(t *testing.T) {
	inOffice(t, func(o *office) {
		lane := record.KeyLane("oncall", "key-of-yesterday")
		job := queue.Job{ID: "d1", Lane: lane, Key: "k", Due: time.Now(), Keep: true, Payload: []byte("{")}
		if err := o.engine.Do(o.t.Context(), queue.Step{Put: []queue.Job{job}}); err != nil {
			t.Fatal(err)
		}
		o.rehome()
		if dead := o.dead(); len(dead) != 1 || !strings.Contains(dead[0].Reason, "d1") {
			t.Errorf("dead are %+v", dead)
		}
	})
}
