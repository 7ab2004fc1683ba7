// Package queue holds the contract of the engine that keeps everything bellhop
// must not forget, and the pump that works a lane off.
//
// The promise: what a step changed is on disk when [Engine.Do] returns nil, whole
// or not at all; a kill at any moment loses none of it. A job goes out at least
// once; jobs of one key go out one at a time and in the order in which they were
// put; jobs of different keys do not wait for each other. The engine knows
// neither events nor sinks: payloads and rows are bytes.
//
// When the disk fails, Do returns the error and nothing of the step has happened,
// as far as anybody can see later. When the process dies, what was leased is
// leased again after the start, and [Lease.Begun] tells which jobs a far end may
// have heard.
package queue

import (
	"context"
	"errors"
	"time"
)

// The errors of an engine that a caller can act upon.
var (
	// ErrChanged: a guarded row has another revision, or a job to be dropped is
	// leased, heard of or gone. Nothing happened; look again and decide anew.
	ErrChanged = errors.New("changed meanwhile")
	// ErrLeaseLost: the lease expired and the job is no longer the caller's.
	// Nothing happened.
	ErrLeaseLost = errors.New("lease lost")
	// ErrInvalid: the step can never be carried out, such as one that puts a job
	// without an id. Nothing happened; trying again does not help.
	ErrInvalid = errors.New("invalid step")
	// ErrClosed: the engine was closed.
	ErrClosed = errors.New("queue closed")
)

// LeaseFor is how long a lease runs in an engine that was not told otherwise.
const LeaseFor = time.Minute

// Engine keeps jobs and rows. All methods may be called at the same time.
type Engine interface {
	// Do carries out a step: all of it, durably, before it returns nil; none of
	// it when it returns an error. Steps happen one after another.
	Do(ctx context.Context, s Step) error

	// Lease hands out at most n jobs of the lane that are due, at most one a key,
	// the one due longest first. It does not wait: none due is an empty answer.
	// A lease that is neither ended nor extended in time expires, and the job may
	// be leased again.
	Lease(ctx context.Context, lane string, n int) ([]Lease, error)

	// Wait returns nil when a job of the lane may be leased, or ctx's error. It
	// costs nothing while it waits.
	Wait(ctx context.Context, lane string) error

	// Begin notes durably that the far end may hear of the job from now on. It
	// also counts as Extend.
	Begin(ctx context.Context, l Lease) error

	// Extend lets the lease run for its full time again. ErrLeaseLost when it has
	// expired and was given to somebody else.
	Extend(ctx context.Context, l Lease) error

	// Get returns the row of that key; a row that is not there has revision 0.
	Get(ctx context.Context, key string) (Row, error)

	// Scan lists rows by key.
	Scan(ctx context.Context, q RowQuery) ([]Row, error)

	// Jobs lists jobs, ended ones that are kept included.
	Jobs(ctx context.Context, q JobQuery) ([]Job, error)

	// Lanes tells, by name, of the lanes that begin with prefix and hold a job
	// that waits or was set aside. What it costs grows with the number of lanes,
	// not with what is in them.
	Lanes(ctx context.Context, prefix string) ([]Stats, error)

	// Prune forgets at most n ended jobs that were put before a time, the oldest
	// of each lane and state first, and returns how many. Jobs that wait stay.
	Prune(ctx context.Context, before time.Time, n int) (int, error)

	// Usage tells what room the queue takes and has.
	Usage(ctx context.Context) (Usage, error)

	// Close ends all waiting with ErrClosed and gives the storage back.
	Close() error
}

// Step is a set of changes that happen at once.
type Step struct {
	Ends  []End  // leases that end
	Guard []Row  // rows that must still be at this revision (0: not there), else ErrChanged; only Key and Rev count
	Set   []Row  // rows to write, whatever their revision; a nil Value removes the row, but only at this revision when Rev is not 0 (a newer one stays, without an error)
	Put   []Job  // jobs to add or to join
	Drop  []Drop // jobs that end without a turn of their own
}

// Drop ends a job that nobody works on. By To it must be, else ErrChanged:
//
//   - Superseded: waiting, neither leased nor heard;
//   - Dead: waiting and not leased;
//   - Dropped: dead.
//
// The record of one that becomes Superseded stays only when the job is kept; the
// others stay.
type Drop struct {
	ID     string
	To     State
	Reason string // for the record; see Job.Reason
}

// Row is a named value. Its revision grows with every write.
type Row struct {
	Key   string
	Rev   uint64
	Value []byte
}

// RowQuery selects rows in the order of their keys.
type RowQuery struct {
	Prefix string
	After  string // only keys beyond this one, in the direction of the walk; empty: from the start
	Limit  int    // at most so many; 0: no limit
	Desc   bool   // last key first
}

