package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"bellhop/internal/admin"
	"bellhop/internal/event"
	"bellhop/router/queue"
)

var timeOfDay = regexp.MustCompile(`\d{4}-\d\d-\d\d \d\d:\d\d:\d\d`)

// ask runs a command on an office.
func (o *office) ask(args ...string) result {
	got := try(append([]string{"--config", o.file}, args...))
	got.out = timeOfDay.ReplaceAllString(got.out, "2026-11-21 03:04:05")
	got.err = strings.ReplaceAll(got.err, o.folder, "F")
	return got
}

// furnish puts a delivery in each of the states that people ask for.
func furnish(o *office) {
	o.put("d1", "mail", "a@example.org")
	o.end("mail", queue.Ack, queue.Attempt{Status: "250 queued as 4F2"})
	o.put("d2", "mail", "somebody.with.a.long.name@example.org")
	o.end("mail", queue.Bury, queue.Attempt{Status: "550", Error: "no such user"})
	o.put("d3", "chat", "#backups")
	o.end("chat", queue.Bury, queue.Attempt{Error: "is \x1b[31mred\x07 and " + strings.Repeat("long ", 30)})
	o.put("d4", "chat", "#backups")
}

func TestDeliveriesAreListedForPeople(t *testing.T) {
	o := newOffice(t)
	furnish(o)
	o.open()
	for name, c := range map[string]struct {
		args string
		want string // a golden file of testdata
		err  string
	}{
		"all":        {args: "deliveries", want: "deliveries.txt"},
		"dead":       {args: "deliveries --state dead", want: "dead.txt"},
		"of a sink":  {args: "deliveries --sink mail --output text", want: "mail.txt"},
		"none":       {args: "deliveries --sink pager", want: "none.txt"},
		"first page": {args: "deliveries --limit 2", want: "first.txt", err: "older ones: bellhop deliveries --limit 2 --after 3\n"},
		"next page":  {args: "deliveries --limit 2 --after 3", want: "second.txt", err: "older ones: bellhop deliveries --limit 2 --after 1\n"},
		"filtered": {args: "deliveries --limit 1 --state dead --sink mail", want: "filtered.txt",
			err: "older ones: bellhop deliveries --sink mail --state dead --limit 1 --after 2\n"},
	} {
		t.Run(name, func(t *testing.T) {
			got := o.ask(strings.Fields(c.args)...)
			if got.code != codeOK || got.err != c.err {
				t.Errorf("exit %d, said %q, want %q", got.code, got.err, c.err)
			}
			goldenText(t, c.want, got.out)
		})
	}
}

func TestAFallbackNamesInWhosePlaceItIsTold(t *testing.T) {
	var out strings.Builder
	d := admin.Delivery{ID: "d1", Sink: "mail", Instead: &event.Instead{Sink: "chat", Reason: "it is away"}}
	if err := table(&out, []admin.Delivery{d}); err != nil || !strings.Contains(out.String(), "  mail for chat  ") {
		t.Errorf("got %s, %v", out.String(), err)
	}
}

func goldenText(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", "deliveries", name)
	if os.Getenv("UPDATE_GOLDEN") != "" {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s (UPDATE_GOLDEN=1 writes it anew) now is\n%s", file, got)
	}
}

func TestDeliveriesAsJSONAreTheServersOwn(t *testing.T) {
	o := newOffice(t)
	furnish(o)
	o.open()
	got := o.ask("deliveries", "--output", "json", "--limit", "3")
	var page admin.Deliveries
	if err := json.Unmarshal([]byte(got.out), &page); err != nil || got.code != codeOK {
		t.Fatal(got, err)
	}
	if len(page.Deliveries) != 3 || page.Next != "2" || !strings.Contains(page.Deliveries[1].Reason, "\x1b[31mred") {
		t.Errorf("got %s", got.out)
	}
}

