package exec_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"bellhop/internal/event"
	"bellhop/internal/event/samples"
	"bellhop/internal/retry"
	"bellhop/sinks"
	"bellhop/sinks/exec"
)

// bench is a sink over a script, and the folder in which script and test meet.
type bench struct {
	*testing.T
	dir  string
	kind sinks.Kind
	conf exec.Config
	sink sinks.Sink
	log  *bytes.Buffer
}

// on builds a sink that runs the script, which finds the folder in $dir. In it there is
// a fifo, begun.
func on(t *testing.T, script string, change ...func(*exec.Config)) *bench {
	t.Helper()
	b := &bench{T: t, dir: t.TempDir(), kind: exec.Kind(), conf: exec.DefaultConfig(), log: new(bytes.Buffer)}
	b.conf.Command = filepath.Join(b.dir, "command")
	if err := os.WriteFile(b.conf.Command, []byte("#!/bin/sh\ndir="+b.dir+"\n"+script+"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(filepath.Join(b.dir, "begun"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range change {
		c(&b.conf)
	}
	b.build()
	return b
}

// build builds the sink of the settings, as a reload does.
func (b *bench) build() {
	b.Helper()
	if faults := b.kind.Validate(&b.conf); len(faults) > 0 {
		b.Fatal(faults)
	}
	var err error
	b.sink, err = b.kind.New("it", &b.conf, sinks.Deps{Log: slog.New(slog.NewTextHandler(b.log, nil)), Now: time.Now})
	if err != nil {
		b.Fatal(err)
	}
}

// sent is what came of a send.
type sent struct {
	sinks.Receipt
	err error
}

func (b *bench) send(m sinks.Message) sent {
	b.Helper()
	r, err := b.sink.Send(b.Context(), m)
	if err != nil && strings.ContainsAny(err.Error(), "\r\n\x00") {
		b.Errorf("the error is not one line: %q", err)
	}
	return sent{r, err}
}

// start sends m and returns once the script has said that it runs.
func (b *bench) start(m sinks.Message) <-chan sent {
	b.Helper()
	ended := make(chan sent, 1)
	sink := b.sink
	go func() {
		r, err := sink.Send(b.Context(), m)
		ended <- sent{r, err}
	}()
	b.read("begun")
	return ended
}

func (b *bench) read(name string) string {
	b.Helper()
	text, err := os.ReadFile(filepath.Join(b.dir, name))
	if err != nil {
		b.Fatal(err)
	}
	return string(text)
}

// let lets all scripts go on that wait for it.
func (b *bench) let() {
	b.Helper()
	if err := os.WriteFile(filepath.Join(b.dir, "go"), []byte("go\n"), 0o600); err != nil {
		b.Fatal(err)
	}
}

// want checks a success and its status.
func (s sent) want(t *testing.T, parts ...string) {
	t.Helper()
	if s.err != nil {
		t.Fatalf("got %v", s.err)
	}
	for _, part := range parts {
		if !strings.Contains(s.Status, part) {
			t.Errorf("the status is %q, want %q in it", s.Status, part)
		}
	}
}

// refused checks a failure and its verdict.
func (s sent) refused(t *testing.T, v retry.Verdict, refused bool, parts ...string) {
	t.Helper()
	if s.err == nil {
		t.Fatalf("no error, but %q", s.Status)
	}
	if got := retry.Of(s.err); got != (retry.Judgement{Verdict: v, Refused: refused}) {
		t.Errorf("got %+v: %v", got, s.err)
	}
	for _, part := range parts {
		if !strings.Contains(s.err.Error(), part) {
			t.Errorf("the error is %q, want %q in it", s.err, part)
		}
	}
}

// message is one about an incident that is open.
func message(s event.Status) sinks.Message {
	e, _ := samples.Get("partial")
	e.Status, e.Incident, e.DedupKey = s, "01I", "bellhop/c/backup/1"
	return sinks.Message{ID: "01J-it-1", Target: "command", Event: e, Attempt: 1}
}

// messageOf is one about that event.
func messageOf(e event.Event) sinks.Message {
	m := message(e.Status)
	m.Event = e
	return m
}

// waiting is a script that says that it runs and then waits to be let go.
const waiting = `echo > $dir/begun; while [ ! -e $dir/go ]; do sleep 0.05; done; echo done`

func TestACommandRunsAndItsEndIsOnRecord(t *testing.T) {
	b := on(t, `echo "$1 and $2"; echo and more >&2`, func(c *exec.Config) { c.Args = []string{"one  word", "$HOME;"} })
	b.send(message(event.StatusOpen)).want(t, "exit 0 after ", "s: one word and $HOME; and more")
	if got := b.sink.Targets(); len(got) != 1 || got[0] != "command" {
		t.Errorf("targets are %q", got)
	}
}

func TestR17AFailureIsFinalUnlessItMayRunAgain(t *testing.T) {
	b := on(t, `head -c 100000 /dev/zero | tr '\0' x; echo; printf 'no \033[31mroom at https://me:secret@example.org/x\n\n'; exit 3`)
	got := b.send(message(event.StatusOpen))
	got.refused(t, retry.Dead, true, "run "+b.conf.Command+": exit 3 after ", "s: no [31mroom at https://")
	if strings.Contains(got.err.Error(), "secret") || !strings.HasPrefix(got.Status, "exit 3 after ") {
		t.Errorf("got %q, %v", got.Status, got.err)
	}
	b.conf.Rerun = true
	b.build()
	b.send(message(event.StatusOpen)).refused(t, retry.Later, false, "exit 3")
}

func TestALongAnswerShowsItsEnd(t *testing.T) {
	got := on(t, `i=0; while [ $i -lt 3000 ]; do echo "ä $i"; i=$((i+1)); done; exit 1`).send(message(event.StatusOpen))
	if n := len(got.err.Error()); n > 950 || !strings.HasSuffix(got.err.Error(), "ä 2999") || !strings.Contains(got.err.Error(), ": …") {
		t.Errorf("%d bytes: %v", n, got.err)
	}
}

func TestR17OneThatWasCutOffRunsAgainOnlyByHandOrWhereItMay(t *testing.T) {
	b := on(t, `echo ran`)
	m := message(event.StatusOpen)
	m.Heard = true
	b.send(m).refused(t, retry.Dead, true, "cut off by a crash", "may be retried by hand")
	m.ID, m.Heard = "another", false // as a retry by hand is
	b.send(m).want(t, "ran")
	if b.sink.(sinks.Awaited).Reruns() {
		t.Error("whoever sends the alert again starts it again")
	}
	b.conf.Rerun, m.Heard = true, true
	b.build()
	b.send(m).want(t, "ran")
	if !b.sink.(sinks.Awaited).Reruns() {
		t.Error("whoever sends the alert again does not start it again")
	}
}

func TestR12OneThatDoesNotStartIsNotHeardAndItsSettingsAreWrong(t *testing.T) {
	b := on(t, ``)
	locked, text := filepath.Join(b.dir, "locked"), filepath.Join(b.dir, "text")
	for file, mode := range map[string]os.FileMode{locked: 0o600, text: 0o700} {
		if err := os.WriteFile(file, []byte("no program\n"), mode); err != nil {
			t.Fatal(err)
		}
	}
	for _, command := range []string{"no-such-command", "/nonexistent", b.dir, locked, text} {
		b.conf.Command = command
		b.build()
		b.send(message(event.StatusOpen)).refused(t, retry.Misconfigured, true, "start "+command, "look at the setting command")
	}
}

func TestR24ACommandWhoseTimeIsUpIsEnded(t *testing.T) {
	b := on(t, `trap 'echo bye; exit 0' TERM; while :; do sleep 0.05; done`, func(c *exec.Config) { c.Timeout = 500 * time.Millisecond })
	b.send(message(event.StatusOpen)).refused(t, retry.Dead, true, "longer than timeout, 500ms", "bye")
	b.conf.Rerun = true
	b.build()
	b.send(message(event.StatusOpen)).refused(t, retry.Later, false, "longer than timeout")
}

func TestAStopOfBellhopEndsTheCommandWithoutAVerdict(t *testing.T) {
	b := on(t, `trap 'echo bye; exit 0' TERM; echo > $dir/begun; while :; do sleep 0.05; done`)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		_, err := b.sink.Send(ctx, message(event.StatusOpen))
		ended <- err
	}()
	b.read("begun")
	stop()
	err := <-ended
	if j := retry.Of(err); err == nil || j.Refused || j.Verdict != retry.Away {
		t.Errorf("got %+v, %v", j, err)
	}
}

