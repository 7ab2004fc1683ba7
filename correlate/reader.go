package correlate

import (
	"context"
	"time"

	"golang.org/x/sync/errgroup"

	"bellhop/internal/event"
)

// reader turns what the store holds into a scene.
type reader struct {
	store Store
	now   time.Time
}

// place is a key that holds statuses: a node's, or a module's.
type place struct {
	layout layout
	owner  string
	key    string
}

// scene reads everything about the plan.
func (r reader) scene(ctx context.Context, ref event.PlanRef) (*scene, error) {
	s := &scene{plan: event.Plan{ID: ref.ID, Name: ref.Name}}
	if ref.ID == "" {
		id, err := r.named(ctx, s, ref.Name)
		if err != nil {
			return nil, err
		}
		if id == "" {
			return s, r.cluster(ctx, s)
		}
		s.plan.ID = id
	}
	// What does not depend on one another is asked at the same time: each answer
	// takes as long as the way there.
	var places []place
	var plan map[string]string
	group, both := errgroup.WithContext(ctx)
	group.Go(func() (err error) { places, err = r.places(both, s.plan.ID); return err })
	group.Go(func() (err error) {
		if err = r.cluster(both, s); err == nil {
			plan, err = r.plan(both, s)
		}
		return err
	})
	if err := group.Wait(); err != nil {
		return nil, err
	}
	if err := r.statuses(ctx, s, plan["repository"], places); err != nil || !s.known {
		return s, err
	}
	return s, r.modules(ctx, s, plan)
}

// cluster reads how the cluster is called and which module lives where.
func (r reader) cluster(ctx context.Context, s *scene) error {
	values, err := r.store.Read(ctx, text(clusterUUIDKey), text(clusterNameKey), hash(moduleNodeKey))
	if err != nil {
		return err
	}
	s.noteUnreadable(clusterUUIDKey, values[0])
	s.noteUnreadable(clusterNameKey, values[1])
	s.noteUnreadable(moduleNodeKey, values[2])
	s.cluster = event.Cluster{UUID: values[0].Text, Name: values[1].Text}
	s.home = values[2].Hash
	return nil
}

// plan reads the plan's own hash. When that cannot be read, the plan is taken to
// be there and enabled: nothing shall be closed because a key is forbidden.
func (r reader) plan(ctx context.Context, s *scene) (map[string]string, error) {
	key := planKey(s.plan.ID)
	values, err := r.store.Read(ctx, fields(key, "name", "repository", "schedule", "enabled", "instances"))
	if err != nil {
		return nil, err
	}
	v := values[0]
	s.noteUnreadable(key, v)
	s.known = v.Err != nil || len(v.Hash) > 0
	enabled, said := v.Hash["enabled"]
	s.enabled = !said || enabled != ""
	if name := v.Hash["name"]; name != "" {
		s.plan.Name = name
	}
	s.plan.Schedule = v.Hash["schedule"]
	return v.Hash, nil
}

// statuses reads the statuses in all layouts, and the destination on the way.
func (r reader) statuses(ctx context.Context, s *scene, repository string, places []place) error {
	asks := []Ask{
		fields(destinationKey(repository), "name", "provider"), // never all: it may hold passwords
		hash(planStatusKey(s.plan.ID)),
	}
	for _, p := range places {
		asks = append(asks, hash(p.key))
	}
	values, err := r.store.Read(ctx, asks...)
	if err != nil {
		return err
	}
	s.setDestination(repository, values[0])
	s.addPlanStatus(values[1], r.now)
	for i, p := range places {
		s.addStatuses(p, values[i+2], r.now)
	}
	return nil
}

// places finds the keys that hold statuses of the plan.
func (r reader) places(ctx context.Context, plan string) ([]place, error) {
	keys, err := r.store.Keys(ctx, statusPattern(plan))
	if err != nil {
		return nil, err
	}
	var places []place
	for _, l := range layouts() {
		for _, key := range keys {
			if owner, ok := l.owner(key, plan); ok {
				places = append(places, place{l, owner, key})
			}
		}
	}
	return places, nil
}

// read asks the store, unless there is nothing to ask.
func (r reader) read(ctx context.Context, asks []Ask) ([]Value, error) {
	if len(asks) == 0 {
		return nil, nil
	}
	return r.store.Read(ctx, asks...)
}
