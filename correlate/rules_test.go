package correlate_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"bellhop/correlate"
	"bellhop/correlate/recorded"
	"bellhop/internal/event"
)

type rule struct {
	name  string
	state string
	query correlate.Query
	want  string
}

func check(t *testing.T, rules []rule) {
	for _, r := range rules {
		t.Run(r.name, func(t *testing.T) {
			if r.query.Ref == (event.PlanRef{}) {
				r.query.Ref = plan("1")
			}
			same(t, told(look(t, r.state, r.query)), r.want)
		})
	}
}

func settled(start, end int) event.Run {
	return event.Run{Start: at(start), End: at(end), Settled: true}
}

func TestR1SettledWhenEveryModuleHasReported(t *testing.T) {
	check(t, []rule{
		{
			name:  "all reported",
			state: state("1 mail1 -900 -800 1", "2 samba1 -900 -700 0", "2 webtop1 -700 -600 0"),
			want:  "backup PARTIAL settled -900..-600 mail1@1=failed samba1@2=ok webtop1@2=ok",
		}, {
			name:  "one has not",
			state: state("1 mail1 -900 -800 1", "2 samba1 -900 -700 0"),
			want:  "backup PARTIAL unsettled -900..-700 mail1@1=failed samba1@2=ok webtop1@2=pending",
		}, {
			name:  "an unreadable status counts",
			state: state("1 mail1 -900 -800 1", "2 samba1 -900 -700 0") + "HSET node/2/backup_status/1 webtop1 {",
			want: "backup PARTIAL settled -900..-700 mail1@1=failed samba1@2=ok webtop1@2=unknown\n" +
				"- the status cannot be read, because it is not JSON: webtop1",
		}, {
			name:  "nobody waits longer than a day",
			state: state("1 mail1 -90000 -86400 1"),
			want:  "backup REPO_FAILURE settled -90000..-86400 mail1@1=failed samba1@2=missing webtop1@2=missing",
		}, {
			name:  "but a day it is",
			state: state("1 mail1 -90000 -86399 1"),
			want:  "backup PARTIAL unsettled -90000..-86399 mail1@1=failed samba1@2=pending webtop1@2=pending",
		}, {
			name:  "a plan without modules",
			state: `HSET cluster/backup/1 enabled 1 instances ""`,
			want: "backup REPO_FAILURE settled no_status\n" +
				"- the plan has no modules\n- the plan has no readable status of any run",
		}, {
			name:  "flat: the newest status settles it",
			state: "HSET module/a1/backup/1/status result error timestamp @iso-60 error x\nHSET module/b1/backup/1/status result success timestamp @iso-90000",
			want:  "backup REPO_FAILURE settled -60..-60 a1@=failed b1@=missing",
		},
	})
}

