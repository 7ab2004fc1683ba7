//go:build linux

package bench

import (
	"bytes"
	"fmt"
)

// mark stands where a number goes; it is as long as the numbers are.
const mark = "88888888"

// body is a request that is made once and then only numbered.
type body struct {
	bytes []byte
	at    []int // where the number stands
}

// newBody finds the marks in a text.
func newBody(text []byte) body {
	b := body{bytes: bytes.Clone(text)}
	for from := 0; ; {
		i := bytes.Index(text[from:], []byte(mark))
		if i < 0 {
			return b
		}
		b.at = append(b.at, from+i)
		from += i + len(mark)
	}
}

func (b body) clone() body { return body{bytes.Clone(b.bytes), b.at} }

// number makes the request the one of that number, below 100 million.
func (b body) number(n int) []byte {
	var digits [len(mark)]byte
	for i := len(digits) - 1; i >= 0; i-- {
		digits[i] = byte('0' + n%10)
		n /= 10
	}
	for _, at := range b.at {
		copy(b.bytes[at:], digits[:])
	}
	return b.bytes
}

// post is a whole request over a connection that is kept.
func post(path, text string) []byte {
	return fmt.Appendf(nil, "POST %s HTTP/1.1\r\nHost: bellhop\r\nUser-Agent: Alertmanager/0.25.0\r\n"+
		"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", path, len(text), text)
}

// webhook is what Alertmanager posts for one alert of plan 88888888, 1.5 KB.
func webhook() string {
	return `{"receiver":"bellhop","status":"firing","alerts":[` + alert("firing", "88888888", "1", "2026-11-03T02:10:00Z", "8888888888888888") +
		`],"groupLabels":{"alertname":"BackupFailed","id":"88888888"},"commonLabels":{"alertname":"BackupFailed","id":"88888888","name":"Nightly 88888888","node":"1","job":"node","instance":"10.5.4.1:9100","severity":"critical"},` +
		`"commonAnnotations":{"summary":"Backup 88888888 failed","summary_en":"Backup job has failed.","summary_it":"Il backup pianificato non è stato completato.","description":"The scheduled backup Nightly 88888888 has reported errors on node 1. Look at the backup page of the cluster's administration for the module that failed, and at its log. The run before this one succeeded. Until the next run has succeeded, the newest snapshot is the one of the day before; keep that in mind before anything is removed, and before a core or a module is updated.","runbook":"http://docs.example.org/backup/failed"},` +
		`"externalURL":"http://leader.example.org:9093","version":"4","groupKey":"{}/{alertname=~\"BackupFailed|backup_failed\"}:{alertname=\"BackupFailed\", id=\"88888888\"}","truncatedAlerts":0}`
}

// alert is one alert of a webhook.
func alert(status, plan, node, starts, fingerprint string) string {
	return `{"status":"` + status + `","labels":{"alertname":"BackupFailed","id":"` + plan + `","name":"Nightly ` + plan + `","node":"` + node +
		`","job":"node","instance":"10.5.4.1:9100","severity":"critical"},"annotations":{"summary":"Backup ` + plan + ` failed","summary_en":"Backup job has failed."},` +
		`"startsAt":"` + starts + `","endsAt":"0001-01-01T00:00:00Z","generatorURL":"http://leader.example.org:9091/graph?g0.expr=node_backup_status","fingerprint":"` + fingerprint + `"}`
}
