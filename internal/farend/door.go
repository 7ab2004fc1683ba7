// Package farend holds stand-ins for the far ends: PagerDuty, Slack, a mail
// server and a web server, for tests and for the demonstration.
//
// The promise: a stand-in behaves as its vendor documents, refusals and limits
// included, so that what passes here has a chance there; where a page is silent
// the comment says what was chosen. It remembers what it was told and lets it be
// read. It can be made to fail: a [Fault] in its queue takes the place of the next
// answer. Time is the clock that is handed in. Nothing is kept on disk and nothing
// is ever sent on; memory grows with every request, so a stand-in is for an hour,
// not for a year.
package farend

import (
	"io"
	"net/http"
	"slices"
	"sync"
	"time"
)

// maxRequest is more than any far end here takes.
const maxRequest = 4 << 20

// Request is one request and how it was answered.
type Request struct {
	At     time.Time
	Path   string
	Header http.Header
	Body   []byte
	Status int // 0: it was left without an answer
}

// Fault takes the place of one answer. The zero Fault is none: the request is
// served as usual.
type Fault struct {
	// Status answers with this code, Header and Body instead of doing the work.
	Status int
	Header http.Header
	Body   string
	// Hang leaves the caller without an answer until it goes away.
	Hang bool
	// Cut closes the connection without an answer.
	Cut bool
	// Taken does the work first, so that Hang and Cut only lose the answer.
	Taken bool
}

// Door is what every stand-in that speaks HTTP has: a record of what came in and
// a queue of faults. Its methods may be called at any time.
type Door struct {
	now func() time.Time

	mu       sync.Mutex
	faults   []Fault
	requests []Request
}

// Inject queues faults; each is used up by one request.
func (d *Door) Inject(faults ...Fault) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.faults = append(d.faults, faults...)
}

// Requests returns all requests so far, the oldest first.
func (d *Door) Requests() []Request {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.requests)
}

// answer is what a stand-in says.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// serve reads the request, lets a queued fault or work answer it, and records both.
func (d *Door) serve(w http.ResponseWriter, r *http.Request, work func(body []byte) answer) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequest))
	if err != nil {
		w.WriteHeader(http.StatusRequestEntityTooLarge)
		return
	}
	f := d.nextFault()
	var a answer
	if f.Taken || f.Status == 0 && !f.Hang && !f.Cut {
		a = work(body)
	}
	if f.Status != 0 {
		a = answer{status: f.Status, header: f.Header, body: []byte(f.Body)}
	}
	if f.Hang || f.Cut {
		a.status = 0
	}
	d.record(Request{At: d.now(), Path: r.URL.Path, Header: r.Header.Clone(), Body: body, Status: a.status})
	if f.Hang {
		<-r.Context().Done()
	}
	if a.status == 0 {
		panic(http.ErrAbortHandler) // net/http's own way to close a connection
	}
	a.write(w)
}

func (a answer) write(w http.ResponseWriter) {
	for name, values := range a.header {
		w.Header()[http.CanonicalHeaderKey(name)] = values
	}
	w.WriteHeader(a.status)
	_, _ = w.Write(a.body) // a caller that went away is its own fault
}

func (d *Door) nextFault() Fault {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.faults) == 0 {
		return Fault{}
	}
	f := d.faults[0]
	d.faults = d.faults[1:]
	return f
}

func (d *Door) record(r Request) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.requests = append(d.requests, r)
}