func TestR2WhichStatusesBelongToTheRun(t *testing.T) {
	const hour = 3600
	check(t, []rule{
		{
			name:  "a chain of modules reaches back over any length",
			state: state("1 mail1 -50000 -30000 0", "2 samba1 -29000 -10000 1", "2 webtop1 -9000 -5 0"),
			want:  "backup PARTIAL settled -50000..-5 mail1@1=ok samba1@2=failed webtop1@2=ok",
		}, {
			name:  "a gap just under six hours",
			state: state("1 mail1 -30000 -22000 0", "2 samba1 -401 -300 1", "2 webtop1 -300 -200 0"),
			want:  "backup PARTIAL settled -30000..-200 mail1@1=ok samba1@2=failed webtop1@2=ok",
		}, {
			name:  "a gap of six hours",
			state: state("1 mail1 -30000 -22001 0", "2 samba1 -401 -300 1", "2 webtop1 -300 -200 0"),
			want:  "backup PARTIAL unsettled -401..-200 mail1@1=pending samba1@2=failed webtop1@2=ok",
		}, {
			name:  "never into a run on record as settled",
			state: state("1 mail1 -9000 -8000 0", "2 samba1 -401 -300 1", "2 webtop1 -9000 -7000 0"),
			query: correlate.Query{Settled: settled(-9000, -7000)},
			want:  "backup PARTIAL unsettled -401..-300 mail1@1=pending samba1@2=failed webtop1@2=pending",
		}, {
			name:  "nothing newer than the recorded run: it is that run",
			state: state("1 mail1 -50000 -40000 0", "2 samba1 -9000 -7000 1", "2 webtop1 -9000 -8000 0"),
			query: correlate.Query{Settled: settled(-50000, -7000)},
			want:  "backup PARTIAL settled -50000..-7000 mail1@1=ok samba1@2=failed webtop1@2=ok",
		}, {
			name:  "and reaches no further than what was recorded",
			state: state("1 mail1 -20000 -15000 0", "2 samba1 -9000 -7000 1", "2 webtop1 -9000 -8000 0"),
			query: correlate.Query{Settled: settled(-9000, -7000)},
			want:  "backup PARTIAL unsettled -9000..-7000 mail1@1=pending samba1@2=failed webtop1@2=ok",
		}, {
			name:  "the module that ended the recorded run has left the plan",
			state: state("1 mail1 -9000 -8500 0", "2 samba1 -9000 -8000 1", "2 webtop1 -9000 -8100 0"),
			query: correlate.Query{Settled: settled(-9000, -7000)},
			want:  "backup PARTIAL settled -9000..-8000 mail1@1=ok samba1@2=failed webtop1@2=ok",
		}, {
			name:  "a record of statuses that are all gone",
			state: state("1 mail1 -9000 -8500 1", "2 samba1 -9000 -8000 1", "2 webtop1 -9000 -8100 1"),
			query: correlate.Query{Settled: settled(-5000, -4000)},
			want:  "backup REPO_FAILURE settled -9000..-8000 mail1@1=failed samba1@2=failed webtop1@2=failed",
		}, {
			name:  "no failure and too old: the run left no status",
			state: state("1 mail1 -9000 -8000 0", "2 samba1 -9000 -3601 0", "2 webtop1 -9000 -7000 0"),
			want: "backup REPO_FAILURE settled no_status mail1@1=missing samba1@2=missing webtop1@2=missing\n" +
				"- the newest status on record ended at 2026-09-21T13:13:19Z",
		}, {
			name:  "counted from when the signal was accepted",
			state: state("1 mail1 -9000 -8000 0", "2 samba1 -9000 -3601 0", "2 webtop1 -9000 -7000 0"),
			query: correlate.Query{Accepted: at(-1)},
			want:  "backup SUCCESS settled -9000..-3601 mail1@1=ok samba1@2=ok webtop1@2=ok",
		}, {
			name:  "unless no alert claims a failure",
			state: state("1 mail1 -9000 -8000 0", "2 samba1 -9000 -3601 0", "2 webtop1 -9000 -7000 0"),
			query: correlate.Query{Quiet: true},
			want:  "backup SUCCESS settled -9000..-3601 mail1@1=ok samba1@2=ok webtop1@2=ok",
		}, {
			name:  "failures are believed whatever their age",
			state: state("1 mail1 -300000 -290000 1", "2 samba1 -300000 -290000 0", "2 webtop1 -300000 -290000 0"),
			want:  "backup PARTIAL settled -300000..-290000 mail1@1=failed samba1@2=ok webtop1@2=ok",
		}, {
			name:  "a failure of an earlier run is none of this one",
			state: state("1 mail1 -300000 -290000 1", "2 samba1 -9000 -8000 0", "2 webtop1 -9000 -8000 0"),
			want: "backup REPO_FAILURE settled no_status mail1@1=missing samba1@2=missing webtop1@2=missing\n" +
				"- the newest status on record ended at 2026-09-21T12:00:00Z",
		}, {
			name:  "no status at all",
			state: state(),
			want: "backup REPO_FAILURE settled no_status mail1@1=missing samba1@2=missing webtop1@2=missing\n" +
				"- the plan has no readable status of any run",
		}, {
			name:  "none that can be read",
			state: state() + "HSET node/1/backup_status/1 mail1 7\nHSET node/2/backup_status/1 samba1 []",
			want: "backup REPO_FAILURE settled no_status mail1@1=unknown samba1@2=unknown webtop1@2=missing\n" +
				"- the status cannot be read, because it is no JSON object: mail1, samba1\n" +
				"- the plan has no readable status of any run",
		},
	})
	if correlate.DefaultConfig().RecentWindow != hour*time.Second {
		t.Error("the tables above count on a window of an hour")
	}
}

