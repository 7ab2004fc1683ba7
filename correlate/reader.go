package correlate

import (
	"context"
	"strings"
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

// scene reads everything about the plan, in as few ways to Redis and back as there
// are answers that depend on one another.
func (r reader) scene(ctx context.Context, ref event.PlanRef) (*scene, error) {
	s := &scene{plan: event.Plan{ID: ref.ID, Name: ref.Name}, names: make(map[string]string)}
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
	var places []place
	var plan map[string]string
	group, both := errgroup.WithContext(ctx)
	group.Go(func() (err error) { places, err = r.places(both, s.plan.ID); return err })
	group.Go(func() (err error) { plan, err = r.plan(both, s); return err })
	if err := group.Wait(); err != nil {
		return nil, err
	}
	if err := r.statuses(ctx, s, plan, places); err != nil || !s.known {
		return s, err
	}
	return s, r.modules(ctx, s, plan)
}

// cluster reads how the cluster is called and which module lives where.
func (r reader) cluster(ctx context.Context, s *scene) error {
	values, err := r.store.Read(ctx, clusterAsks()...)
	if err == nil {
		s.setCluster(values)
	}
	return err
}

// plan reads the plan's own hash, and the cluster's keys with it.
func (r reader) plan(ctx context.Context, s *scene) (map[string]string, error) {
	asks := append(clusterAsks(), fields(planKey(s.plan.ID), "name", "repository", "schedule", "enabled", "instances"))
	values, err := r.store.Read(ctx, asks...)
	if err != nil {
		return nil, err
	}
	last := len(values) - 1
	s.setCluster(values[:last])
	s.setPlan(values[last])
	return values[last].Hash, nil
}

// statuses reads the statuses in all layouts, and on the way the destination and
// the names of the modules that the plan lists.
func (r reader) statuses(ctx context.Context, s *scene, plan map[string]string, places []place) error {
	repository := plan["repository"]
	asks := []Ask{
		fields(destinationKey(repository), "name", "provider"), // never all: it may hold passwords
		hash(planStatusKey(s.plan.ID)),
	}
	for _, p := range places {
		asks = append(asks, hash(p.key))
	}
	listed := strings.Fields(plan["instances"])
	values, err := r.store.Read(ctx, append(asks, nameAsks(listed)...)...)
	if err != nil {
		return err
	}
	s.setDestination(repository, values[0])
	s.addPlanStatus(values[1], r.now)
	for i, p := range places {
		s.addStatuses(p, values[i+2], r.now)
	}
	s.addNames(listed, values[len(asks):])
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
