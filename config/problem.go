package config

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"bellhop/internal/fault"
)

// Problem is something wrong, and where it stands.
type Problem struct {
	File     string // path of the file, as it was given
	Line     int    // from 1; 0: no line can be named
	Variable string // the variable that it came from; empty: the file
	fault.Fault
}

// String says it in one line: where, the key, what is wrong, what would be right.
func (p Problem) String() string {
	where := p.File
	switch {
	case p.Variable != "":
		where = p.Variable
	case p.Line > 0:
		where = fmt.Sprintf("%s:%d", p.File, p.Line)
	}
	parts := []string{where, p.Key, p.Text, p.Remedy}
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), ": ")
}

// Faults is every fault that was found, in the order of the file, those from
// the environment last.
type Faults []Problem

// Error gives one line a fault.
func (f Faults) Error() string {
	lines := make([]string, len(f))
	for i, p := range f {
		lines[i] = p.String()
	}
	return strings.Join(lines, "\n")
}

// place is where a key was given.
type place struct {
	line     int
	variable string
	key      string // the key that was given there, itself or one below it
}

// places holds the place of every key, and of those above it.
type places map[string]place

// of returns the place of key or of the file that holds it, else of the nearest
// one above it that has one.
func (ps places) of(key string) place {
	for k := key; k != ""; k = parent(k) {
		for _, k := range []string{k, k + fileSuffix} {
			if at, ok := ps[k]; ok {
				return at
			}
		}
	}
	return place{}
}

func parent(key string) string {
	dot := strings.LastIndexByte(key, '.')
	return key[:max(dot, 0)]
}

func join(key, name string) string {
	if key == "" {
		return name
	}
	if name == "" {
		return key
	}
	return key + "." + name
}

// report gathers what is wrong.
type report struct {
	file     string
	places   places
	faults   []Problem
	warnings []Problem
	told     []string // the keys of the faults
}

// problem puts a fault where its key stands. A variable says the key by its name.
func (r *report) problem(f fault.Fault) Problem {
	at := r.places.of(f.Key)
	if at.variable != "" && at.key == f.Key {
		f.Key = ""
	}
	return Problem{File: r.file, Line: at.line, Variable: at.variable, Fault: f}
}

func (r *report) fault(key, text, remedy string) {
	r.told = append(r.told, key)
	r.faults = append(r.faults, r.problem(fault.Fault{Key: key, Text: text, Remedy: remedy}))
}

// line is for a fault whose line is known better than its key.
func (r *report) line(line int, key, text, remedy string) {
	r.told = append(r.told, key)
	r.faults = append(r.faults, Problem{
		File: r.file, Line: line, Fault: fault.Fault{Key: key, Text: text, Remedy: remedy},
	})
}

func (r *report) warn(key, text, remedy string) {
	r.warnings = append(r.warnings, r.problem(fault.Fault{Key: key, Text: text, Remedy: remedy}))
}

// section adds what a room finds wrong with its section, but not what only
// follows from a fault that is told already: a list whose only entry was no text
// is not empty as well.
func (r *report) section(section string, faults []fault.Fault) {
	told := slices.Clone(r.told)
	for _, f := range faults {
		key := join(section, f.Key)
		if !slices.ContainsFunc(told, func(t string) bool { return follows(key, t) }) {
			r.fault(key, f.Text, f.Remedy)
		}
	}
}

// follows reports whether told is key, the file that holds it, or what stands
// above or below it.
func follows(key, told string) bool {
	return told == key || told == key+fileSuffix ||
		strings.HasPrefix(told, key+".") || strings.HasPrefix(key, told+".")
}

// err returns the faults in order.
func (r *report) err() error {
	slices.SortStableFunc(r.faults, func(a, b Problem) int {
		return cmp.Or(
			cmp.Compare(a.Variable, b.Variable),
			cmp.Compare(a.Line, b.Line),
			cmp.Compare(a.Key, b.Key),
		)
	})
	return Faults(r.faults)
}