func TestR2NewestStatusOfAModuleWins(t *testing.T) {
	check(t, []rule{
		{
			name:  "it has moved to another node",
			state: state("1 samba1 -90000 -80000 1", "1 mail1 -90 -80 0", "2 samba1 -90 -70 0", "2 webtop1 -90 -80 0"),
			want:  "backup SUCCESS settled -90..-70 mail1@1=ok samba1@2=ok webtop1@2=ok",
		}, {
			name:  "and reported on the old one last",
			state: state("1 samba1 -90 -70 1", "1 mail1 -90 -80 0", "2 samba1 -90000 -80000 0", "2 webtop1 -90 -80 0"),
			want:  "backup PARTIAL settled -90..-70 mail1@1=ok samba1@1=failed webtop1@2=ok",
		}, {
			name: "what an upgrade left behind",
			state: state("1 mail1 -90 -80 1", "2 samba1 -90 -70 0") +
				"HSET module/mail1/backup_status/1 start @-90000 end @-80000 errors 0 total_file_count 5\n" +
				"HSET module/webtop1/backup_status/1 start @-90000 end @-80000 errors 0 total_file_count 5",
			want: "backup PARTIAL unsettled -90..-70 mail1@1=failed samba1@2=ok webtop1@2=pending",
		}, {
			name: "damage left behind is no witness",
			state: state("1 mail1 -90 -80 1", "2 samba1 -90 -70 0") +
				"HSET module/webtop1/backup_status/1 start x\nHSET node/1/backup_status/1 webtop1 {",
			want: "backup PARTIAL unsettled -90..-70 mail1@1=failed samba1@2=ok webtop1@2=pending",
		},
	})
}

func TestR3StatesAndOutcome(t *testing.T) {
	check(t, []rule{
		{
			name:  "none ok, one pending",
			state: state("1 mail1 -90 -80 1", "2 samba1 -90 -70 2"),
			want:  "backup PARTIAL unsettled -90..-70 mail1@1=failed samba1@2=failed webtop1@2=pending",
		}, {
			name:  "none ok, none pending",
			state: state("1 mail1 -90 -80 1", "2 samba1 -90 -70 2") + "HSET node/2/backup_status/1 webtop1 ''",
			want: "backup REPO_FAILURE settled -90..-70 mail1@1=failed samba1@2=failed webtop1@2=unknown\n" +
				"- the status cannot be read, because it is empty: webtop1",
		}, {
			name: "a damaged count whose times are those of an earlier run",
			state: state("1 mail1 -90 -80 1", "2 samba1 -90 -70 0") +
				`HSET node/2/backup_status/1 webtop1 '{"start":@-90000,"end":@-80000,"errors":-1}'`,
			want: "backup PARTIAL unsettled -90..-70 mail1@1=failed samba1@2=ok webtop1@2=pending",
		}, {
			name: "module layout: a success over no files",
			state: "HSET cluster/backup/1 enabled 1\nHSET cluster/module_node a1 1\nSADD module/a1/backups 1\n" +
				"HSET module/a1/backup_status/1 start @-90 end @-80 errors 0 total_file_count 0",
			want: "backup SUCCESS settled -90..-80 a1@1=ok\n- a1 reports success, but not a single file",
		}, {
			name: "flat: the plan knows of a failure that no module tells",
			state: "HSET cluster/backup/1/status result error errors 1 timestamp @iso-60\n" +
				"HSET module/a1/backup/1/status result success timestamp @iso-90",
			want: "backup PARTIAL settled -90..-60 a1@=ok\n" +
				"- every module reports success, but the plan's own status is an error",
		}, {
			name:  "flat: no module at all",
			state: "HSET cluster/backup/1/status result success errors 0 timestamp @iso-60",
			want:  "backup SUCCESS settled -60..-60",
		}, {
			name: "flat: a status that says nothing",
			state: "HSET cluster/backup/1/status result perhaps timestamp @iso-60\n" +
				"HSET module/a1/backup/1/status result error timestamp yesterday",
			want: "backup REPO_FAILURE settled -60..-60 a1@=unknown\n" +
				"- the plan's own status cannot be read: its result is neither success nor error\n" +
				"- the status cannot be read, because its timestamp makes no sense: a1",
		},
	})
}

