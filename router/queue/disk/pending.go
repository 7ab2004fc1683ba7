package disk

import (
	"hash/maphash"
	"strings"
	"time"

	"bellhop/router/queue"
)

// pending are the blind steps that are in the journal and not in the store. They
// are not kept in memory, however many they are: only where they stand, when the
// first job of each lane is due, and what they may touch.
type pending struct {
	from  int64 // where the first of them begins in the journal
	steps int
	lanes map[string]time.Time // the earliest time at which one of them may be due
	names filter
}

// reset begins anew: the next step begins at from, or behind.
func (p *pending) reset(from int64) {
	p.from, p.steps = from, 0
	clear(p.lanes)
	p.names.clear()
}

// add notes a blind step.
func (p *pending) add(s blindStep) {
	p.steps++
	if p.lanes == nil {
		p.lanes = make(map[string]time.Time)
	}
	for _, row := range s.rows {
		p.names.add(row.Key)
		for i := range len(row.Key) {
			if row.Key[i] == '/' {
				p.names.add(row.Key[:i+1])
			}
		}
	}
	for _, j := range s.jobs {
		p.names.add(jobName(j.ID))
		p.names.add(placeName(j.Lane, j.Key))
		if first, ok := p.lanes[j.Lane]; !ok || j.Wake.Before(first) {
			p.lanes[j.Lane] = j.Wake
		}
	}
}

// jobName tells a job's id from a row's key.
func jobName(id string) string { return "\x00" + id }

// placeName is where jobs wait for one another.
func placeName(lane, key string) string { return "\x01" + lane + "\x00" + key }

// wake is when the first job of a lane may be due; false: there is none.
func (p *pending) wake(lane string) (time.Time, bool) {
	t, ok := p.lanes[lane]
	return t, ok
}

// touchesRow tells whether one of the steps may set the row.
func (p *pending) touchesRow(key string) bool { return p.steps > 0 && p.names.has(key) }

// touchesRows tells whether one of the steps may set a row under prefix.
func (p *pending) touchesRows(prefix string) bool {
	return p.steps > 0 && (!strings.HasSuffix(prefix, "/") || p.names.has(prefix))
}

// touchesJob tells whether one of the steps may put the job.
func (p *pending) touchesJob(id string) bool { return p.steps > 0 && p.names.has(jobName(id)) }

// touchesJobs tells whether one of the steps may put a job that the query wants.
func (p *pending) touchesJobs(q queue.JobQuery) bool {
	if p.steps == 0 {
		return false
	}
	for lane := range p.lanes {
		if (q.Lane == "" || q.Lane == lane) && strings.HasPrefix(lane, q.Prefix) {
			return true
		}
	}
	return false
}

// touches tells whether it matters if a step comes before or after one of these.
func (p *pending) touches(s queue.Step) bool {
	if p.steps == 0 {
		return false
	}
	for _, rows := range [][]queue.Row{s.Guard, s.Set} {
		for _, row := range rows {
			if p.names.has(row.Key) {
				return true
			}
		}
	}
	for _, end := range s.Ends {
		if p.names.has(jobName(end.Lease.ID)) {
			return true
		}
	}
	for _, j := range s.Put {
		if p.names.has(jobName(j.ID)) || p.names.has(placeName(j.Lane, j.Key)) {
			return true
		}
	}
	for _, d := range s.Drop {
		if p.names.has(jobName(d.ID)) {
			return true
		}
	}
	return false
}

// filter is a Bloom filter: what was added is found, and seldom anything else.
type filter struct {
	bits []uint64
	seed maphash.Seed
	used []int // the words that are not zero, while they are few
}

// filterBits takes a MiB; of 400,000 names, one in a hundred others is taken for
// one of them, which costs a look.
const (
	filterBits = 1 << 23
	filterFew  = 1 << 12
)

func (f *filter) add(name string) {
	if f.bits == nil {
		f.bits, f.seed = make([]uint64, filterBits/64), maphash.MakeSeed()
	}
	for _, at := range f.places(name) {
		f.bits[at/64] |= 1 << (at % 64)
		if len(f.used) < filterFew {
			f.used = append(f.used, int(at/64))
		}
	}
}

// clear forgets everything and keeps the room.
func (f *filter) clear() {
	if len(f.used) == filterFew {
		clear(f.bits)
	}
	for _, word := range f.used {
		f.bits[word] = 0
	}
	f.used = f.used[:0]
}

func (f *filter) has(name string) bool {
	if f.bits == nil {
		return false
	}
	for _, at := range f.places(name) {
		if f.bits[at/64]&(1<<(at%64)) == 0 {
			return false
		}
	}
	return true
}

func (f *filter) places(name string) [2]uint64 {
	sum := maphash.String(f.seed, name)
	return [2]uint64{sum % filterBits, sum >> 32 % filterBits}
}