func TestOneThatSomebodyKillsHasFailed(t *testing.T) {
	on(t, `kill -KILL $$`).send(message(event.StatusOpen)).refused(t, retry.Dead, true, "ended by a signal after ")
}

func TestR17WhatStartsACommand(t *testing.T) {
	all := []event.Status{event.StatusOpen, event.StatusRepeat, event.StatusChanged, event.StatusResolved, event.StatusSuccess}
	for _, c := range []struct {
		on   []string
		runs string
	}{
		{[]string{"open"}, "open"},
		{[]string{"repeat", "resolve"}, "repeat resolved"},
		{[]string{"change"}, "changed"},
		{[]string{"open", "repeat", "change", "resolve"}, "open repeat changed resolved"},
	} {
		b := on(t, ``, func(conf *exec.Config) { conf.On = c.on })
		var ran []string
		for i, status := range all {
			m := message(status)
			m.Event.Incident = fmt.Sprint(i)
			if got := b.send(m); got.err == nil {
				ran = append(ran, string(status))
			} else {
				got.refused(t, retry.Needless, true)
			}
		}
		if strings.Join(ran, " ") != c.runs {
			t.Errorf("on %q: it ran for %q, want %q", c.on, ran, c.runs)
		}
	}
}

func TestR17TheSenderWaitsForWhatStartsACommand(t *testing.T) {
	all := []event.Status{event.StatusOpen, event.StatusRepeat, event.StatusChanged, event.StatusResolved, event.StatusSuccess}
	for _, c := range []struct {
		on     []string
		notify bool
		waits  string
	}{
		{[]string{"open", "repeat", "change", "resolve"}, false, ""},
		{[]string{"open", "repeat", "change", "resolve"}, true, "open repeat changed"},
		{[]string{"open"}, true, "open repeat"}, // of what failed
		{[]string{"resolve"}, true, "repeat"},
	} {
		b := on(t, ``, func(conf *exec.Config) { conf.On, conf.NotifyOnFailure, conf.Timeout = c.on, c.notify, time.Hour })
		var waits []string
		for _, status := range all {
			switch d := b.sink.(sinks.Awaited).Awaits(status); d {
			case time.Hour:
				waits = append(waits, string(status))
			case 0:
			default:
				t.Errorf("he waits for %s", d)
			}
		}
		if got := strings.Join(waits, " "); got != c.waits {
			t.Errorf("on %q, %v: he waits for %q, want %q", c.on, c.notify, got, c.waits)
		}
	}
}

