package correlate_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"bellhop/correlate"
	"bellhop/correlate/recorded"
	"bellhop/internal/event"
	"bellhop/templates/wordstest"
)

// now is when every test looks, unless it says otherwise.
func now() time.Time { return time.Unix(1_790_000_000, 0).UTC() }

func at(seconds int) time.Time { return now().Add(time.Duration(seconds) * time.Second) }

func plan(id string) event.PlanRef { return event.PlanRef{ID: id} }

// state records a cluster of three modules on two nodes with plan 1 over all of
// them, in the node layout. A status reads "node module start end errors".
func state(statuses ...string) string {
	var b strings.Builder
	b.WriteString("HSET cluster/module_node mail1 1 samba1 2 webtop1 2\n")
	b.WriteString(`HSET cluster/backup/1 name Nightly enabled 1 instances "mail1 samba1 webtop1"` + "\n")
	for _, status := range statuses {
		var node, module, start, end, failures string
		if _, err := fmt.Sscan(status, &node, &module, &start, &end, &failures); err != nil {
			panic(err)
		}
		fmt.Fprintf(&b, `HSET node/%s/backup_status/1 %s '{"start":@%s,"end":@%s,"errors":%s,"total_size":7,"total_file_count":1}'`+"\n",
			node, module, start, end, failures)
	}
	return b.String()
}

// look looks at a recorded state.
func look(t *testing.T, text string, q correlate.Query) correlate.Finding {
	t.Helper()
	s, err := recorded.New(text, now())
	if err != nil {
		t.Fatal(err)
	}
	return lookAt(t, s, q)
}

func lookAt(t *testing.T, s correlate.Store, q correlate.Query) correlate.Finding {
	t.Helper()
	if q.Accepted.IsZero() {
		q.Accepted = now()
	}
	f, err := correlate.New(s, correlate.DefaultConfig(), now).Look(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range f.Notes {
		wordstest.SaysTheSame(t, n)
	}
	return f
}

// told writes a finding on a few lines: outcome, cause, run and modules, notes.
func told(f correlate.Finding) string {
	var b strings.Builder
	settled := "unsettled"
	if f.Run.Settled {
		settled = "settled"
	}
	fmt.Fprintf(&b, "%s %s %s", f.Kind, f.Outcome, settled)
	if f.Cause != "" {
		fmt.Fprintf(&b, " %s", f.Cause)
	}
	if !f.Run.End.IsZero() {
		fmt.Fprintf(&b, " %d..%d", ago(f.Run.Start), ago(f.Run.End))
	}
	for _, m := range f.Modules {
		fmt.Fprintf(&b, " %s@%s=%s", m.ID, m.Node, m.State)
	}
	for _, n := range f.Notes {
		fmt.Fprintf(&b, "\n- %s", n.Text)
	}
	return b.String()
}

func ago(t time.Time) int { return int(t.Sub(now()) / time.Second) }

func same(t *testing.T, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func fixture(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", "ns8", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
