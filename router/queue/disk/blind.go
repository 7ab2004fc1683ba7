package disk

import (
	"encoding/binary"
	"fmt"
	"time"

	"bellhop/router/queue"
)

// A blind step sets rows and puts jobs and asks nothing: whatever is there, it can
// be carried out. So it counts as done once it is in the journal, and goes into the
// store when somebody wants to see it, when its time has come, or when there is
// nothing else to do. That is what makes accepting cheap: a flood of alerts costs
// a line each, and is filed when they are looked at.

// blind tells whether a step asks nothing.
func blind(s queue.Step) bool {
	if len(s.Ends)+len(s.Guard)+len(s.Drop) > 0 {
		return false
	}
	for _, row := range s.Set {
		if row.Value == nil {
			return false
		}
	}
	return true
}

// blindStep is a blind step as it is meant at the moment at which it is written down.
type blindStep struct {
	rows []queue.Row
	jobs []*record
}

func newBlind(s queue.Step, wall, own time.Time) blindStep {
	b := blindStep{rows: s.Set, jobs: make([]*record, len(s.Put))}
	for i, j := range s.Put {
		b.jobs[i] = newRecord(j, 0, wall, own)
	}
	return b
}

func (s blindStep) append(b []byte) ([]byte, error) {
	b = binary.AppendUvarint(b, uint64(len(s.rows)))
	for _, row := range s.rows {
		b = appendText(appendText(b, row.Key), row.Value)
	}
	b = binary.AppendUvarint(b, uint64(len(s.jobs)))
	for _, r := range s.jobs {
		for _, text := range []string{r.ID, r.Lane, r.Key} {
			b = appendText(b, text)
		}
		b = appendText(b, r.Payload)
		b = append(b, flag(r.Keep))
		b = binary.AppendUvarint(b, uint64(r.Delay))
		for _, t := range []time.Time{r.Due, r.Put, r.Wake} {
			stamp, err := t.MarshalBinary()
			if err != nil {
				return nil, fmt.Errorf("%w: put job %.40q: %w", queue.ErrInvalid, r.ID, err)
			}
			b = appendText(b, stamp)
		}
	}
	return b, nil
}

func flag(set bool) byte {
	if set {
		return 1
	}
	return 0
}

// readBlind reads one of the steps that follow one another.
func readBlind(r *reader) blindStep {
	var s blindStep
	for n := r.number(); n > 0 && r.fault == nil; n-- {
		s.rows = append(s.rows, queue.Row{Key: string(r.text()), Value: r.text()})
	}
	for n := r.number(); n > 0 && r.fault == nil; n-- {
		j := &record{ID: string(r.text()), Lane: string(r.text()), Key: string(r.text()), State: queue.Queued}
		j.Payload = r.text()
		j.Keep = r.byte() != 0
		j.Delay = time.Duration(r.number())
		for _, t := range []*time.Time{&j.Due, &j.Put, &j.Wake} {
			if err := t.UnmarshalBinary(r.text()); err != nil && r.fault == nil {
				r.fault = err
			}
		}
		s.jobs = append(s.jobs, j)
	}
	return s
}

// splitBatch takes a batch apart: changes of the store, and blind steps that
// follow one another.
func splitBatch(payload []byte) (changes, blinds []byte, err error) {
	r := reader{rest: payload}
	changes = r.text()
	return changes, r.rest, r.fault
}

// splitFold takes a fold apart: where the blind steps end that it is of, and the
// changes of the store.
func splitFold(payload []byte) (upto int64, changes []byte, err error) {
	r := reader{rest: payload}
	upto = int64(r.number())
	return upto, r.rest, r.fault
}