func TestR17ARepeatRunsWhatFailedAgain(t *testing.T) {
	for _, notify := range []bool{true, false} {
		b := on(t, ``, func(c *exec.Config) { c.NotifyOnFailure = notify })
		if got := b.send(message(event.StatusRepeat)); (got.err == nil) != notify {
			t.Errorf("notify_on_failure %v: got %v", notify, got.err)
		}
		if b.sink.(sinks.Repeater).Repeats() {
			t.Error("it wants to hear of all repeats")
		}
	}
}

func TestR17WhatNeverRunsACommand(t *testing.T) {
	b := on(t, ``, func(c *exec.Config) { c.On = []string{"open", "repeat", "change", "resolve"} })
	for name, change := range map[string]func(*event.Event){
		`of kind "test"`:           func(e *event.Event) { e.Kind = event.KindTest },
		`of kind "event"`:          func(e *event.Event) { e.Kind = "event" },
		`in place of another sink`: func(e *event.Event) { e.Instead = &event.Instead{Sink: "mail"} },
		`of status "success"`:      func(e *event.Event) { e.Status = event.StatusSuccess },
		`of status "digest"`:       func(e *event.Event) { e.Status = "digest" },
	} {
		m := message(event.StatusOpen)
		change(&m.Event)
		b.send(m).refused(t, retry.Needless, true, name)
	}
	for _, kind := range []event.Kind{event.KindBackup, event.KindMissed, "alert"} {
		m := message(event.StatusOpen)
		m.Event.Kind = kind
		b.send(m).want(t, "exit 0")
	}
}

