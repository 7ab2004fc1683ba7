package config

import (
	"slices"
	"strings"

	"github.com/knadh/koanf/providers/confmap"
	"github.com/knadh/koanf/providers/env/v2"
	"github.com/knadh/koanf/v2"

	"bellhop/internal/fault"
)

const (
	prefix = "BELLHOP_"
	deeper = "__" // stands between the levels of a variable's name
	dot    = "."
)

// text is a value from the environment. It may become a number, a list and
// whatever else its key wants.
type text string

// merge lays the variables over the tree of the file.
func merge(tree map[string]any, environ []string, r *report) map[string]any {
	k := koanf.New(dot)
	layer := env.Provider(dot, env.Opt{
		Prefix:        prefix,
		EnvironFunc:   func() []string { return variables(tree, environ, r) },
		TransformFunc: func(name, value string) (string, any) { return keyOf(name, tree), text(value) },
	})
	for _, p := range []koanf.Provider{confmap.Provider(tree, ""), layer} {
		if err := k.Load(p, nil); err != nil {
			r.fault("", err.Error(), "")
		}
	}
	return k.Raw()
}

// variables picks those that are settings: with a level in their name. Others
// that begin like ours belong to somebody else, such as a container's links.
func variables(tree map[string]any, environ []string, r *report) []string {
	var ours []string
	for _, v := range environ {
		name, _, _ := strings.Cut(v, "=")
		switch {
		case !strings.HasPrefix(name, prefix):
		case strings.Contains(name, deeper):
			ours = append(ours, v)
		default:
			warnShallow(name, r)
		}
	}
	slices.Sort(ours)
	return slices.DeleteFunc(ours, func(v string) bool {
		name, _, _ := strings.Cut(v, "=")
		return !r.note(name, keyOf(name, tree))
	})
}

// note keeps where a key comes from, and finds variables that cannot both hold:
// one for a section and one for a key in it. It reports whether the variable
// names a key at all.
func (r *report) note(name, key string) bool {
	if slices.Contains(strings.Split(key, dot), "") {
		r.variable(name, "has a level without a name", "write BELLHOP_SECTION__KEY")
		return false
	}
	at := place{variable: name, key: key}
	for above := parent(key); above != ""; above = parent(above) {
		seen, known := r.places[above]
		if !known {
			r.places[above] = at
		} else if seen.variable != "" && seen.key == above {
			r.variable(seen.variable, "is set whole, while "+name+" sets a part of it", "keep one of them")
		}
	}
	for below := range r.places {
		if strings.HasPrefix(below, key+dot) {
			delete(r.places, below)
		}
	}
	r.places[key] = at
	return true
}

// variable is for a fault of a variable's name.
func (r *report) variable(name, text, remedy string) {
	r.faults = append(r.faults, Problem{Variable: name, Fault: fault.Fault{Text: text, Remedy: remedy}})
}

// warnShallow tells of BELLHOP_RECEIVER_PORT, which looks like a setting.
func warnShallow(name string, r *report) {
	rest := strings.TrimPrefix(name, prefix)
	for section := range keysOf(target(&file{})) {
		section = strings.ToUpper(section)
		if key, ok := strings.CutPrefix(rest, section+"_"); ok {
			r.warnings = append(r.warnings, Problem{Variable: name, Fault: fault.Fault{
				Text: "sets nothing", Remedy: "did you mean " + prefix + section + deeper + key + "?",
			}})
		}
	}
}

// keyOf returns the key that a variable sets. A level that the file has already,
// in capitals or with a dash, is meant by it.
func keyOf(name string, tree map[string]any) string {
	levels := strings.Split(strings.ToLower(strings.TrimPrefix(name, prefix)), deeper)
	for i, level := range levels {
		levels[i] = spelt(level, tree)
		tree, _ = tree[levels[i]].(map[string]any)
	}
	return strings.Join(levels, dot)
}

func spelt(level string, tree map[string]any) string {
	if _, ok := tree[level]; ok {
		return level
	}
	for _, name := range sorted(tree) {
		if plain(name) == level {
			return name
		}
	}
	return level
}

// plain is how a variable's name would say a key.
func plain(name string) string { return strings.ReplaceAll(strings.ToLower(name), "-", "_") }
