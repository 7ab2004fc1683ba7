// Package farend holds stand-ins for the far ends: PagerDuty, Slack, ntfy, Gotify,
// a mail server and a web server, for tests and for the demonstration.
//
// The promise: a stand-in behaves as its vendor documents, refusals and limits
// included, so that what passes here has a chance there; where a page is silent
// the comment says what was chosen. It remembers what it was told and lets it be
// read. It can be made to fail: a [Fault] in its queue takes the place of the next
// answer, one that stays that of all of them; [Turns] and [Weather] make whole queues.
// Time is the clock that is handed in, and a [Line] leads to a stand-in without a port,
// so that a test can have all of it under a clock of its own. Nothing is kept on disk and nothing
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
	Status int  // 0: it was left without an answer
	Done   bool // the stand-in did its work on it, whatever became of the answer
	// Refused is true for a connection that was refused: nothing of the request was
	// heard, and the fields above but At are empty.
	Refused bool
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
	// Refuse refuses the connection, where a [Line] leads to the stand-in; what
	// comes in by another way is cut off.
	Refuse bool
}

// none reports whether a request is served as usual.
func (f Fault) none() bool { return f.Status == 0 && !f.Hang && !f.Cut && !f.Refuse }

// Door is what every stand-in that speaks HTTP has: a record of what came in and
// a queue of faults. Its methods may be called at any time.
type Door struct {
	now func() time.Time

	mu       sync.Mutex
	faults   []Fault
	stays    Fault
	requests []Request
}

// Inject queues faults; each is used up by one request.
func (d *Door) Inject(faults ...Fault) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.faults = append(d.faults, faults...)
}

// Stay has f take the place of every answer for which no fault is queued, until
// another one does; the zero Fault ends it.
func (d *Door) Stay(f Fault) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.stays = f
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
	done := f.Taken || f.none()
	if done {
		a = work(body)
	}
	if f.Status != 0 {
		a = answer{status: f.Status, header: f.Header, body: []byte(f.Body)}
	}
	if f.Hang || f.Cut || f.Refuse {
		a.status = 0
	}
	d.record(Request{At: d.now(), Path: r.URL.Path, Header: r.Header.Clone(), Body: body, Status: a.status, Done: done})
	if f.Hang {
		<-r.Context().Done()
	}
	if a.status == 0 {
		panic(http.ErrAbortHandler) // net/http's own way to close a connection
	}
	a.write(w)
}

// refuses reports whether the next connection is to be refused, and uses that
// fault up.
func (d *Door) refuses() bool {
	d.mu.Lock()
	refuse := d.stays.Refuse
	if len(d.faults) > 0 {
		refuse = d.faults[0].Refuse
	}
	d.mu.Unlock()
	if refuse {
		d.nextFault()
		d.record(Request{At: d.now(), Refused: true})
	}
	return refuse
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
		return d.stays
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