func TestR4WhichPlan(t *testing.T) {
	two := "HSET cluster/backup/1 name Nightly enabled 1 instances a1\n" +
		"HSET cluster/backup/2 name Weekly enabled 1 instances a1\n" +
		"HSET cluster/backup/2/status name Weekly result success timestamp @iso-10\n" +
		"HSET cluster/module_node a1 1\n" +
		`HSET node/1/backup_status/2 a1 '{"start":@-90,"end":@-80,"errors":1}'` + "\n"
	check(t, []rule{
		{
			name:  "by its name",
			state: two,
			query: correlate.Query{Ref: event.PlanRef{Name: "Weekly"}},
			want:  "backup REPO_FAILURE settled -90..-10 a1@1=failed",
		}, {
			name:  "the id goes before the name",
			state: two,
			query: correlate.Query{Ref: event.PlanRef{ID: "2", Name: "Nightly"}},
			want:  "backup REPO_FAILURE settled -90..-10 a1@1=failed",
		}, {
			name:  "a name that nobody has",
			state: two,
			query: correlate.Query{Ref: event.PlanRef{Name: "Hourly"}},
			want:  "backup REPO_FAILURE settled no_status\n- the cluster has no backup plan \"Hourly\"",
		}, {
			name:  "a name that two have",
			state: two + "HSET cluster/backup/3 name Weekly",
			query: correlate.Query{Ref: event.PlanRef{Name: "Weekly"}},
			want: "backup REPO_FAILURE settled no_status\n- several plans have this name: 2, 3\n" +
				"- the cluster has no backup plan \"Weekly\"",
		}, {
			name:  "an id that nobody has, whose statuses are still there",
			state: `HSET node/1/backup_status/9 a1 '{"start":@-90,"end":@-80,"errors":1}'`,
			query: correlate.Query{Ref: plan("9")},
			want:  "backup REPO_FAILURE settled no_status\n- the cluster has no backup plan \"9\"",
		}, {
			name:  "an id is no pattern",
			state: two,
			query: correlate.Query{Ref: plan("*")},
			want:  "backup REPO_FAILURE settled no_status\n- the cluster has no backup plan \"*\"",
		}, {
			name: "an id with odd characters",
			state: `HSET cluster/backup/a*[b]\? instances a1` + "\n" + `HSET node/1/backup_status/a*[b]\? a1 '{"start":@-90,"end":@-80,"errors":1}'` +
				"\n" + `HSET node/1/backup_status/aXb\? b1 '{"start":@-90,"end":@-80,"errors":1}'`,
			query: correlate.Query{Ref: plan(`a*[b]\?`)},
			want:  "backup REPO_FAILURE settled -90..-80 a1@1=failed",
		},
	})
}

func TestR4MissedMeansThatThePlanDidNotRun(t *testing.T) {
	check(t, []rule{
		{
			name:  "no status of late",
			state: state("1 mail1 -90000 -80000 1", "2 samba1 -90000 -80000 0"),
			query: correlate.Query{Missed: true},
			want: "missed REPO_FAILURE settled not_run mail1@1=missing samba1@2=missing webtop1@2=missing\n" +
				"- the newest status on record ended at 2026-09-20T16:00:00Z",
		}, {
			name:  "it did run",
			state: state("1 mail1 -900 -800 0", "2 samba1 -900 -700 0", "2 webtop1 -900 -850 0"),
			query: correlate.Query{Missed: true},
			want:  "backup SUCCESS settled -900..-700 mail1@1=ok samba1@2=ok webtop1@2=ok",
		}, {
			name:  "a plan that is not there",
			state: "",
			query: correlate.Query{Missed: true},
			want:  "missed REPO_FAILURE settled not_run\n- the cluster has no backup plan \"1\"",
		},
	})
}

func TestWhoIsInThePlan(t *testing.T) {
	check(t, []rule{
		{
			name:  "its list, without what is gone or repeated",
			state: "HSET cluster/module_node a1 1 b1 1\nHSET cluster/backup/1 instances \"b1 gone9  a1 b1\"\n" + `HSET node/1/backup_status/1 a1 '{"start":@-90,"end":@-80,"errors":1}' gone9 '{"start":@-90,"end":@-8,"errors":1}' b1 x old1 y`,
			want: "backup REPO_FAILURE settled -90..-80 b1@1=unknown a1@1=failed\n" +
				"- left out, because no longer in the cluster: gone9, old1\n" +
				"- the status cannot be read, because it is not JSON: b1",
		}, {
			name: "a status of a module that has left the plan",
			state: state("1 mail1 -900 -800 1", "2 samba1 -900 -700 0", "2 webtop1 -700 -600 0") +
				"HSET cluster/module_node loki1 1\n" + `HSET node/1/backup_status/1 loki1 '{"start":@-90,"end":@-80,"errors":1}'`,
			want: "backup PARTIAL settled -900..-600 mail1@1=failed samba1@2=ok webtop1@2=ok\n" +
				"- left out, because no longer in this plan: loki1",
		}, {
			name: "the modules' own word",
			state: "HSET cluster/backup/1 enabled 1\nHSET cluster/module_node a1 1 b1 2 c1 2\n" +
				"SADD module/a1/backups 1 2\nSADD module/c1/backups 1\nSADD module/b1/backups 2\n" +
				"HSET module/a1/backup_status/1 start @-90 end @-80 errors 1",
			want: "backup PARTIAL unsettled -90..-80 a1@1=failed c1@2=pending",
		}, {
			name: "else everybody with a status",
			state: "HSET cluster/backup/1 enabled ''\n" +
				`HSET node/1/backup_status/1 b1 '{"start":@-90,"end":@-80,"errors":1}' a1 '{"start":@-90,"end":@-70,"errors":0}'`,
			want: "backup PARTIAL settled -90..-70 a1@1=ok b1@1=failed\n- the plan is disabled",
		},
	})
}

