package main

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"bellhop/correlate/redistest"
)

const (
	chaosKills   = 200
	chaosStories = 12
	chaosLoners  = 4
	chaosSinks   = 4               // webhooks with moods, beside the witness and a pager
	chaosSenders = 4               // how many messages of one sink are in the air at once
	chaosEnd     = 5 * time.Minute // until everything has arrived
	chaosSeed    = "BELLHOP_CHAOS_SEED"
)

// TestChaos kills bellhop at 200 random moments, of which some lie in its start,
// while alerts come in, incidents open, change and end, and its far ends answer 200,
// 429, 500, hang, refuse the connection and cut it. In the end all of them are well,
// and then every plan whose alert was answered 200 has been told to every sink, and
// each incident's latest state; nobody heard a newer event before an older one; and
// a message came again only when nobody had answered it, or when it was in the air
// as bellhop was killed.
func TestChaos(t *testing.T) {
	kills := chaosKills
	if testing.Short() {
		kills /= 10
	}
	w := newWorld(t)
	began := time.Now()
	ctx, cancel := context.WithTimeout(t.Context(), chaosEnd)
	defer cancel()
	calm, load := w.crowd(ctx)
	r := w.random(0)
	for life := range kills {
		w.live(life, r)
	}
	took := time.Since(began)
	calm()
	w.begin()
	w.listens()
	load.Wait()
	w.drain(ctx)
	w.kill(kills)
	s := w.judge()
	t.Logf("seed %d: %d kills in %v, then %v until all had arrived; %d alerts of %d plans accepted, %d requests heard, %d of them not answered well; "+
		"lost %d, order violations %d, said twice in one life %d, twice over a kill %d (at most %d can have been in the air), under two names %d",
		w.seed, kills, took.Round(time.Second), (time.Since(began) - took).Round(time.Second), w.accepted, len(w.told), s.heard, s.unanswered,
		s.lost, s.disorder, s.twice, s.again, s.air, s.renamed)
	if w.accepted < 3*kills || s.unanswered == 0 {
		t.Error("too little happened: the test shows nothing")
	}
}

// crowd lets alerts come in and far ends be moody. Calm ends the moods, and has the
// alerts end, which load waits for.
func (w *world) crowd(ctx context.Context) (calm func(), load *sync.WaitGroup) {
	load = new(sync.WaitGroup)
	ctx, cancel := context.WithCancel(ctx)
	busy, stop := context.WithCancel(ctx)
	var moods sync.WaitGroup
	for i := range chaosStories {
		r := w.random(uint64(100 + i))
		load.Go(func() { w.story(ctx, fmt.Sprint(i), r, busy.Done()) })
	}
	for i := range chaosLoners {
		load.Go(func() { w.loners(ctx, fmt.Sprint("lone-", i), w.random(uint64(1+i)), busy.Done()) })
	}
	for i, f := range w.fars[1:] {
		r := w.random(uint64(200 + i))
		moods.Go(func() { w.whims(f, r, busy.Done()) })
	}
	w.t.Cleanup(func() { // also when the test fails midway
		cancel()
		load.Wait()
		moods.Wait()
	})
	return func() {
		stop()
		moods.Wait()
		for _, f := range w.fars {
			f.turn(w.t, well)
		}
	}, load
}

// random is a source that depends on the seed and nothing else.
func (w *world) random(stream uint64) *rand.Rand { return rand.New(rand.NewPCG(w.seed, stream)) }

func newWorld(t *testing.T) *world {
	dir := t.TempDir()
	w := &world{
		t: t, seed: rand.Uint64(), file: filepath.Join(dir, "config.yml"), log: filepath.Join(dir, "log"),
		redis: redistest.Start(t), born: time.Now(), told: make(map[string]bool), client: &http.Client{Timeout: 20 * time.Second},
	}
	if text := os.Getenv(chaosSeed); text != "" {
		seed, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			t.Fatalf("%s: %v", chaosSeed, err)
		}
		w.seed = seed
	}
	t.Logf("%s=%d", chaosSeed, w.seed) // also when it fails midway
	w.redis.Load("SET cluster/uuid "+chaosCluster+"\nHSET cluster/module_node mail1 1\n", w.born)
	settings := fmt.Sprintf("receiver: {port: 0}\ncorrelator: {wait_seconds: 0, recent_window: 86400}\nredis: {address: %q}\n"+
		"repo_check: {enabled: false}\nqueue: {path: %q}\nsinks:\n", w.redis.Addr, filepath.Join(dir, "queue"))
	for i := range 1 + chaosSinks {
		f := newMoody(t, fmt.Sprintf("hook%d", i), false)
		w.fars = append(w.fars, f)
		settings += fmt.Sprintf("  %s: {type: webhook, url: \"http://%s/\", rate: 10000/1s, burst: 1000}\n", f.name, f.address)
	}
	pager := newMoody(t, "pager", true)
	w.fars = append(w.fars, pager)
	settings += fmt.Sprintf("  pager: {type: pagerduty, routing_keys: [0123456789abcdef0123456789abcdef], url: \"http://%s\", verify: false, rate: 10000/1s, burst: 1000}\n", pager.address)
	if err := os.WriteFile(w.file, []byte(settings), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if w.cmd != nil {
			_ = w.cmd.Process.Kill()
			_ = w.cmd.Wait()
		}
	})
	return w
}

// live is one life of bellhop, from its start to its kill. One in five ends while
// bellhop is still starting.
func (w *world) live(life int, r *rand.Rand) {
	w.begin()
	if r.IntN(5) > 0 {
		w.listens()
	}
	time.Sleep(time.Duration(20+r.IntN(280)) * time.Millisecond)
	w.kill(life)
}

var depth = regexp.MustCompile(`(?m)^bellhop_queue_depth\{.*\} ([0-9.e+]+)$`)

// drain waits until the witness has heard of every plan and nothing waits any more.
func (w *world) drain(ctx context.Context) {
	left := "nothing was read"
	for ctx.Err() == nil {
		resp, err := w.client.Get(w.url + "/metrics")
		if err != nil {
			w.t.Fatal(err)
		}
		text, err := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		if err != nil {
			w.t.Fatal(err)
		}
		waiting := 0.0
		lanes := depth.FindAllStringSubmatch(string(text), -1)
		for _, m := range lanes {
			n, err := strconv.ParseFloat(m[1], 64)
			if err != nil {
				w.t.Fatal(err)
			}
			waiting += n
		}
		unheard := w.unheard()
		if waiting == 0 && len(lanes) == len(w.fars) && unheard == 0 {
			return
		}
		left = fmt.Sprintf("%v wait in %d lanes, and the witness has not heard of %d plans", waiting, len(lanes), unheard)
		time.Sleep(50 * time.Millisecond)
	}
	w.t.Fatalf("not everything arrived within %v: %s\n%s", chaosEnd, left, tail(w.said()))
}

// unheard counts the plans that the witness has not heard of.
func (w *world) unheard() (n int) {
	known := latest(w.witness().all())
	w.mu.Lock()
	defer w.mu.Unlock()
	for plan := range w.told {
		if _, heard := known[plan]; !heard {
			n++
		}
	}
	return n
}

func tail(text string) string {
	lines := strings.SplitAfter(text, "\n")
	return strings.Join(lines[max(0, len(lines)-30):], "")
}
