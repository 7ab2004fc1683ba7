// Package recorded puts a written-down state of a cluster where its Redis would
// be: for a demonstration without NethServer 8, and for tests. The promise: a
// state is read as the real Redis would read it after the same commands; times in
// it are relative to a given now, so that a recorded night is always last night. A
// text that cannot be understood is an error that names the line.
//
// A text has a command on each line, as redis-cli takes it: SET key value, HSET
// key field value…, SADD key member…. Empty lines and lines that begin with # are
// passed over. @-600 stands for the epoch second 600 s before now, @iso-600 for
// the same moment in ISO 8601.
package recorded

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"bellhop/correlate"
)

// State is a recorded state. It does not change once made.
type State struct {
	strings map[string]string
	hashes  map[string]map[string]string
	sets    map[string][]string
}

var _ correlate.Store = (*State)(nil)

// errType is what Redis says of a key that holds something else than was asked for.
var errType = errors.New("WRONGTYPE Operation against a key holding the wrong kind of value")

// New makes a state of a text, with times relative to now.
func New(text string, now time.Time) (*State, error) {
	commands, err := Commands(text, now)
	if err != nil {
		return nil, err
	}
	s := &State{
		strings: make(map[string]string),
		hashes:  make(map[string]map[string]string),
		sets:    make(map[string][]string),
	}
	for _, c := range commands {
		s.apply(c)
	}
	return s, nil
}

// apply carries out a command that [Commands] has let through.
func (s *State) apply(c []string) {
	key, args := c[1], c[2:]
	switch c[0] {
	case "SET":
		s.strings[key] = args[0]
	case "SADD":
		s.sets[key] = append(s.sets[key], args...)
	case "HSET":
		if s.hashes[key] == nil {
			s.hashes[key] = make(map[string]string)
		}
		for pair := range slices.Chunk(args, 2) {
			s.hashes[key][pair[0]] = pair[1]
		}
	}
}

// Keys lists the keys that match the glob pattern.
func (s *State) Keys(_ context.Context, pattern string) ([]string, error) {
	glob, err := compile(pattern)
	if err != nil {
		return nil, fmt.Errorf("list keys %q of the recorded state: %w", pattern, err)
	}
	var keys []string
	for key := range s.all() {
		if glob.MatchString(key) {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return keys, nil
}

// Read answers as Redis would.
func (s *State) Read(_ context.Context, asks ...correlate.Ask) ([]correlate.Value, error) {
	values := make([]correlate.Value, len(asks))
	for i, a := range asks {
		values[i] = s.value(a)
	}
	return values, nil
}

func (s *State) value(a correlate.Ask) correlate.Value {
	text, isText := s.strings[a.Key]
	hash, isHash := s.hashes[a.Key]
	set, isSet := s.sets[a.Key]
	switch a.Want {
	case correlate.Text:
		return typed(correlate.Value{Text: text}, isHash || isSet)
	case correlate.Members:
		return typed(correlate.Value{Members: slices.Clone(set)}, isText || isHash)
	case correlate.Fields:
		hash = maps.Clone(hash)
		maps.DeleteFunc(hash, func(name, _ string) bool { return !slices.Contains(a.Fields, name) })
	}
	return typed(correlate.Value{Hash: maps.Clone(hash)}, isText || isSet)
}

func typed(v correlate.Value, wrong bool) correlate.Value {
	if wrong {
		return correlate.Value{Err: errType}
	}
	return v
}

func (s *State) all() map[string]bool {
	keys := make(map[string]bool)
	for key := range s.strings {
		keys[key] = true
	}
	for key := range s.hashes {
		keys[key] = true
	}
	for key := range s.sets {
		keys[key] = true
	}
	return keys
}

// compile turns the glob signs that correlate uses into a regular expression: a
// star, and a backslash before a character that is meant literally.
func compile(glob string) (*regexp.Regexp, error) {
	var b strings.Builder
	literal := false
	for _, c := range glob {
		switch {
		case !literal && c == '\\':
			literal = true
			continue
		case !literal && c == '*':
			b.WriteString(".*")
		default:
			b.WriteString(regexp.QuoteMeta(string(c)))
		}
		literal = false
	}
	return regexp.Compile("(?s)^" + b.String() + "$")
}
