package templates

import (
	"fmt"
	"reflect"
	"slices"
	texttemplate "text/template"

	"bellhop/internal/event"
)

// listFuncs choose among modules and say what they have in common.
func (r *rendering) listFuncs() texttemplate.FuncMap {
	return texttemplate.FuncMap{
		"only":    only,
		"bad":     bad,
		"kin":     kin,
		"lots":    lots,
		"first":   first,
		"over":    over,
		"fitting": r.fitting,
		"alike":   alike,
		"said":    said,
		"looked":  looked,
		"hints":   r.hints,
	}
}

// only returns the modules that are in one of the states, in their order.
func only(ms []event.Module, states ...event.ModuleState) []event.Module {
	var found []event.Module
	for _, m := range ms {
		if slices.Contains(states, m.State) {
			found = append(found, m)
		}
	}
	return found
}

// bad returns the modules that went wrong: failed, missing or unknown. One that
// is pending may still go well.
func bad(ms []event.Module) []event.Module {
	return only(ms, event.StateFailed, event.StateMissing, event.StateUnknown)
}

// alike returns the cause that two or more modules share, all of them, and "" when
// there is none; so that it can be said once.
func alike(ms []event.Module) event.Cause {
	if len(ms) < 2 {
		return ""
	}
	for _, m := range ms {
		if m.Cause != ms[0].Cause {
			return ""
		}
	}
	return ms[0].Cause
}

// said returns the far end's words when no module has others, else "".
func said(ms []event.Module) string {
	text := ""
	for _, m := range ms {
		if m.Error != "" && text != "" && m.Error != text {
			return ""
		}
		text = max(text, m.Error)
	}
	return text
}

// looked reports whether the newest snapshot of any of the modules is known.
func looked(ms []event.Module) bool {
	return slices.ContainsFunc(ms, func(m event.Module) bool { return !m.LastSnapshot.IsZero() })
}

// kin puts modules together that went wrong for the same reason, in the order in
// which the reasons first occur.
func kin(ms []event.Module) [][]event.Module {
	var groups [][]event.Module
	for _, m := range ms {
		i := slices.IndexFunc(groups, func(g []event.Module) bool { return reason(g[0]) == reason(m) })
		if i < 0 {
			i, groups = len(groups), append(groups, nil)
		}
		groups[i] = append(groups[i], m)
	}
	return groups
}

// reason is the cause of a module, else what its state says.
func reason(m event.Module) string {
	if m.Cause != "" {
		return "cause " + string(m.Cause)
	}
	return "state " + string(m.State)
}

// fewAlike is how many modules get a line each though there is the same to tell of all.
const fewAlike = 3

// lots puts modules together of which there is nothing to tell but the same, when they
// are many; each of the others is a lot by itself. The failed ones come first.
func lots(ms []event.Module) [][]event.Module {
	var groups [][]event.Module
	for _, m := range slices.Concat(only(ms, event.StateFailed), slices.DeleteFunc(slices.Clone(ms), failed)) {
		i := slices.IndexFunc(groups, func(g []event.Module) bool { return sameToTell(g[0], m) })
		if i < 0 {
			i, groups = len(groups), append(groups, nil)
		}
		groups[i] = append(groups[i], m)
	}
	var all [][]event.Module
	for _, g := range groups {
		if len(g) > fewAlike {
			all = append(all, g)
			continue
		}
		for _, m := range g {
			all = append(all, []event.Module{m})
		}
	}
	return all
}

func failed(m event.Module) bool { return m.State == event.StateFailed }

func sameToTell(a, b event.Module) bool {
	return reason(a) == reason(b) && a.Error == b.Error && a.LastSnapshot.IsZero() && b.LastSnapshot.IsZero()
}

// Fitted are lines that fit into a room, and of how many more there was none.
type Fitted struct {
	Lines []string
	More  int
}

// fitting says the template with that name for each of a list, as long as the lines
// fit into so many bytes. What is left is counted: lists in a list by their elements.
func (r *rendering) fitting(room int, name string, list any) (Fitted, error) {
	var f Fitted
	v, err := slice(list)
	if err != nil {
		return f, err
	}
	for i := range v.Len() {
		line, err := r.say(name, v.Index(i).Interface())
		if err != nil {
			return f, err
		}
		if room -= len(line) + 1; room < 0 {
			f.More = elements(v.Slice(i, v.Len()))
			break
		}
		f.Lines = append(f.Lines, line)
	}
	return f, nil
}

// elements counts those of a list.
func elements(list reflect.Value) int {
	n := 0
	for i := range list.Len() {
		if v := list.Index(i); v.Kind() == reflect.Slice {
			n += v.Len()
			continue
		}
		n++
	}
	return n
}

// first returns the first n elements of a list, or all when there are fewer.
func first(n int, list any) (any, error) {
	v, err := slice(list)
	if err != nil {
		return nil, err
	}
	return v.Slice(0, min(max(n, 0), v.Len())).Interface(), nil
}

// over returns by how many elements a list is longer than n.
func over(n int, list any) (int, error) {
	v, err := slice(list)
	if err != nil {
		return 0, err
	}
	return max(0, v.Len()-max(n, 0)), nil
}

func slice(list any) (reflect.Value, error) {
	v := reflect.ValueOf(list)
	if v.Kind() != reflect.Slice {
		return v, fmt.Errorf("%T is no list", list)
	}
	return v, nil
}
