//go:build linux

package bench

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"bellhop/correlate/redistest"
)

const (
	stormAlerts    = 1_000_000
	stormIncidents = 1_000
	stormNodes     = 4     // alerts of one plan that fire beside each other
	stormNights    = 5     // in each of them every plan's run fails anew
	stormPost      = 8_000 // alerts in one POST, below max_body_bytes
)

// storm posts a million alerts of a thousand incidents while all far ends refuse
// connections: a webhook, a pager and a chat. Five times meanwhile every plan's run
// fails anew, which is news. What waits in the end has to be as long as the number
// of incidents, not of alerts.
func storm(t *testing.T, bin string) []row {
	plans := numbers(0, stormIncidents)
	redis := redistest.Start(t)
	away := closedAddress(t)
	b := newBellhop(t, bin, fmt.Sprintf(`
correlator: {wait_seconds: 0}
redis: {address: %q}
sinks:
  hook: {type: webhook, url: "http://%s/"}
  pager: {type: pagerduty, routing_keys: [0123456789abcdef0123456789abcdef], url: "http://%s", verify: false}
  chat: {type: slack, token: xoxb-none, channel: "#backups", url: "http://%s/api/"}
`, redis.Addr, away, away, away))
	b.start()
	alerts := fewer(stormAlerts)
	began := time.Now()
	for night := range stormNights {
		redis.Load(failing(plans, 3000-night*300), time.Now())
		for sent := 0; sent < alerts/stormNights; sent += stormPost {
			b.post(stormBody(plans, night*alerts/stormNights+sent, min(stormPost, alerts/stormNights-sent), began))
		}
	}
	took := time.Since(began)
	waiting, since := b.steady()
	if open := b.metric("bellhop_incidents_open"); open != stormIncidents {
		t.Errorf("%d incidents are open, want %d", open, stormIncidents)
	}
	m := memoryOf(t, b.pid())
	return []row{{
		fmt.Sprintf("a storm: %s alerts of %s incidents, three sinks that refuse", grouped(alerts), grouped(stormIncidents)),
		"≤ 5 000 jobs wait",
		fmt.Sprintf("%s wait; accepted in %.0f s (%s/s), looked at after %.0f s; memory %s, at most %s",
			grouped(waiting), took.Seconds(), grouped(int(float64(alerts)/took.Seconds())), since.Sub(began).Seconds(), m, mb(m.peak)),
		waiting <= 5*stormIncidents,
	}}
}

// stormBody is a webhook of many alerts, one plan after the other, each alert newer
// than those before it.
func stormBody(plans []string, from, alerts int, base time.Time) []byte {
	var b strings.Builder
	b.WriteString(`{"version":"4","alerts":[`)
	for i := range alerts {
		n := from + i
		plan, node := plans[n%len(plans)], n/len(plans)%stormNodes+1
		starts := base.Add(time.Duration(n) * time.Microsecond).UTC().Format(time.RFC3339Nano)
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(alert("firing", plan, fmt.Sprint(node), starts, fmt.Sprintf("%s%08d", plan, node)))
	}
	b.WriteString(`]}`)
	return []byte(b.String())
}
