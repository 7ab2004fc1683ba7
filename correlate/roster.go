package correlate

import (
	"context"
	"maps"
	"slices"
	"strings"

	"bellhop/internal/event"
)

// modules settles who is in the plan and how they are called.
func (r reader) modules(ctx context.Context, s *scene, plan map[string]string) error {
	instances, ok := plan["instances"]
	listed := strings.Fields(instances)
	if !ok {
		var err error
		if listed, err = r.membership(ctx, s); err != nil {
			return err
		}
		ok = len(listed) > 0
	}
	s.cast(listed, ok)
	return r.names(ctx, s)
}

// membership asks every module which plans it is in: cores that keep no list with
// the plan keep that.
func (r reader) membership(ctx context.Context, s *scene) ([]string, error) {
	all := slices.Collect(maps.Keys(s.home))
	for _, id := range s.reporters() {
		all = add(all, id)
	}
	slices.Sort(all)
	asks := make([]Ask, len(all))
	for i, id := range all {
		asks[i] = members(membershipKey(id))
	}
	sets, err := r.read(ctx, asks)
	if err != nil {
		return nil, err
	}
	var in []string
	for i, set := range sets {
		s.noteUnreadable(asks[i].Key, set)
		if slices.Contains(set.Members, s.plan.ID) {
			in = append(in, all[i])
		}
	}
	return in, nil
}

// names puts the modules' names where they belong, and reads those that are not known yet.
func (r reader) names(ctx context.Context, s *scene) error {
	var unknown []string
	for _, m := range s.modules {
		if _, known := s.names[m.ID]; !known {
			unknown = append(unknown, m.ID)
		}
	}
	values, err := r.read(ctx, nameAsks(unknown))
	if err != nil {
		return err
	}
	s.addNames(unknown, values)
	for i, m := range s.modules {
		s.modules[i].Name = s.names[m.ID]
	}
	return nil
}

// named finds the one plan of that name. With none, or several, the id is empty.
func (r reader) named(ctx context.Context, s *scene, name string) (id string, err error) {
	if name == "" {
		return "", nil
	}
	found, err := r.namesakes(ctx, s, name)
	if err != nil {
		return "", err
	}
	if len(found) == 1 {
		return found[0], nil
	}
	s.noteNames(event.Note{Code: event.NoteSameName, Text: "several plans have this name"}, found)
	return "", nil
}

// namesakes lists the ids of all plans of that name.
func (r reader) namesakes(ctx context.Context, s *scene, name string) ([]string, error) {
	plans, err := r.plans(ctx)
	if err != nil {
		return nil, err
	}
	asks := make([]Ask, len(plans))
	for i, plan := range plans {
		asks[i] = fields(planKey(plan), "name")
	}
	values, err := r.read(ctx, asks)
	if err != nil {
		return nil, err
	}
	var found []string
	for i, v := range values {
		s.noteUnreadable(asks[i].Key, v)
		if v.Hash["name"] == name {
			found = append(found, plans[i])
		}
	}
	return found, nil
}

// plans lists the ids of all plans, those included that have nothing but a status of
// their own.
func (r reader) plans(ctx context.Context) ([]string, error) {
	keys, err := r.store.Keys(ctx, anyPlan)
	if err != nil {
		return nil, err
	}
	var plans []string
	for _, key := range keys {
		if plan, ok := planOf(strings.TrimSuffix(key, "/status")); ok {
			plans = add(plans, plan)
		}
	}
	return plans, nil
}