func TestRetryAndDrop(t *testing.T) {
	for name, c := range map[string]struct {
		args   string
		want   result
		states string // of the deliveries afterwards, newest first
	}{
		"retry": {"retry d2", result{0, "d2: goes out again as d2-again\n", ""}, "d2-again queued, d4 queued, d3 dead, d2 dropped, d1 sent"},
		"drop":  {"drop d2 d3", result{0, "d2: dropped\nd3: dropped\n", ""}, "d4 queued, d3 dropped, d2 dropped, d1 sent"},
		"retry all, oldest first": {"retry --all-dead", result{0, "d2: goes out again as d2-again\nd3: goes out again as d3-again\n", ""},
			"d3-again queued, d2-again queued, d4 queued, d3 dropped, d2 dropped, d1 sent"},
		"some are refused": {"retry d1 d2 d9", result{1, "d2: goes out again as d2-again\n",
			"d1: it is sent: refused\nd9: no such delivery\nbellhop: 2 of 3 deliveries could not be retried\n"},
			"d2-again queued, d4 queued, d3 dead, d2 dropped, d1 sent"},
		"one is refused": {"drop d4", result{1, "", "d4: it is queued: refused\nbellhop: 1 of 1 delivery could not be dropped\n"},
			"d4 queued, d3 dead, d2 dead, d1 sent"},
		"a name that is a path": {"retry ../../events", result{1, "",
			"../../events: no such delivery\nbellhop: 1 of 1 delivery could not be retried\n"}, "d4 queued, d3 dead, d2 dead, d1 sent"},
	} {
		t.Run(name, func(t *testing.T) {
			o := newOffice(t)
			furnish(o)
			o.open()
			if got := o.ask(strings.Fields(c.args)...); got != c.want {
				t.Errorf("got %d\n%s\n%s\nwant %d\n%s\n%s", got.code, got.out, got.err, c.want.code, c.want.out, c.want.err)
			}
			if got := o.states(); got != c.states {
				t.Errorf("now there are %s, want %s", got, c.states)
			}
		})
	}
}

// states tells of every delivery.
func (o *office) states() string {
	jobs, err := o.engine.Jobs(o.t.Context(), queue.JobQuery{})
	if err != nil {
		o.t.Fatal(err)
	}
	var all []string
	for _, j := range jobs {
		all = append(all, j.ID+" "+string(j.State))
	}
	return strings.Join(all, ", ")
}

// More than one page of dead letters.
func TestRetryAllGoesThroughEveryPage(t *testing.T) {
	o := newOffice(t)
	const n = mostListed + 5
	for i := range n {
		o.put(fmt.Sprintf("d%04d", i), "mail", "a@example.org")
	}
	for range n {
		o.end("mail", queue.Bury, queue.Attempt{Error: "no such user"})
	}
	o.open()
	got := o.ask("retry", "--all-dead")
	if lines := strings.Count(got.out, "goes out again"); got.code != codeOK || lines != n {
		t.Errorf("exit %d, %d were retried, said %q", got.code, lines, got.err)
	}
	if got := o.ask("retry", "--all-dead"); got != (result{0, "nothing is set aside\n", ""}) {
		t.Errorf("got %+v", got)
	}
}

func TestCommandsThatNeedABellhopSayWhatTheyTried(t *testing.T) {
	o := newOffice(t)
	const want = "bellhop: ask bellhop: dial unix F/bellhop.sock: connect: no such file or directory; " +
		"dial tcp 127.0.0.1:1: connect: connection refused: " +
		"no bellhop answers: is `bellhop serve` running, and with this configuration?\n"
	for _, args := range []string{"deliveries", "retry d1 d2", "retry --all-dead", "drop d1 d2"} {
		if got := o.ask(strings.Fields(args)...); got != (result{1, "", want}) {
			t.Errorf("%s: got %d\n%s\n%s", args, got.code, got.out, got.err)
		}
	}
}

func TestCommandsThatWereNotUnderstood(t *testing.T) {
	for args, want := range map[string]string{
		"deliveries --state lost":  `--state cannot be "lost": give one of queued, sent, dead, superseded, skipped, dropped`,
		"deliveries --limit 0":     "--limit cannot be 0: give a number from 1 to 1000",
		"deliveries --limit 1001":  "--limit cannot be 1001",
		"deliveries --limit many":  "invalid argument",
		"deliveries --output yaml": `--output cannot be "yaml": give text or json`,
		"deliveries d1":            "unknown command",
		"retry":                    "name the deliveries, or give --all-dead alone",
		"retry --all-dead d1":      "name the deliveries, or give --all-dead alone",
		"drop":                     "name the deliveries",
	} {
		got := try(append([]string{"--config", "testdata/mail.yml"}, strings.Fields(args)...))
		if got.code != codeUsage || got.out != "" || !strings.Contains(got.err, want) {
			t.Errorf("%s: got %+v", args, got)
		}
	}
	if got := try([]string{"--config", "testdata/bad.yml", "deliveries"}); got.code != codeUsage || !strings.Contains(got.err, "receiver.prot") {
		t.Errorf("a bad configuration: got %+v", got)
	}
}