func TestFindingNamesEverything(t *testing.T) {
	f := look(t, fixture(t, "node-partial.redis"), correlate.Query{Ref: plan("1")})
	if f.Cluster.UUID != "5f1c7c0a-3f0e-4b36-9a56-2f4de0a7b0f1" || !f.Known || !f.Enabled {
		t.Errorf("got %+v", f)
	}
	if f.Plan != (event.Plan{ID: "1", Name: "Nightly to B2", Schedule: "*-*-* 02:00:00"}) {
		t.Errorf("plan %+v", f.Plan)
	}
	if f.Destination != (event.Destination{ID: "48ce000a-79b7-5fe6-8558-177fd70c27b4", Name: "BackBlaze EU"}) {
		t.Errorf("destination %+v", f.Destination)
	}
	want := event.Module{
		ID: "mail1", Name: "Company mail", Node: "1", State: event.StateOK,
		Size: 734003200, Start: at(-1800), End: at(-1500),
	}
	if f.Modules[0] != want {
		t.Errorf("module %+v", f.Modules[0])
	}
	if failed := f.Modules[1]; failed.Size != 0 || failed.State != event.StateFailed {
		t.Errorf("the size of a failed module is another run's: %+v", failed)
	}
	if f := look(t, fixture(t, "node-partial.redis"), correlate.Query{Ref: plan("2")}); f.Enabled || !f.Known {
		t.Errorf("plan 2 is there and disabled, got %+v", f)
	}
}

func TestUnavailableStillNamesThePlan(t *testing.T) {
	q := correlate.Query{Ref: event.PlanRef{ID: "1", Name: "Nightly"}}
	f := correlate.Unavailable(q, errText("dial redis://me:secret@host:1: refused"))
	same(t, told(f), "backup REPO_FAILURE unsettled redis_unavailable\n"+
		"- nothing is known of the modules: dial redis://host:1: refused")
	if f.Plan.Label() != "Nightly" || !f.Known {
		t.Errorf("got %+v", f)
	}
	q.Missed = true
	if f := correlate.Unavailable(q, errText("x")); f.Kind != event.KindMissed {
		t.Errorf("got %+v", f)
	}
}

type errText string

func (e errText) Error() string { return string(e) }

func TestR3SharedCause(t *testing.T) {
	failed := func(c event.Cause) event.Module { return event.Module{State: event.StateFailed, Cause: c} }
	ok := event.Module{State: event.StateOK, Cause: event.CauseStats}
	for _, c := range []struct {
		modules []event.Module
		want    event.Cause
	}{
		{nil, ""},
		{[]event.Module{ok}, ""},
		{[]event.Module{failed("locked"), ok, failed("locked")}, "locked"},
		{[]event.Module{failed("locked"), failed("denied")}, ""},
		{[]event.Module{failed("locked"), failed("")}, ""},
		{[]event.Module{failed(""), failed("locked")}, ""},
	} {
		if got := correlate.Shared(c.modules); got != c.want {
			t.Errorf("%+v: got %q, want %q", c.modules, got, c.want)
		}
	}
}

// trips counts the ways to Redis and back that follow one another.
type trips struct {
	correlate.Store
	reads atomic.Int32
}

func (s *trips) Read(ctx context.Context, asks ...correlate.Ask) ([]correlate.Value, error) {
	s.reads.Add(1)
	return s.Store.Read(ctx, asks...)
}

// The way there and back is what a look takes on a healthy cluster, however many
// modules a plan has.
func TestALookReadsTwice(t *testing.T) {
	s, err := recorded.New(state("1 mail1 -900 -600 0", "2 samba1 -900 -500 0", "2 webtop1 -900 -400 1"), now())
	if err != nil {
		t.Fatal(err)
	}
	counted := &trips{Store: s}
	if f := lookAt(t, counted, correlate.Query{Ref: plan("1")}); f.Outcome != event.Partial {
		t.Errorf("found %+v", f)
	}
	if n := counted.reads.Load(); n != 2 {
		t.Errorf("%d reads", n)
	}
}
