package app_test

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"slices"
	"testing"
	"time"

	"bellhop/correlate/redistest"
	"bellhop/internal/farend"
)

// BenchmarkRoad measures the time from the POST to the far end's receipt, with
// wait_seconds 0: accept, fsync, look at a real Redis, event, queue, render, send.
// One alert after the other; p50 and p99 are in milliseconds.
func BenchmarkRoad(b *testing.B) {
	for name, open := range map[string]func(b *testing.B, heard func()) string{
		"webhook": func(b *testing.B, heard func()) string {
			return fmt.Sprintf("{type: webhook, rate: 10000/1s, burst: 10000, url: %q}", told(b, farend.NewWebhook(time.Now), heard))
		},
		"slack": func(b *testing.B, heard func()) string {
			url := told(b, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "application/json")
				fmt.Fprint(w, `{"ok":true,"channel":"C1","ts":"1.2"}`)
			}), heard)
			return fmt.Sprintf(`{type: slack, rate: 10000/1s, burst: 10000, token: %s, channel: "#backups", url: %q}`, slackToken, url+"/api/")
		},
		"pagerduty": func(b *testing.B, heard func()) string {
			url := told(b, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(http.StatusAccepted)
				fmt.Fprint(w, `{"status":"success","message":"Event processed","dedup_key":"x"}`)
			}), heard)
			return fmt.Sprintf("{type: pagerduty, verify: false, rate: 10000/1s, burst: 10000, routing_keys: [%s], url: %q}", routingKey, url)
		},
		"smtp": func(b *testing.B, heard func()) string {
			mail := farend.NewMail(time.Now)
			ln, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				b.Fatal(err)
			}
			go func() { _ = mail.Serve(ln) }()
			b.Cleanup(func() { _ = mail.Close() })
			watch(b, func() int { return len(mail.Letters()) }, heard)
			return fmt.Sprintf("{type: smtp, tls: none, rate: 10000/1s, burst: 10000, host: 127.0.0.1, port: %d, from: a@example.org, to: [b@example.org]}",
				ln.Addr().(*net.TCPAddr).Port)
		},
		"ns8-sendmail": func(b *testing.B, heard func()) string {
			dir := b.TempDir()
			watch(b, func() int { list, _ := os.ReadDir(dir); return len(list) }, heard)
			command := script(b, fmt.Sprintf("cat >/dev/null; : >%s/$$", dir))
			return fmt.Sprintf("{type: ns8-sendmail, rate: 10000/1s, burst: 10000, command: [%s], from: a@example.org, to: [b@example.org]}", command)
		},
	} {
		b.Run(name, func(b *testing.B) { benchmarkRoad(b, open) })
	}
}

func benchmarkRoad(b *testing.B, open func(b *testing.B, heard func()) string) {
	redis := redistest.Start(b)
	redis.Load(string(read(b, "node-partial.redis")), time.Now())
	arrived := make(chan time.Time, 1)
	sink := open(b, func() { arrived <- time.Now() })
	r := start(b, fmt.Sprintf(`
receiver: {port: 0}
correlator: {wait_seconds: 0}
redis: {address: %q}
queue: {path: %q}
sinks:
  one: %s
`, redis.Addr, b.TempDir(), sink))
	var took []time.Duration
	for n := 0; b.Loop(); n++ {
		body := fmt.Sprintf(`{"alerts":[{"status":"firing","labels":{"alertname":"BackupFailed","id":"b%d"}}]}`, n)
		began := time.Now()
		if code, answer := r.post([]byte(body)); code != http.StatusOK {
			b.Fatalf("got %d %s", code, answer)
		}
		took = append(took, (<-arrived).Sub(began))
	}
	slices.Sort(took)
	ms := func(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
	b.ReportMetric(ms(took[len(took)/2]), "p50-ms")
	b.ReportMetric(ms(took[len(took)*99/100]), "p99-ms")
}

// told serves h and tells when a request has come.
func told(b *testing.B, h http.Handler, heard func()) string {
	return open(b, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.ServeHTTP(w, r)
		heard()
	}))
}

// watch tells when count grows, of a far end that cannot tell by itself.
func watch(b *testing.B, count func() int, heard func()) {
	ended := make(chan struct{})
	b.Cleanup(func() { close(ended) })
	go func() {
		for seen := count(); ; time.Sleep(100 * time.Microsecond) {
			select {
			case <-ended:
				return
			default:
			}
			for ; seen < count(); seen++ {
				heard()
			}
		}
	}()
}
