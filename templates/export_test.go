package templates

import (
	"maps"
	"slices"
)

// FuncNames lists the functions that a template may call.
func FuncNames() []string {
	names := slices.Sorted(maps.Keys(stubs()))
	return slices.DeleteFunc(names, func(n string) bool { return n == "tick" })
}

// BuiltinNames lists the templates that can be overridden.
func BuiltinNames() []string {
	own, _ := DefaultConfig().sources()
	return names(own)
}
