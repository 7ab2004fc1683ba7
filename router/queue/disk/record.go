package disk

import (
	"encoding/json"
	"fmt"
	"time"

	"bellhop/router/queue"
)

// record is a job as it is stored: JSON, so that whoever opens the file with a
// tool can read it. A field may be added; one that changes its meaning takes
// another format.
type record struct {
	ID       string          `json:"id"`
	Lane     string          `json:"lane"`
	Key      string          `json:"key"`
	Due      time.Time       `json:"due"`
	Keep     bool            `json:"keep,omitempty"`
	Payload  []byte          `json:"payload,omitempty"`
	Seq      uint64          `json:"seq"`
	Put      time.Time       `json:"put"`
	Delay    time.Duration   `json:"delay"`
	State    queue.State     `json:"state"`
	Tries    int             `json:"tries,omitempty"`
	Attempts []queue.Attempt `json:"attempts,omitempty"`
	Begun    time.Time       `json:"begun,omitzero"`

	// Wake is Due by the engine's own clock.
	Wake time.Time `json:"wake"`
	// Heard: a past attempt was begun and not definitely refused.
	Heard bool `json:"heard,omitempty"`
	// Lost is how format 1 noted an attempt that began and never ended.
	Lost bool `json:"lost,omitempty"`

	Ended  time.Time `json:"ended,omitzero"`
	Reason string    `json:"reason,omitempty"`

	// Next is what was put under this id while the job was leased.
	Next *record `json:"next,omitempty"`
	// Former is the newest kept job of the same id before this one; 0: none.
	Former uint64 `json:"former,omitempty"`
}

// newRecord is a job as it was just put. Wall and own are the present time by
// the wall clock and by the engine's.
func newRecord(j queue.Job, seq uint64, wall, own time.Time) *record {
	r := &record{
		ID: j.ID, Lane: j.Lane, Key: j.Key, Keep: j.Keep, Payload: j.Payload,
		Seq: seq, Put: wall, State: queue.Queued,
	}
	r.wait(j.Due, wall, own)
	return r
}

// wait makes the job due at a time of the wall clock.
func (r *record) wait(due, wall, own time.Time) {
	ahead := due.Sub(wall)
	r.Due, r.Delay, r.Wake = due, max(ahead, 0), own.Add(ahead)
}

// hasten takes the due time of an other job when it is the earlier one.
func (r *record) hasten(o *record) {
	if o.Wake.Before(r.Wake) {
		r.Due, r.Delay, r.Wake = o.Due, o.Delay, o.Wake
	}
}

// cap lets the job wait no longer than it was asked to, whatever the clock did
// since it was stored (R21).
func (r *record) cap(own time.Time) (capped bool) {
	latest := own.Add(r.Delay)
	if !r.Wake.After(latest) {
		return false
	}
	r.Wake = latest
	return true
}

// note adds an attempt; beyond the bound, the oldest but the first goes.
func (r *record) note(a queue.Attempt) {
	r.Attempts = append(r.Attempts, a)
	if n := len(r.Attempts) - queue.MaxAttempts; n > 0 {
		r.Attempts = append(r.Attempts[:1], r.Attempts[1+n:]...)
	}
}

func (r *record) heard() bool { return r.Heard || r.Lost || !r.Begun.IsZero() }

func (r *record) job() queue.Job {
	return queue.Job{
		ID: r.ID, Lane: r.Lane, Key: r.Key, Due: r.Due, Keep: r.Keep, Payload: r.Payload,
		Seq: r.Seq, Put: r.Put, Delay: r.Delay, State: r.State, Tries: r.Tries,
		Attempts: r.Attempts, Begun: r.Begun, Heard: r.heard(), Ended: r.Ended, Reason: r.Reason,
	}
}

func decode(seq uint64, b []byte) (*record, error) {
	r := new(record)
	if err := json.Unmarshal(b, r); err != nil {
		return nil, fmt.Errorf("read job %d: %w", seq, err)
	}
	return r, nil
}
