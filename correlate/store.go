package correlate

import "context"

// Store is all that correlate needs of Redis, or of a recorded state in its place.
// An error means that nothing could be read; what concerns one key alone is in
// that key's [Value].
type Store interface {
	// Keys lists the keys that match a glob pattern of Redis, in which a backslash
	// takes the next character literally, each once, sorted.
	Keys(ctx context.Context, pattern string) ([]string, error)
	// Read asks everything in one go and answers in the order of the asking.
	Read(ctx context.Context, asks ...Ask) ([]Value, error)
}

// Want says what to read of a key.
type Want int

// What can be read.
const (
	Text    Want = iota // the string
	Fields              // the named fields of the hash
	Hash                // all fields of the hash; not for hashes that may hold a secret
	Members             // the members of the set
)

// Ask is one thing to read.
type Ask struct {
	Want   Want
	Key    string
	Fields []string // for Fields
}

// Value is what was read. A key that is not there is the zero value.
type Value struct {
	Text    string
	Hash    map[string]string // for Hash and Fields; only the fields that are there
	Members []string
	// Err says why this one key could not be read: it is of another type, or the
	// user may not read it.
	Err error
}

func text(key string) Ask    { return Ask{Want: Text, Key: key} }
func hash(key string) Ask    { return Ask{Want: Hash, Key: key} }
func members(key string) Ask { return Ask{Want: Members, Key: key} }
func fields(key string, names ...string) Ask {
	return Ask{Want: Fields, Key: key, Fields: names}
}
