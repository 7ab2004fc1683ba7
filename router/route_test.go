package router_test

import (
	"slices"
	"strings"
	"testing"

	"bellhop/internal/event"
	"bellhop/router"
)

func nightly() event.Event {
	return event.Event{
		Kind: event.KindBackup, Status: event.StatusOpen, Outcome: event.Partial, Severity: event.SeverityError,
		Plan: event.Plan{ID: "1", Name: "Nightly"},
		Modules: []event.Module{
			{ID: "mail1", Node: "1", State: event.StateOK},
			{ID: "samba1", Node: "2", State: event.StateFailed, Cause: event.CauseWrongPassword},
		},
		Alerts: []event.Alert{
			{Labels: map[string]string{"node": "1", "team": "ops", "outcome": "mine"}},
			{Labels: map[string]string{"team": "dev"}},
		},
	}
}

func TestR10RoutesChooseByMatchers(t *testing.T) {
	sinks := []string{"chat", "mail", "pager"}
	for name, c := range map[string]struct {
		routes []router.Route
		want   string
	}{
		"no routes":              {nil, "chat mail pager"},
		"first match wins":       {[]router.Route{{Match: []string{`outcome="PARTIAL"`}, Sinks: []string{"mail"}}, {Sinks: []string{"chat"}}}, "mail"},
		"unless it continues":    {[]router.Route{{Match: []string{`outcome="PARTIAL"`}, Sinks: []string{"mail"}, Continue: true}, {Sinks: []string{"chat", "mail"}}}, "mail chat"},
		"all matchers must hold": {[]router.Route{{Match: []string{`outcome="PARTIAL"`, `plan="2"`}, Sinks: []string{"mail"}}}, ""},
		"plan by id":             {[]router.Route{{Match: []string{`plan="1"`}, Sinks: []string{"mail"}}}, "mail"},
		"plan by name":           {[]router.Route{{Match: []string{`plan=~"Night.*"`}, Sinks: []string{"mail"}}}, "mail"},
		"a cause of a module":    {[]router.Route{{Match: []string{`cause="wrong_password"`}, Sinks: []string{"pager"}}}, "pager"},
		"the node that failed":   {[]router.Route{{Match: []string{`node="2"`}, Sinks: []string{"pager"}}}, "pager"},
		"not the alert's node":   {[]router.Route{{Match: []string{`node="1"`}, Sinks: []string{"pager"}}}, ""},
		"a label of any alert":   {[]router.Route{{Match: []string{`team="dev"`}, Sinks: []string{"pager"}}}, "pager"},
		"unless excluded":        {[]router.Route{{Match: []string{`team!="dev"`}, Sinks: []string{"pager"}}}, ""},
		"own words win":          {[]router.Route{{Match: []string{`outcome="mine"`}, Sinks: []string{"pager"}}}, ""},
		"absent is empty":        {[]router.Route{{Match: []string{`region=""`}, Sinks: []string{"pager"}}}, "pager"},
		"several in one string":  {[]router.Route{{Match: []string{`{kind="backup",severity=~"error|critical"}`}, Sinks: []string{"pager"}}}, "pager"},
	} {
		t.Run(name, func(t *testing.T) {
			table, faults := router.Compile(c.routes, sinks)
			if len(faults) > 0 {
				t.Fatal(faults)
			}
			if got := strings.Join(table.Sinks(nightly()), " "); got != c.want {
				t.Fatalf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestCompileNamesEachFault(t *testing.T) {
	_, faults := router.Compile([]router.Route{
		{Match: []string{"outcome is bad"}, Sinks: []string{"mail"}},
		{Match: []string{`a="b"`}, Sinks: []string{"mial"}},
		{},
	}, []string{"mail"})
	var keys []string
	for _, f := range faults {
		keys = append(keys, f.Key)
		if f.Text == "" || f.Remedy == "" {
			t.Errorf("%+v says too little", f)
		}
	}
	if want := []string{"0.match.0", "1.sinks.0", "2.sinks"}; !slices.Equal(keys, want) {
		t.Fatalf("got %v, want %v", keys, want)
	}
}
