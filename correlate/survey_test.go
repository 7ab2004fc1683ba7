package correlate_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"bellhop/correlate"
	"bellhop/correlate/recorded"
)

// surveyed writes a survey on one line: plan, outcome and how long ago it ended.
func surveyed(t *testing.T, text, name string) string {
	t.Helper()
	s, err := recorded.New(text, now())
	if err != nil {
		t.Fatal(err)
	}
	all, err := correlate.New(s, correlate.DefaultConfig(), now).Survey(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	var said []string
	for _, l := range all {
		one := fmt.Sprintf("%s %s", l.Plan, l.Outcome)
		if !l.Newest.IsZero() {
			one += fmt.Sprintf(" %d", ago(l.Newest))
		}
		if !l.Enabled {
			one += " disabled"
		}
		said = append(said, one)
	}
	return strings.Join(said, ", ")
}

func TestR4ASurveyTellsOfEveryPlan(t *testing.T) {
	const more = `
HSET cluster/backup/2 name Weekly enabled 1 instances mail1
HSET node/1/backup_status/2 mail1 '{"start":@-90000,"end":@-89000,"errors":0,"total_size":7,"total_file_count":1}'
HSET cluster/backup/3 name Nightly enabled "" instances samba1
HSET cluster/backup/4/status result error timestamp @iso-100
HSET node/2/backup_status/3 samba1 '{"start":@-500,"end":@-400,"errors":1}'
HSET cluster/backup/5 name Never enabled 1 instances mail1
`
	all := state("1 mail1 -900 -800 1", "2 samba1 -900 -700 0", "2 webtop1 -700 -600 0") + more
	same(t, surveyed(t, all, ""), "1 PARTIAL -600, 2 SUCCESS -89000, 3 REPO_FAILURE -400 disabled, 4 REPO_FAILURE -100, 5 REPO_FAILURE")
	same(t, surveyed(t, all, "Nightly"), "1 PARTIAL -600, 3 REPO_FAILURE -400 disabled")
	same(t, surveyed(t, all, "Other"), "")
}

// away is a Redis that does not answer.
type away struct{}

func (away) Keys(context.Context, string) ([]string, error) {
	return nil, errors.New("connection refused")
}
func (away) Read(context.Context, ...correlate.Ask) ([]correlate.Value, error) {
	return nil, errors.New("connection refused")
}

func TestR4ASurveyOfARedisThatIsAwayIsAnError(t *testing.T) {
	c := correlate.New(away{}, correlate.DefaultConfig(), func() time.Time { return now() })
	for _, name := range []string{"", "Nightly"} {
		if _, err := c.Survey(t.Context(), name); err == nil {
			t.Errorf("of %q: no error", name)
		}
	}
}
