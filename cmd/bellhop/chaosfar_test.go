package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"
)

// mood is how a far end behaves at a moment.
type mood int

const (
	well     mood = iota // 200
	busy                 // 429 with Retry-After
	busyMute             // 429 without
	broken               // 500
	hanging              // takes the request and never answers
	refusing             // nobody listens
	cutting              // takes the request and closes the connection
	moods                // how many there are
)

// moody is a far end with moods. It writes down all it hears.
type moody struct {
	name    string
	pager   bool // speaks as PagerDuty's Events API, else it is a web server
	address string

	mu     sync.Mutex
	mood   mood
	turned chan struct{} // closed when the mood changes
	life   int           // which life of bellhop this is
	heard  []hearing
	news   map[news]bool // that were answered with success
	conns  int
	server *http.Server
}

// news is what a plan's run came to.
type news struct{ plan, status, end string }

// hearing is one request.
type hearing struct {
	life     int
	delivery string
	plan     string
	event    string // empty in a pager's resolve
	status   string // of the event; a pager's action
	run      time.Time
	answered bool // with success
}

func (h hearing) news() news { return news{h.plan, h.status, h.run.UTC().String()} }

func newMoody(t *testing.T, name string, pager bool) *moody {
	f := &moody{name: name, pager: pager, turned: make(chan struct{}), news: make(map[news]bool)}
	t.Cleanup(func() { f.turn(t, refusing) })
	for range 100 { // below the ports that the system hands out, so that nobody takes it meanwhile
		f.address = fmt.Sprintf("127.0.0.1:%d", 10_000+rand.IntN(20_000))
		if ln, err := net.Listen("tcp", f.address); err == nil {
			f.serve(ln)
			return f
		}
	}
	t.Fatal("no port is free")
	return nil
}

func (f *moody) serve(ln net.Listener) {
	s := &http.Server{Handler: f, ConnState: func(_ net.Conn, s http.ConnState) { f.count(s) }}
	f.mu.Lock()
	f.server = s
	f.mu.Unlock()
	go func() { _ = s.Serve(ln) }()
}

func (f *moody) count(s http.ConnState) {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch s {
	case http.StateNew:
		f.conns++
	case http.StateClosed, http.StateHijacked:
		f.conns--
	}
}

// turn changes the mood.
func (f *moody) turn(t *testing.T, to mood) {
	f.mu.Lock()
	from, server := f.mood, f.server
	f.mood = to
	close(f.turned)
	f.turned = make(chan struct{})
	f.mu.Unlock()
	switch {
	case to == refusing && from != refusing:
		closeDoor(server)
	case to != refusing && from == refusing:
		ln, err := net.Listen("tcp", f.address)
		if err != nil {
			t.Errorf("open %s again: %v", f.name, err)
			return
		}
		f.serve(ln)
	}
}

// closeDoor refuses connections from now on, lets those that are being answered have
// their answer, and closes the rest.
func closeDoor(s *http.Server) {
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	if s.Shutdown(ctx) != nil {
		_ = s.Close()
	}
}

// next is told that bellhop was killed. It returns once nothing that the dead one
// sent is still being read.
func (f *moody) next(t *testing.T, life int) {
	waitFor(t, "the dead one's connections are closed", func() bool {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.life = life
		return f.conns == 0
	})
}

func (f *moody) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	text, err := io.ReadAll(r.Body)
	if err != nil {
		return // cut off midway: nothing was said
	}
	h, err := f.read(r, text)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	f.mu.Lock()
	now, turned := f.mood, f.turned
	h.life, h.answered = f.life, now == well
	f.heard = append(f.heard, h)
	if h.answered {
		f.news[h.news()] = true
	}
	f.mu.Unlock()
	f.answer(w, r, now, turned)
}

func (f *moody) answer(w http.ResponseWriter, r *http.Request, now mood, turned <-chan struct{}) {
	switch now {
	case well:
		w.WriteHeader(http.StatusAccepted)
		_, _ = fmt.Fprint(w, `{"status":"success","message":"Event processed","dedup_key":"x"}`)
	case busy:
		w.Header().Set("Retry-After", "1")
		w.WriteHeader(http.StatusTooManyRequests)
	case busyMute:
		w.WriteHeader(http.StatusTooManyRequests)
	case broken:
		w.WriteHeader(http.StatusInternalServerError)
	case hanging:
		select {
		case <-turned:
		case <-r.Context().Done():
		}
		panic(http.ErrAbortHandler)
	default:
		panic(http.ErrAbortHandler)
	}
}

// read takes from a request what the test goes by.
func (f *moody) read(r *http.Request, text []byte) (hearing, error) {
	if f.pager {
		var e struct {
			Action  string `json:"event_action"`
			Key     string `json:"dedup_key"`
			Payload struct {
				Details struct{ Event, Delivery string } `json:"custom_details"`
			}
		}
		err := json.Unmarshal(text, &e)
		d := e.Payload.Details
		return hearing{plan: e.Key, status: e.Action, event: d.Event, delivery: d.Delivery}, err
	}
	var e struct {
		ID, Status string
		Key        string `json:"dedup_key"`
		Run        struct{ End time.Time }
	}
	err := json.Unmarshal(text, &e)
	return hearing{plan: e.Key, status: e.Status, event: e.ID, delivery: r.Header.Get("X-Bellhop-Delivery"), run: e.Run.End}, err
}

// all returns what it has heard so far.
func (f *moody) all() []hearing {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.heard)
}

// knows tells whether it was told, and has answered well, of a run of a plan.
func (f *moody) knows(n news) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.news[n]
}
