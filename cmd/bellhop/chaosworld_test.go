package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	osexec "os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"bellhop/correlate/redistest"
)

const chaosCluster = "5f1c7c0a-3f0e-4b36-9a56-2f4de0a7b0f1"

// dedupKey is by which far ends know a plan of the cluster.
func dedupKey(plan string) string { return "bellhop/" + chaosCluster + "/backup/" + plan }

// world is a bellhop that lives many short lives, its cluster and its far ends.
type world struct {
	t      *testing.T
	seed   uint64
	file   string // configuration
	log    string
	redis  *redistest.Server
	born   time.Time
	fars   []*moody // the first one is always well: the witness
	cmd    *osexec.Cmd
	client *http.Client

	mu       sync.Mutex
	url      string
	accepted int             // POSTs answered 200
	told     map[string]bool // plans of which an alert was answered 200; true: a pager hears of it, too
}

// witness is the far end that has no moods. What happens next waits for it, and so
// it knows what every incident came to in the end.
func (w *world) witness() *moody { return w.fars[0] }

// begin runs bellhop.
func (w *world) begin() {
	log, err := os.Create(w.log)
	if err != nil {
		w.t.Fatal(err)
	}
	defer func() { _ = log.Close() }()
	w.cmd = osexec.Command(os.Args[0], "--config", w.file, "serve")
	w.cmd.Env = append(os.Environ(), asProgram+"=yes")
	w.cmd.Stderr = log
	if err := w.cmd.Start(); err != nil {
		w.t.Fatal(err)
	}
}

// listens waits until bellhop says where it listens.
func (w *world) listens() {
	waitFor(w.t, "bellhop says where it listens", func() bool {
		m := addressInLog.FindStringSubmatch(w.said())
		if m != nil {
			w.mu.Lock()
			w.url = "http://" + m[1]
			w.mu.Unlock()
		}
		return m != nil
	})
}

func (w *world) said() string {
	text, err := os.ReadFile(w.log)
	if err != nil {
		w.t.Fatal(err)
	}
	return string(text)
}

// kill is SIGKILL. What bellhop said must not tell of a fault in bellhop itself.
func (w *world) kill(life int) {
	_ = w.cmd.Process.Kill()
	_ = w.cmd.Wait()
	w.mu.Lock()
	w.url = ""
	w.mu.Unlock()
	for _, word := range []string{"DATA RACE", "panic", "fatal error"} {
		if said := w.said(); strings.Contains(said, word) {
			w.t.Fatalf("life %d ended with a %s:\n%s", life, word, said)
		}
	}
	for _, f := range w.fars {
		f.next(w.t, life+1)
	}
}

// post sends an alert until it is answered 200, over however many lives; false when
// ctx ended before.
func (w *world) post(ctx context.Context, plan, status string, starts time.Time, paged bool) bool {
	text := fmt.Sprintf(`{"alerts":[{"status":%q,"labels":{"alertname":"BackupFailed","id":%q},"startsAt":%q}]}`,
		status, plan, starts.UTC().Format(time.RFC3339))
	for ; ctx.Err() == nil; time.Sleep(3 * time.Millisecond) {
		w.mu.Lock()
		url := w.url
		w.mu.Unlock()
		if url == "" {
			continue
		}
		resp, err := w.client.Post(url+"/alert", "application/json", strings.NewReader(text))
		if err != nil {
			continue
		}
		_ = resp.Body.Close()
		if resp.StatusCode == http.StatusOK {
			w.mu.Lock()
			w.accepted++
			w.told[dedupKey(plan)] = w.told[dedupKey(plan)] || paged
			w.mu.Unlock()
			return true
		}
	}
	return false
}

// run writes down a run of a plan in the cluster and returns its end. Runs of a plan
// are a minute apart, the first a good while ago.
func (w *world) run(plan string, number, faults int) time.Time {
	end := w.born.Add(-20*time.Hour + time.Duration(number)*time.Minute).UTC().Truncate(time.Second)
	ctx, pipe := context.Background(), w.redis.Admin.Pipeline()
	pipe.HSet(ctx, "cluster/backup/"+plan, "name", "Nightly "+plan, "enabled", "1", "instances", "mail1")
	pipe.HSet(ctx, "node/1/backup_status/"+plan, "mail1",
		fmt.Sprintf(`{"start":%d,"end":%d,"errors":%d,"total_file_count":9,"snapshots_count":1,"total_size":7}`, end.Unix()-30, end.Unix(), faults))
	if _, err := pipe.Exec(ctx); err != nil {
		w.t.Errorf("write the run of plan %s: %v", plan, err)
	}
	return end
}

// story lets a plan fail, be repeated, fail anew, and succeed, over and over, until
// stop is closed. Each step waits until the witness was told of the one before.
func (w *world) story(ctx context.Context, plan string, r *rand.Rand, stop <-chan struct{}) {
	for number := 1; ; {
		for _, step := range []struct {
			faults int
			status string
			wants  []string
		}{
			{1, "firing", []string{"open"}},
			{2, "firing", []string{"changed", "open"}},
			{0, "resolved", []string{"resolved"}},
		} {
			if ended(stop, r.IntN(60)) {
				return
			}
			end := w.run(plan, number, step.faults)
			number++
			for range 1 + r.IntN(2) { // the second is a repeat
				if !w.post(ctx, plan, step.status, end, true) {
					w.t.Errorf("the alert of plan %s was not accepted to the last", plan)
					return
				}
			}
			if !w.waits(ctx, plan, end, step.wants) {
				w.t.Errorf("plan %s: the witness never heard that it is %s", plan, step.wants[0])
				return
			}
		}
	}
}

// waits until the witness has heard of the run that ended then.
func (w *world) waits(ctx context.Context, plan string, end time.Time, wants []string) bool {
	for ; ctx.Err() == nil; time.Sleep(2 * time.Millisecond) {
		for _, status := range wants {
			if w.witness().knows(hearing{plan: dedupKey(plan), status: status, run: end}.news()) {
				return true
			}
		}
	}
	return false
}

// loners posts alerts of plans that are heard of once: most have succeeded after
// all, which is told to all but pagers, some are unknown to the cluster.
func (w *world) loners(ctx context.Context, name string, r *rand.Rand, stop <-chan struct{}) {
	for n := 0; ; n++ {
		if ended(stop, r.IntN(10)) {
			return
		}
		plan, unknown := fmt.Sprintf("%s-%d", name, n), r.IntN(20) == 0
		if !unknown {
			w.run(plan, 1000, 0)
		}
		if !w.post(ctx, plan, "firing", w.born, unknown) {
			return
		}
	}
}

// whims turns the moods of a far end until stop is closed.
func (w *world) whims(f *moody, r *rand.Rand, stop <-chan struct{}) {
	for {
		to := well
		if r.IntN(5) < 3 {
			to = mood(r.IntN(int(moods)))
		}
		f.turn(w.t, to)
		if ended(stop, 50+r.IntN(350)) {
			return
		}
	}
}

// ended waits so many milliseconds; true when stop was closed meanwhile.
func ended(stop <-chan struct{}, ms int) bool {
	select {
	case <-stop:
		return true
	case <-time.After(time.Duration(ms) * time.Millisecond):
		return false
	}
}
