package config_test

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"bellhop/config"
	"bellhop/internal/retry"
	"bellhop/router"
)

const plainMail = "mail:\n  from: a@example.org\n  to: [b@example.org]\n"

// load loads text and expects no fault.
func load(t *testing.T, text string, environ ...string) (*config.Config, []string) {
	t.Helper()
	c, warnings, err := config.Load(write(t, text), environ, testKinds())
	if err != nil {
		t.Fatal(err)
	}
	return c, lines(warnings)
}

// refuse loads text and expects an error, which it returns without the file's path.
func refuse(t *testing.T, text string, environ ...string) string {
	t.Helper()
	file := write(t, text)
	c, _, err := config.Load(file, environ, testKinds())
	if err == nil || c != nil {
		t.Fatal("the settings were taken")
	}
	return strings.ReplaceAll(err.Error(), file, "F")
}

func write(t *testing.T, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "config.yml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func lines(problems []config.Problem) []string {
	var all []string
	for _, p := range problems {
		all = append(all, p.String())
	}
	return all
}

func sink(t *testing.T, c *config.Config, name string) config.Sink {
	t.Helper()
	for _, s := range c.Sinks {
		if s.Name == name {
			return s
		}
	}
	t.Fatalf("there is no sink %s", name)
	return config.Sink{}
}

func same(t *testing.T, what string, got, want any) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

func TestFileOfNs8BackupMonitorWorksAsItIs(t *testing.T) {
	const file = "testdata/good/ns8-backup-monitor.yml"
	c, warnings, err := config.Load(file, nil, testKinds())
	if err != nil {
		t.Fatal(err)
	}
	same(t, "host", c.Receiver.Host, "0.0.0.0")
	same(t, "wait", c.Correlator.Wait, 45*time.Second)
	same(t, "window", c.Correlator.RecentWindow, time.Hour)
	same(t, "probe", c.RepoCheck.Enabled, true)
	same(t, "timeout", c.RepoCheck.Timeout, time.Minute)
	same(t, "sinks", len(c.Sinks), 1)
	s := sink(t, c, "mail")
	same(t, "kind", s.Kind.Name, "ns8-sendmail")
	same(t, "mail", s.Settings.(*clusterSettings).mailSettings, mailSettings{
		From: "backup@example.org", To: []string{"admin@example.org", "ops@example.org"}, Prefix: "[NS8 Backup]",
	})
	same(t, "warnings", lines(warnings), []string{
		file + ":18: redis.socket: names a socket that is not there; 127.0.0.1:6379 is used instead: " +
			"leave it out: NethServer 8 has no Redis socket",
	})
}

func TestEveryTypeIsDecoded(t *testing.T) {
	c, warnings, err := config.Load("testdata/good/full.yml", nil, testKinds())
	if err != nil || len(warnings) > 0 {
		t.Fatal(err, warnings)
	}
	same(t, "no value", c.Receiver.ExternalURL, "")
	same(t, "default", c.Receiver.PlanLabels, []string{"backup_id", "id"})
	same(t, "wait", c.Correlator.Wait, time.Duration(0))
	same(t, "days", c.Correlator.MaxWait, 36*time.Hour)
	same(t, "quoted", c.Correlator.RecentWindow, 90*time.Second)
	same(t, "fraction", c.RepoCheck.Timeout, 1500*time.Millisecond)
	same(t, "list replaces the default", c.RepoCheck.Command, []string{"restic-here", "{{.Module}}"})
	same(t, "routes", c.Routes, []router.Route{
		{Match: []string{`outcome="REPO_FAILURE"`, `plan=~"1|2"`}, Sinks: []string{"Team-Chat", "hook"}, Continue: true},
		{Sinks: []string{"second"}},
	})
	var names []string
	for _, s := range c.Sinks {
		names = append(names, s.Name)
	}
	same(t, "order", names, []string{"Team-Chat", "hook", "odd", "second", "third"})
	same(t, "token", sink(t, c, "Team-Chat").Settings.(*slackSettings).Token.Reveal(), "xoxb 1")
	same(t, "alias", sink(t, c, "second").Settings.(*slackSettings).Channel, "#backups")
	same(t, "bool", sink(t, c, "second").Settings.(*slackSettings).Update, false)
	same(t, "bool's default", sink(t, c, "Team-Chat").Settings.(*slackSettings).Update, true)
	same(t, "secret address", sink(t, c, "third").Settings.(*slackSettings).Webhook.Reveal(), "https://chat.example.org/hooks/a1b2c3d4")
	hook := sink(t, c, "hook").Settings.(*hookSettings)
	same(t, "signing key", hook.HMAC.Reveal(), "signs-what-is-sent")
	headers := hook.Headers
	same(t, "header", headers["X-Team"].Reveal(), "ops")
	same(t, "dotted header", headers["X.Dotted"].Reveal(), "1")
	odd := sink(t, c, "odd").Settings.(*oddSettings)
	same(t, "nested secret", odd.Deep.Token.Reveal(), "t")
	same(t, "float", odd.Deep.Ratio, 2.0)
	same(t, "small", odd.Deep.Small, int8(-7))
	same(t, "numbers", odd.Ports, []int{1, 2})
}

// R13: a sink's pace is its kind's, unless the settings name another.
func TestR13PaceComesFromTheKindUnlessGiven(t *testing.T) {
	const slack = "sinks:\n  it:\n    type: slack\n    token: t\n"
	const pager = "sinks:\n  it:\n    type: pagerduty\n    routing_keys: [long]\n"
	for text, want := range map[string]retry.Limit{
		slack:                       {N: 1, Per: time.Second, Burst: 1},
		slack + "    rate: 60/1m\n": {N: 60, Per: time.Minute, Burst: 1},
		slack + "    rate: 60/90\n    burst: 60\n":      {N: 60, Per: 90 * time.Second, Burst: 60},
		slack + "    rate: \"3/1h30m\"\n    burst: 2\n": {N: 3, Per: 90 * time.Minute, Burst: 2},
		pager + "    rate: 2/1m\n":                      {N: 2, Per: time.Minute, Burst: 2},
	} {
		c, _ := load(t, text)
		same(t, text, sink(t, c, "it").Limit, want)
	}
	c, _ := load(t, "sinks:\n  odd:\n    type: odd\n    burst: 5\n")
	same(t, "no limit", sink(t, c, "odd").Limit, retry.Limit{Burst: 5})
}

func TestFilesThatAreNoFiles(t *testing.T) {
	large := write(t, strings.Repeat("# long\n", 200_000))
	folder := t.TempDir()
	for file, want := range map[string]string{
		"/nowhere/config.yml": "is not there: write it (`bellhop config example` prints one) or name another with --config",
		folder:                "is a folder: name the file in it",
		large:                 "is larger than 1048576 bytes: is it the right file?",
	} {
		_, _, err := config.Load(file, nil, testKinds())
		if err == nil || err.Error() != file+": "+want {
			t.Errorf("got %v, want %s: %s", err, file, want)
		}
	}
}
