package config

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
)

// decoder puts plain values into structs, strictly, and goes on after a fault.
// It is our own because of what a fault must be here: told with all others, by
// the key's place, without the value where that is a secret.
type decoder struct {
	*report
	dir string // of the file; other files' paths count from there
	// giveUpAfter is the queue's, for sinks that name no other.
	giveUpAfter time.Duration
}

// field is where a key's value goes.
type field struct {
	to   reflect.Value
	file bool // the key names a file that holds the value
}

// target makes a struct's fields settable.
func target(pointer any) reflect.Value { return reflect.ValueOf(pointer).Elem() }

// keysOf lists the keys that the structs understand, by their koanf tags. What
// has no tag is no setting; embedded structs give theirs.
func keysOf(structs ...reflect.Value) map[string]field {
	keys := make(map[string]field)
	for _, s := range structs {
		for i := range s.NumField() {
			f := s.Type().Field(i)
			name := f.Tag.Get("koanf")
			switch {
			case f.Anonymous && name == "":
				maps.Copy(keys, keysOf(s.Field(i)))
			case name == "" || name == "-":
			default:
				keys[name] = field{to: s.Field(i)}
				if isSecret(f.Type) {
					keys[name+fileSuffix] = field{to: s.Field(i), file: true}
				}
			}
		}
	}
	return keys
}

// keys decodes a mapping into the structs that share it.
func (d *decoder) keys(key string, v any, structs ...reflect.Value) {
	m, ok := v.(map[string]any)
	if !ok || isList(m) {
		d.wrong(key, v, "a mapping of keys")
		return
	}
	known := keysOf(structs...)
	for _, name := range sorted(m) {
		f, ok := known[name]
		switch {
		case !ok:
			d.unknown(join(key, name), name, sorted(known))
		case f.file:
			d.fromFile(key, name, m, f.to)
		default:
			d.value(join(key, name), m[name], f.to)
		}
	}
}

func (d *decoder) unknown(key, name string, known []string) {
	remedy := "the keys here are " + strings.Join(known, ", ")
	if best, ok := nearest(name, known); ok {
		remedy = fmt.Sprintf("did you mean %s?", best)
	}
	d.fault(key, "there is no such key", remedy)
}

// value decodes v, which may be of any shape, into to.
func (d *decoder) value(key string, v any, to reflect.Value) {
	if v == nil || d.scalar(key, v, to) {
		return
	}
	switch to.Kind() {
	case reflect.Struct:
		d.keys(key, v, to)
	case reflect.Map:
		d.mapping(key, v, to)
	case reflect.Slice:
		d.list(key, v, to)
	case reflect.Interface:
		to.Set(reflect.ValueOf(v))
	default:
		d.fault(key, "cannot be set, for its type is "+to.Type().String(), "")
	}
}

// mapping decodes a mapping whose keys are free, such as HTTP headers.
func (d *decoder) mapping(key string, v any, to reflect.Value) {
	m, ok := v.(map[string]any)
	if !ok || isList(m) {
		d.wrong(key, v, "a mapping")
		return
	}
	kind := to.Type().Elem()
	to.Set(reflect.MakeMap(to.Type()))
	for _, name := range sorted(m) {
		item := reflect.New(kind).Elem()
		base, isFile := strings.CutSuffix(name, fileSuffix)
		if isFile && isSecret(kind) {
			d.fromFile(key, name, m, item)
			name = base
		} else {
			d.value(join(key, name), m[name], item)
		}
		to.SetMapIndex(reflect.ValueOf(name), item)
	}
}

// list decodes a list, which replaces the one that was there.
func (d *decoder) list(key string, v any, to reflect.Value) {
	items, ok := listOf(v)
	if !ok {
		d.wrong(key, v, "a list, such as [a, b]")
		return
	}
	all := reflect.MakeSlice(to.Type(), len(items), len(items))
	for i, item := range items {
		path := join(key, strconv.Itoa(i))
		if item == nil {
			d.fault(path, "is empty", "take the line out or give a value")
		}
		d.value(path, item, all.Index(i))
	}
	to.Set(all)
}

// listOf accepts a list, a mapping by index (see [tree]) and, from the
// environment, text with commas.
func listOf(v any) ([]any, bool) {
	switch v := v.(type) {
	case []any:
		return v, true
	case text:
		return v.list(), true
	case map[string]any:
		if !isList(v) {
			return nil, false
		}
		all := make([]any, len(v))
		for i := range all {
			all[i] = v[strconv.Itoa(i)]
		}
		return all, true
	}
	return nil, false
}

// isList reports whether the keys of m are 0, 1, 2 and so on.
func isList(m map[string]any) bool {
	for i := range len(m) {
		if _, ok := m[strconv.Itoa(i)]; !ok {
			return false
		}
	}
	return len(m) > 0
}

// list splits at commas, but not inside double quotes, which stay: a matcher
// needs them.
func (t text) list() []any {
	var all []any
	quoted := false
	items := strings.FieldsFunc(string(t), func(c rune) bool {
		if c == '"' {
			quoted = !quoted
		}
		return c == ',' && !quoted
	})
	for _, item := range items {
		if item = strings.TrimSpace(item); item != "" {
			all = append(all, text(item))
		}
	}
	return all
}

func sorted[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