func TestLabelsThatAllAlertsHaveMustMatch(t *testing.T) {
	b := on(t, ``, func(c *exec.Config) { c.MatchLabels = map[string]string{"env": "production", "node": "1"} })
	for _, c := range []struct {
		alerts []map[string]string
		runs   bool
	}{
		{[]map[string]string{{"env": "production", "node": "1", "x": "1"}}, true},
		{[]map[string]string{{"env": "production", "node": "1"}, {"env": "production", "node": "1", "x": "2"}}, true},
		{[]map[string]string{{"env": "production", "node": "1"}, {"env": "production", "node": "2"}}, false},
		{[]map[string]string{{"env": "production", "node": "1"}, {"env": "production"}}, false},
		{[]map[string]string{{"env": "testing", "node": "1"}}, false},
		{nil, false},
	} {
		m := message(event.StatusOpen)
		m.Event.Alerts = nil
		for _, labels := range c.alerts {
			m.Event.Alerts = append(m.Event.Alerts, event.Alert{Labels: labels})
		}
		if got := b.send(m); c.runs {
			got.want(t, "exit 0")
		} else {
			got.refused(t, retry.Needless, true, "match_labels")
		}
	}
}

func TestTheEndSignalsTheWholeGroupOfWhatRuns(t *testing.T) {
	// A shell's child does not die with it: the signal has to reach both.
	b := on(t, `sh -c 'trap "" TERM; echo > '$dir'/begun; exec sleep 600' & wait`)
	ended := b.start(message(event.StatusOpen))
	b.send(message(event.StatusResolved)).want(t, "SIGKILL to 1 that ran")
	(<-ended).want(t, "SIGKILL at the end of the incident, ended by a signal after ")
	b.send(message(event.StatusResolved)).refused(t, retry.Needless, true, "nothing was to be ended")
}

func TestTheSignalIsTheOneOfTheSettings(t *testing.T) {
	for _, name := range []string{"SIGUSR1", "usr1", "10"} {
		b := on(t, `trap 'echo tidy; exit 9' USR1; echo > $dir/begun; while :; do sleep 0.05; done`, func(c *exec.Config) { c.ResolvedSignal = name })
		ended := b.start(message(event.StatusOpen))
		b.send(message(event.StatusResolved)).want(t, "SIGUSR1 to 1 that ran")
		(<-ended).want(t, "SIGUSR1 at the end of the incident, exit 9 after ", "tidy")
	}
}

func TestTheEndLeavesAloneWhatIsToGoOn(t *testing.T) {
	b := on(t, waiting, func(c *exec.Config) { c.IgnoreResolved = true })
	ended := b.start(message(event.StatusOpen))
	b.send(message(event.StatusResolved)).refused(t, retry.Needless, true)
	b.let()
	(<-ended).want(t, "exit 0 after ", ": done")
}

func TestTheEndReachesItsOwnIncidentAlone(t *testing.T) {
	b := on(t, waiting)
	other := message(event.StatusOpen)
	other.Event.Incident = "other"
	ended := b.start(other)
	b.send(message(event.StatusResolved)).refused(t, retry.Needless, true)
	b.let()
	(<-ended).want(t, "exit 0")
}

func TestTheEndReachesWhatRunsOverAReload(t *testing.T) {
	b := on(t, waiting)
	ended := b.start(message(event.StatusOpen))
	b.conf.ResolvedSignal = "TERM"
	b.build()
	b.send(message(event.StatusResolved)).want(t, "SIGTERM to 1 that ran")
	(<-ended).want(t, "SIGTERM at the end of the incident")
}

