package app

import (
	"context"
	"time"

	"bellhop/correlate"
)

// followPause is how long Redis is left alone when following has failed.
const followPause = 10 * time.Second

// follow has plans looked at as soon as the cluster says that something of them has
// ended (R1), until ctx ends. It only hastens: while Redis is away, and where nothing
// is reported, looks are made at their own pace.
func (a *App) follow(ctx context.Context) {
	for broken := false; ctx.Err() == nil; {
		redis, turned := a.followed()
		if redis == nil {
			select {
			case <-turned:
			case <-ctx.Done():
			}
			continue
		}
		err := a.followUntil(ctx, redis, turned, func() {
			if broken {
				a.o.Log.Info("the reports of backups are followed again")
			}
			broken = false
		})
		if err == nil {
			continue
		}
		if !broken {
			a.o.Log.Warn("the reports of backups cannot be followed; plans are looked at without them", "tried_every", followPause, "err", err)
		}
		broken = true
		select {
		case <-time.After(followPause):
		case <-turned:
		case <-ctx.Done():
		}
	}
}

// followUntil follows until ctx ends or another configuration is in force, which is no
// error.
func (a *App) followUntil(ctx context.Context, redis *correlate.Redis, turned <-chan struct{}, begun func()) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		select {
		case <-turned:
			cancel()
		case <-ctx.Done():
		}
	}()
	caught := func() { begun(); go a.catchUp(ctx) }
	err := redis.Follow(ctx, caught, func(r correlate.Report) {
		if err := a.pipe.Reported(ctx, r.Plan); err != nil && ctx.Err() == nil {
			a.o.Log.Error("a plan is not looked at because of a report, but at its own pace", "plan", r.Plan, "err", err)
		}
	})
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// catchUp looks at what was reported while nobody listened, and tries until it can.
func (a *App) catchUp(ctx context.Context) {
	for told := false; ; told = true {
		err := a.pipe.CatchUp(ctx)
		if err == nil || ctx.Err() != nil {
			return
		}
		if !told {
			a.o.Log.Error("what was reported while nobody listened cannot be looked at yet", "tried_every", followPause, "err", err)
		}
		select {
		case <-time.After(followPause):
		case <-ctx.Done():
			return
		}
	}
}

// followed is the Redis to follow, nil for none, and what is closed when another
// configuration is in force.
func (a *App) followed() (*correlate.Redis, <-chan struct{}) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.config.Correlator.Subscribe || len(a.redis) == 0 {
		return nil, a.turned
	}
	return a.redis[len(a.redis)-1], a.turned
}
