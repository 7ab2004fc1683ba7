package config_test

import (
	"testing"
	"time"

	"bellhop/router"
)

func TestEnvironmentOverridesTheFile(t *testing.T) {
	file := plainMail + `
receiver: {port: 9100, alert_names: [A]}
sinks:
  Team-Chat: {type: slack, token: a, channel: "#a"}
routes:
  - {match: ['plan="1"'], sinks: [mail]}
  - sinks: [mail]
`
	c, warnings := load(t, file,
		"BELLHOP_RECEIVER__PORT=9200",
		"BELLHOP_RECEIVER__HOST=",
		"BELLHOP_RECEIVER__ALERT_NAMES=B, C,",
		"BELLHOP_CORRELATOR__WAIT_SECONDS=5",
		"BELLHOP_CORRELATOR__MAX_WAIT=3h",
		"BELLHOP_REPO_CHECK__ENABLED=false",
		"BELLHOP_MAIL__TO=c@example.org,d@example.org",
		"BELLHOP_MAIL__RATE=5/1m",
		"BELLHOP_SINKS__TEAM_CHAT__TOKEN=12345",
		"BELLHOP_SINKS__ONCALL__TYPE=pagerduty",
		"BELLHOP_SINKS__ONCALL__ROUTING_KEYS=long=key",
		"BELLHOP_SINKS__ODD__TYPE=odd",
		"BELLHOP_SINKS__ODD__DEEP__RATIO=1.5",
		"BELLHOP_SINKS__ODD__PORTS=7,8",
		`BELLHOP_ROUTES__0__MATCH=outcome="PARTIAL",plan=~"1{1,2}"`,
		"BELLHOP_ROUTES__1__SINKS=oncall,Team-Chat",
		"BELLHOP_ROUTES__1__CONTINUE=true",
		"BELLHOP_PORT=tcp://10.0.0.1:9099",
		"PATH=/bin", "BELLHOP", "NONSENSE",
	)
	same(t, "warnings", warnings, []string(nil))
	same(t, "port", c.Receiver.Port, 9200)
	same(t, "empty text", c.Receiver.Host, "")
	same(t, "list", c.Receiver.AlertNames, []string{"B", "C"})
	same(t, "seconds", c.Correlator.Wait, 5*time.Second)
	same(t, "duration", c.Correlator.MaxWait, 3*time.Hour)
	same(t, "bool", c.RepoCheck.Enabled, false)
	same(t, "mail", sink(t, c, "mail").Settings.(*clusterSettings).To, []string{"c@example.org", "d@example.org"})
	same(t, "rate", sink(t, c, "mail").Limit.N, 5)
	chat := sink(t, c, "Team-Chat").Settings.(*slackSettings)
	same(t, "token", chat.Token.Reveal(), "12345")
	same(t, "the rest of the sink", chat.Channel, "#a")
	same(t, "new sink", sink(t, c, "oncall").Settings.(*pagerSettings).Keys[0].Reveal(), "long=key")
	same(t, "float", sink(t, c, "odd").Settings.(*oddSettings).Deep.Ratio, 1.5)
	same(t, "numbers", sink(t, c, "odd").Settings.(*oddSettings).Ports, []int{7, 8})
	same(t, "routes", c.Routes, []router.Route{
		{Match: []string{`outcome="PARTIAL"`, `plan=~"1{1,2}"`}, Sinks: []string{"mail"}},
		{Sinks: []string{"oncall", "Team-Chat"}, Continue: true},
	})
}

func TestEnvironmentAloneIsEnough(t *testing.T) {
	c, _ := load(t, "# all by environment\n", "BELLHOP_MAIL__FROM=a@example.org", "BELLHOP_MAIL__TO=b@example.org")
	same(t, "from", sink(t, c, "mail").Settings.(*clusterSettings).From, "a@example.org")
}

func TestFaultsOfTheEnvironmentNameTheVariable(t *testing.T) {
	for _, c := range []struct{ variable, want string }{
		{"BELLHOP_RECEIVER__PORT=nine", "BELLHOP_RECEIVER__PORT: is text: give a whole number"},
		{"BELLHOP_RECEIVER__PORT=99999", "BELLHOP_RECEIVER__PORT: 99999 is no port: give a number from 1 to 65535, such as 9099"},
		{"BELLHOP_RECEIVER__PROT=1", "BELLHOP_RECEIVER__PROT: there is no such key: did you mean port?"},
		{"BELLHOP_RECEIVR__PORT=1", "BELLHOP_RECEIVR__PORT: receivr: there is no such key: did you mean receiver?"},
		{"BELLHOP_MAIL__TO=", "BELLHOP_MAIL__TO: is empty: give an address"},
		{"BELLHOP_MAIL__=1", "BELLHOP_MAIL__: has a level without a name: write BELLHOP_SECTION__KEY"},
		{"BELLHOP_SINKS__CHAT__CHANNEL=x", "BELLHOP_SINKS__CHAT__CHANNEL: sinks.chat.type: is not given: " +
			"the types are exec, ns8-sendmail, odd, pagerduty, slack, smtp, webhook"},
		{"BELLHOP_REDIS__PASSWORD_FILE=hunter2", "BELLHOP_REDIS__PASSWORD_FILE: the file is not there: " +
			"name a readable file that holds the secret alone"},
		{"BELLHOP_CORRELATOR__MAX_WAIT=long", `BELLHOP_CORRELATOR__MAX_WAIT: "long" is no duration: ` +
			"give 30s, 2h, 1d or a number of seconds"},
	} {
		same(t, c.variable, refuse(t, plainMail, c.variable), c.want)
	}
}

func TestVariablesThatCannotBothHold(t *testing.T) {
	got := refuse(t, plainMail, "BELLHOP_SINKS__CHAT__TYPE=slack", "BELLHOP_SINKS__CHAT__TOKEN=t", "BELLHOP_SINKS__CHAT=slack")
	same(t, "conflict", got[:len("BELLHOP_SINKS__CHAT: is set whole")], "BELLHOP_SINKS__CHAT: is set whole")
}

func TestOverriddenListIsNoLongerTheFilesFault(t *testing.T) {
	got := refuse(t, plainMail+"routes:\n  - sinks: [mail]\n", "BELLHOP_ROUTES__0__SINKS=pager")
	same(t, "place", got, `BELLHOP_ROUTES__0__SINKS: routes.0.sinks.0: there is no sink named "pager": name one of: mail`)
}

func TestSingleUnderscoreIsWarnedOf(t *testing.T) {
	_, warnings := load(t, plainMail, "BELLHOP_RECEIVER_PORT=9100", "BELLHOP_SERVICE_HOST=10.0.0.1")
	same(t, "warnings", warnings, []string{"BELLHOP_RECEIVER_PORT: sets nothing: did you mean BELLHOP_RECEIVER__PORT?"})
}
