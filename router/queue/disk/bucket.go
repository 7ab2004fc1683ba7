package disk

// bucket is one of the B+trees in the file. Its number stands in the journal, so
// it is never given to another one.
type bucket byte

// The buckets and what they hold. Numbers in keys are big-endian, names in keys
// bear their length in front, so that bytes sort as what they mean.
const (
	inMeta  bucket = iota // "format" → version, and where the journal stands
	inRows                // key → revision, checksum, value
	inJobs                // seq → checksum, record
	inIDs                 // id → seq of its newest job
	inOrder               // lane, key, seq → nothing; jobs that wait
	inDue                 // lane, time, seq → delay; the head of each key that waits
	inLanes               // lane, state, seq → time of putting; all jobs
	inCount               // lane → how many wait, how many are dead
	inBegun               // lane, time, seq → nothing; attempts of the last day
	buckets               // how many there are
)

// name is how the bucket is called in the file.
func (b bucket) name() string {
	return [...]string{"meta", "rows", "jobs", "ids", "order", "due", "lanes", "count", "begun"}[b]
}
