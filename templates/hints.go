package templates

import (
	"slices"

	"bellhop/internal/event"
)

// Hint is what to do about one cause.
type Hint struct {
	Cause   event.Cause
	Plan    event.Plan
	Modules []event.Module // that have this cause; none when it concerns the plan
	// Advice is a sentence or two, Command a line for root's shell on the node of
	// the first module. Either may be empty.
	Advice, Command string
}

// Module is the first module that has the cause, an empty one without any.
func (h Hint) Module() event.Module {
	if len(h.Modules) == 0 {
		return event.Module{}
	}
	return h.Modules[0]
}

// hints returns what to do about an event, once for each cause.
func (r *rendering) hints(e event.Event) ([]Hint, error) {
	var told []Hint
	for _, h := range hinted(e) {
		var err error
		if h.Advice, err = r.hint("advice.", h); err != nil {
			return nil, err
		}
		if h.Command, err = r.hint("command.", h); err != nil {
			return nil, err
		}
		if h.Advice != "" || h.Command != "" {
			told = append(told, h)
		}
	}
	return told, nil
}

// hint says the template for a cause; a cause that nobody could tell is "other".
func (r *rendering) hint(prefix string, h Hint) (string, error) {
	name := prefix + string(h.Cause)
	if h.Cause == "" {
		name = prefix + "other"
	}
	if !r.has(name) {
		return "", nil
	}
	return r.say(name, h)
}

// hinted returns an empty hint for each thing that there may be something to do about.
func hinted(e event.Event) []Hint {
	switch {
	case about(e) != aboutBackup:
		return nil
	case unproven(e):
		return []Hint{{Cause: event.Cause(e.EndedBy), Plan: e.Plan}}
	case e.Outcome == event.Success, e.Status == event.StatusResolved:
		return nil
	}
	return causes(e)
}

// causes returns an empty hint for each cause of the modules that went wrong, and
// for the event's own cause when none of them has any.
func causes(e event.Event) []Hint {
	var all []Hint
	for _, same := range kin(bad(e.Modules)) {
		c := same[0].Cause
		if c == "" {
			c = e.Cause
		}
		i := slices.IndexFunc(all, func(h Hint) bool { return h.Cause == c })
		if i < 0 {
			i, all = len(all), append(all, Hint{Cause: c, Plan: e.Plan})
		}
		all[i].Modules = append(all[i].Modules, same...)
	}
	if len(all) == 0 {
		all = append(all, Hint{Cause: e.Cause, Plan: e.Plan})
	}
	return all
}
