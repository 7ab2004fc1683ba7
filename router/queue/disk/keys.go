package disk

import (
	"encoding/binary"
	"math"
	"time"

	"bellhop/router/queue"
)

// The keys of the meta bucket.
var (
	keyFormat  = []byte("format")
	keyJournal = []byte("journal")
)

// maxName is how long, in bytes, an id, a lane or a key may be; a row's key may
// be as long. Two of them fit into bbolt's 32 KiB for a key.
const maxName = 8 << 10

func number(n uint64) []byte { return binary.BigEndian.AppendUint64(nil, n) }

func name(b []byte, s string) []byte {
	return append(binary.BigEndian.AppendUint16(b, uint16(len(s))), s...)
}

// seqOf is the number at the end of a key.
func seqOf(key []byte) uint64 { return binary.BigEndian.Uint64(key[len(key)-8:]) }

func keyPrefix(lane, key string) []byte { return name(name(nil, lane), key) }

func orderKey(lane, key string, seq uint64) []byte {
	return append(keyPrefix(lane, key), number(seq)...)
}

func duePrefix(lane string) []byte { return name(nil, lane) }

func dueKey(lane string, at time.Time, seq uint64) []byte {
	return append(append(duePrefix(lane), number(nanos(at))...), number(seq)...)
}

// begunFor is how long it is known when an attempt began.
const begunFor = 25 * time.Hour

func begunKey(lane string, at time.Time, seq uint64) []byte { return dueKey(lane, at, seq) }

// dueOf reads the time out of a key of the due bucket.
func dueOf(key []byte) time.Time {
	return time.Unix(0, int64(binary.BigEndian.Uint64(key[len(key)-16:])))
}

func lanePrefix(lane string, s queue.State) []byte { return append(name(nil, lane), letter(s)) }

func laneKey(lane string, s queue.State, seq uint64) []byte {
	return append(lanePrefix(lane, s), number(seq)...)
}

// states lists every state of a job.
func states() []queue.State {
	return []queue.State{queue.Queued, queue.Sent, queue.Dead, queue.Superseded, queue.Dropped, queue.Skipped}
}

func letter(s queue.State) byte {
	switch s {
	case queue.Queued:
		return 'q'
	case queue.Sent:
		return 's'
	case queue.Dead:
		return 'd'
	case queue.Dropped:
		return 'o'
	case queue.Skipped:
		return 'n'
	}
	return 'x'
}

// nanos are nanoseconds since 1970, for times that have any: earlier ones are
// due at once and those beyond the year 2262 never.
func nanos(t time.Time) uint64 {
	switch {
	case t.Year() < 1970:
		return 0
	case t.Year() > 2261:
		return math.MaxInt64
	}
	return uint64(max(t.UnixNano(), 0))
}