// State is where a job stands.
type State string

// The states of a job. Only Queued jobs go out.
const (
	Queued     State = "queued"     // waits, or is being worked on
	Sent       State = "sent"       // ended well
	Dead       State = "dead"       // set aside; Reason says why
	Superseded State = "superseded" // something newer took its place before anybody heard of it
	Dropped    State = "dropped"    // was dead, and a person let it go
	Skipped    State = "skipped"    // there was nothing to do; Reason says why
)

// Job is a piece of work. Whoever puts it fills in ID, Lane, Key, Due, Keep
// and Payload; the engine fills in the rest.
type Job struct {
	// ID names the job. Putting an id that waits joins it: the earlier due time
	// wins, the rest of the waiting job stays. Putting one that is leased has it
	// done once more, as a new job of that id, when its present turn is
	// acked or buried (an Again simply takes the earlier time). Putting one
	// whose ended record is kept changes nothing: what was said is not said again.
	ID   string
	Lane string
	Key  string // jobs of one lane and key are worked off in the order they were put
	// Due is the time before which the job is not leased.
	Due time.Time
	// Keep keeps a record of the job after its end, for Jobs.
	Keep    bool
	Payload []byte

	Seq   uint64        // order of putting within a lane and key; over all, of filing
	Put   time.Time     // when it was put
	Delay time.Duration // Due as it was asked for, counted from then; a jump of the clock never makes a wait longer
	State State
	// Tries counts the Again ends that were failures; see End.
	Tries    int
	Attempts []Attempt // oldest first, the last MaxAttempts of them
	Begun    time.Time // the begun attempt that has no end yet; zero when there is none
	// Heard is true when an attempt was begun whose answer was not a definite
	// refusal (End.Refused), or whose end is not on record: a far end may know of
	// this job. On a lease, it speaks of earlier attempts.
	Heard bool
	Ended time.Time // when it left its lane; zero while it waits
	// Reason says why it ended as it did where the state alone does not tell: the
	// error it died of, what took its place, who let it go.
	Reason string
}

// MaxAttempts is how many attempts a job's record keeps: the first one and the
// newest others.
const MaxAttempts = 20

// Attempt is what became of one try.
type Attempt struct {
	At     time.Time     `json:"at"`
	Took   time.Duration `json:"took"`
	Status string        `json:"status"` // the far end's answer, or "" when there was none
	Error  string        `json:"error,omitempty"`
	// Deferred is true when the far end has definitely not taken it for now, and asks for
	// nothing but that it comes later.
	Deferred bool `json:"deferred,omitempty"`
}

// Lease is a job that the holder alone works on until it ends or expires.
type Lease struct {
	Job
	// Token tells this lease from a later one of the same job.
	Token uint64
}

// Verb says how a lease ends.
type Verb int

// The ends of a lease.
const (
	Ack   Verb = iota // done: state Sent, or gone when the job is not kept
	Again             // not yet: back into the lane, due at End.Due
	Bury              // never: state Dead, kept whatever Keep says, for the attempt's error
	Pass              // nothing to do: state Skipped, or gone when the job is not kept, for the attempt's status
)

// End ends a lease.
type End struct {
	Lease Lease
	Verb  Verb
	Due   time.Time // for Again
	// Failed counts an Again as a failed try (Job.Tries).
	Failed bool
	// Refused says that the far end has definitely not taken what this attempt
	// brought, so that the attempt does not count as heard.
	Refused bool
	// Attempt is added to the job's record; nil when there was none worth noting.
	Attempt *Attempt
}

// JobQuery selects jobs, newest put first unless it says Oldest.
type JobQuery struct {
	ID     string // only of this id: the one that waits and, where they are kept, former ones
	Lane   string // only of this lane; empty: of every lane
	Key    string // only of this key, of those that wait; goes with Lane; empty: of any
	Prefix string // only of lanes that begin so
	State  State  // only in this state; empty: in any
	// Since selects those an attempt of which began then or later, at most a day ago;
	// goes with Lane. Zero: whenever, or never.
	Since  time.Time
	Oldest bool   // oldest put first
	After  uint64 // only jobs beyond this Seq, in the direction of the walk; 0: from its start
	Limit  int    // at most so many; 0: no limit
}

// Stats is what a lane holds; jobs that are leased wait, too.
type Stats struct {
	Lane   string
	Depth  int       // how many wait
	Oldest time.Time // when the oldest of them was put; zero when none waits
	Dead   int       // how many were set aside
}

// Usage is room on the disk, in bytes.
type Usage struct {
	Used int64 // by jobs and rows
	Free int64 // what is left for more of them
}
