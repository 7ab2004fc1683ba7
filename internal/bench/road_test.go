//go:build linux

package bench

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"bellhop/correlate/redistest"
)

const (
	roadRounds = 3
	roadRound  = 6 * time.Second
	roadPace   = 20 // alerts a second
	roadLate   = 10 * time.Second
)

// road posts 20 alerts a second, each of its own plan, and takes the time until
// the far end has the message. It is compared with Alertmanager, without a wait
// and with each alert in a group of its own. bellhop looks at a real Redis on the
// way, and finds there a run that failed.
func road(t *testing.T, bin string) []row {
	far := newReceiver(t)
	n := int(brief(roadRound).Seconds() * roadPace)
	redis := redistest.Start(t)
	redis.Load(failing(numbers(0, n*roadRounds), 600), time.Now())
	b := newBellhop(t, bin, fmt.Sprintf("correlator: {wait_seconds: 0}\nredis: {address: %q}\nsinks: {hook: {type: webhook, rate: 10000/1s, burst: 10000, url: %q}}",
		redis.Addr, far.url))
	b.start()
	am := startAlertmanager(t, far.url)
	var ours, theirs []time.Duration
	for i := range roadRounds {
		first := i * n
		ours = append(ours, far.times(t, "http://"+b.address+"/alert", newBody([]byte(webhook())), first, n)...)
		theirs = append(theirs, far.times(t, am+"/api/v2/alerts", newBody([]byte(bareAlert())), first, n)...)
	}
	slices.Sort(ours)
	slices.Sort(theirs)
	line := func(name string, q float64) row {
		a, b := quantile(ours, q), quantile(theirs, q)
		return row{"POST to the far end's receipt, 20/s, " + name, "≤ Alertmanager's", fmt.Sprintf("%s, Alertmanager %s", ms(a), ms(b)), a <= b}
	}
	return []row{line("p50", 0.5), line("p99", 0.99)}
}

// bareAlert is an alert as Prometheus posts it.
func bareAlert() string {
	return `[{"labels":{"alertname":"BackupFailed","id":"88888888","name":"Nightly 88888888","node":"1","job":"node","instance":"10.5.4.1:9100","severity":"critical"},` +
		`"annotations":{"summary":"Backup 88888888 failed","summary_en":"Backup job has failed."},"generatorURL":"http://leader.example.org:9091/graph"}]`
}

// receiver is the far end: it notes when it heard of which plan.
type receiver struct {
	url string

	mu    sync.Mutex
	heard map[int]time.Time
	more  chan struct{} // has an element when something came
}

var planInBody = regexp.MustCompile(`"id":"(\d{8})"`)

func newReceiver(t *testing.T) *receiver {
	r := &receiver{heard: make(map[int]time.Time), more: make(chan struct{}, 1)}
	s := httptest.NewServer(r)
	t.Cleanup(s.Close)
	r.url = s.URL
	return r
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	text, err := io.ReadAll(req.Body)
	now := time.Now()
	found := planInBody.FindSubmatch(text)
	if err != nil || found == nil {
		http.Error(w, "no plan", http.StatusBadRequest)
		return
	}
	n, err := strconv.Atoi(string(found[1]))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	r.mu.Lock()
	if _, before := r.heard[n]; !before {
		r.heard[n] = now
	}
	r.mu.Unlock()
	select {
	case r.more <- struct{}{}:
	default:
	}
}

// times posts n alerts at the road's pace and returns how long each took.
func (r *receiver) times(t *testing.T, url string, b body, first, n int) []time.Duration {
	t.Helper()
	r.mu.Lock()
	clear(r.heard)
	r.mu.Unlock()
	posted := make([]time.Time, n)
	errs := make([]error, n)
	ticker := time.NewTicker(time.Second / roadPace)
	defer ticker.Stop()
	var wg sync.WaitGroup
	for i := range n {
		<-ticker.C
		text := bytes.Clone(b.number(first + i))
		wg.Go(func() {
			posted[i] = time.Now()
			errs[i] = postTo(url, text)
		})
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			t.Fatal(err)
		}
	}
	return r.since(t, posted, first)
}

// since waits until all were heard.
func (r *receiver) since(t *testing.T, posted []time.Time, first int) []time.Duration {
	t.Helper()
	late := time.After(roadLate)
	for {
		r.mu.Lock()
		if len(r.heard) == len(posted) {
			break
		}
		r.mu.Unlock()
		select {
		case <-r.more:
		case <-late:
			t.Fatalf("not all of %d alerts arrived within %v", len(posted), roadLate)
		}
	}
	defer r.mu.Unlock()
	var took []time.Duration
	for i, at := range posted {
		heard, ok := r.heard[first+i]
		if !ok {
			t.Fatalf("alert %d never arrived", first+i)
		}
		took = append(took, heard.Sub(at))
	}
	return took
}

func postTo(url string, text []byte) error {
	resp, err := http.Post(url, "application/json", bytes.NewReader(text))
	if err != nil {
		return err
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("POST %s: %s", url, resp.Status)
	}
	return nil
}