func TestTheEndMayStartACommandOfItsOwn(t *testing.T) {
	b := on(t, `[ "$AMX_STATUS" = resolved ] && exec echo cleared; `+waiting, func(c *exec.Config) { c.On = []string{"open", "resolve"} })
	ended := b.start(message(event.StatusOpen))
	b.send(message(event.StatusResolved)).want(t, "exit 0 after ", ": cleared")
	(<-ended).want(t, "SIGKILL at the end of the incident")
}

func TestR14WhatTheEndOvertookIsNotBegun(t *testing.T) {
	b := on(t, ``)
	b.send(message(event.StatusResolved)).refused(t, retry.Needless, true)
	b.send(message(event.StatusOpen)).refused(t, retry.Needless, true, "ended before this was begun")
	next := message(event.StatusOpen)
	next.Event.Incident = "the next one"
	b.send(next).want(t, "exit 0")
}

func TestMaxBoundsWhatRunsForOnePlan(t *testing.T) {
	b := on(t, waiting, func(c *exec.Config) { c.Max, c.On = 2, []string{"open", "repeat"} })
	first := b.start(message(event.StatusOpen))
	second := b.start(message(event.StatusRepeat))
	b.send(message(event.StatusRepeat)).refused(t, retry.Needless, true, "as many as max allows run", ": 2")
	other := message(event.StatusOpen)
	other.Event.DedupKey, other.Event.Incident = "bellhop/c/backup/2", "02I"
	third := b.start(other)
	b.let()
	for _, ended := range []<-chan sent{first, second, third} {
		(<-ended).want(t, ": done")
	}
	(<-b.start(message(event.StatusRepeat))).want(t, ": done")
}

func TestTooManyAtOnceWaitSoThatEndsHaveRoom(t *testing.T) {
	b := on(t, waiting)
	var all []<-chan sent
	for i := range 32 {
		m := message(event.StatusOpen)
		m.Event.Incident, m.Event.DedupKey = fmt.Sprint(i), fmt.Sprint(i)
		all = append(all, b.start(m))
	}
	b.send(message(event.StatusOpen)).refused(t, retry.Later, true, "32 of this sink's commands run")
	b.let()
	for _, ended := range all {
		(<-ended).want(t, "exit 0")
	}
}

func TestTheEventIsInAPrivateFileThatGoes(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	b := on(t, `stat -c %a "$BELLHOP_EVENT"; cp "$BELLHOP_EVENT" $dir/event; echo $BELLHOP_EVENT`)
	m := message(event.StatusOpen)
	b.send(m).want(t, ": 600 ", os.Getenv("TMPDIR"))
	var got event.Event
	if err := json.Unmarshal([]byte(b.read("event")), &got); err != nil || got.ID != m.Event.ID || len(got.Modules) != len(m.Event.Modules) {
		t.Errorf("got %+v, %v", got, err)
	}
	left, err := os.ReadDir(os.Getenv("TMPDIR"))
	if err != nil || len(left) != 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
	on(t, `rm "$BELLHOP_EVENT"`).send(m).want(t, "exit 0")
}

func TestWithoutRoomForTheFileTheCommandRunsAllTheSame(t *testing.T) {
	b := on(t, `echo "event <$BELLHOP_EVENT>"`)
	t.Setenv("TMPDIR", "/nonexistent")
	b.send(message(event.StatusOpen)).want(t, "event <>")
	if !strings.Contains(b.log.String(), "without BELLHOP_EVENT") {
		t.Errorf("the log says %q", b.log)
	}
}

func TestCommandsOfManyIncidentsAtTheSameTime(t *testing.T) {
	b := on(t, `echo "$BELLHOP_DELIVERY"`)
	var all sync.WaitGroup
	for i := range 20 {
		all.Go(func() {
			m := message(event.StatusOpen)
			m.ID, m.Event.Incident = fmt.Sprint("delivery-", i), fmt.Sprint(i)
			if r, err := b.sink.Send(t.Context(), m); err != nil || !strings.HasSuffix(r.Status, ": "+m.ID) {
				t.Errorf("got %q, %v", r.Status, err)
			}
		})
	}
	all.Wait()
}
