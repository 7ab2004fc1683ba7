package app

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"net/http"
	"time"

	"bellhop/config"
	"bellhop/correlate"
	"bellhop/internal/pipeline"
	"bellhop/internal/record"
	"bellhop/internal/retry"
	"bellhop/repocheck"
	"bellhop/router"
	"bellhop/router/queue"
	"bellhop/sinks"
	"bellhop/templates"
)

const (
	// lookers is how many plans are looked at, and repositories asked, at once.
	lookers = 8
	// senders is how many messages of one sink are in the air at once.
	senders = 4
	// runners is the same for a kind whose sends may take long.
	runners = 64
	// lookTimeout ends a look that hangs: its far ends have deadlines of their own.
	lookTimeout = 10 * time.Minute
)

// prepare builds what the configuration describes and may be changed later: all that
// can be wrong about it is found here.
func (a *App) prepare(c *config.Config) (pipeline.Setup, error) {
	var s pipeline.Setup
	words, err := templates.Load(c.Templates, c.Receiver.ExternalURL, a.o.Now)
	if err != nil {
		return s, fmt.Errorf("load the templates: %w", err)
	}
	outlets, err := a.buildSinks(c)
	if err != nil {
		return s, err
	}
	table, faults := router.Compile(c.Routes, outletNames(outlets))
	if len(faults) > 0 {
		return s, fmt.Errorf("compile the routes: %s %s", faults[0].Key, faults[0].Text)
	}
	checker, err := a.buildChecker(c)
	if err != nil {
		return s, err
	}
	return pipeline.Setup{
		Correlator: correlate.New(a.state(c), c.Correlator, a.o.Now),
		Checker:    checker, Templates: words, Table: table, Outlets: outlets, Timing: c.Correlator,
		Keep: c.Queue.Keep, KeepBytes: c.Queue.KeepBytes,
	}, nil
}

// state is what the correlator reads through. A connection whose settings have not
// changed is used on.
func (a *App) state(c *config.Config) correlate.Store {
	if a.o.State != nil {
		return a.o.State
	}
	if a.store == nil || a.config.Redis != c.Redis {
		redis := correlate.Dial(c.Redis, a.o.Log)
		a.redis, a.store = append(a.redis, redis), redis
	}
	return a.store
}

func (a *App) buildChecker(c *config.Config) (pipeline.Checker, error) {
	if !c.RepoCheck.Enabled {
		return nil, nil
	}
	checker, err := repocheck.New(c.RepoCheck, a.o.Now, a.o.Log)
	if err != nil {
		return nil, fmt.Errorf("prepare the repository check: %w", err)
	}
	return checker, nil
}

// buildSinks builds what the configuration names.
func (a *App) buildSinks(c *config.Config) ([]pipeline.Outlet, error) {
	deps := sinks.Deps{
		Log:         a.o.Log,
		Now:         a.o.Now,
		Client:      newClient(),
		ExternalURL: c.Receiver.ExternalURL,
		Version:     a.o.Version,
		Program:     a.o.Program,
	}
	var all []pipeline.Outlet
	for _, s := range c.Sinks {
		sink, err := s.Kind.New(s.Name, s.Settings, deps)
		if err != nil {
			return nil, fmt.Errorf("build %s: %w", s.Section, err)
		}
		all = append(all, pipeline.Outlet{
			Name: s.Name, Kind: s.Kind, Sink: sink, Fallback: s.Fallback, FallbackAfter: s.FallbackAfter,
			Remind: s.Remind,
		})
	}
	return all, nil
}

// newClient sends HTTP for the sinks. A request is bounded by its context; these
// bounds only tell a dead far end from a slow one sooner.
func newClient() *http.Client {
	return &http.Client{Transport: &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           (&net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
		TLSHandshakeTimeout:   10 * time.Second,
		ResponseHeaderTimeout: 30 * time.Second,
		IdleConnTimeout:       90 * time.Second,
		MaxIdleConnsPerHost:   senders,
		ForceAttemptHTTP2:     true,
	}}
}

func outletNames(all []pipeline.Outlet) []string {
	var names []string
	for _, o := range all {
		names = append(names, o.Name)
	}
	return names
}

// buildLanes makes the inbox and the lanes of every sink.
func (a *App) buildLanes(c *config.Config, outlets []pipeline.Outlet) []queue.Lane {
	lanes := []queue.Lane{{
		Name: record.Inbox, Handler: a.pipe.Looks(), Workers: lookers, Timeout: lookTimeout, Backoff: retry.Key(),
	}}
	for i, o := range outlets {
		for _, l := range a.ways(o) {
			l.Handler = a.pipe.Sends(o)
			l.Workers = senders
			l.Limit = c.Sinks[i].Limit
			l.Marks = true
			l.Timeout = o.Kind.Timeout
			l.Backoff = retry.Key()
			l.GiveUp = cmp.Or(c.Sinks[i].GiveUp, c.Queue.GiveUpAfter)
			l.Died = a.pipe.Died(o.Name)
			if o.Kind.Long {
				l.Workers, l.Overlaps = runners, true
			}
			lanes = append(lanes, l)
		}
	}
	return lanes
}

// ways are the lanes of a sink: one, or one for each of its keys (R15). What a version
// that knew no lanes of keys left in the sink's own lane goes out there, until none is left.
func (a *App) ways(o pipeline.Outlet) []queue.Lane {
	own := queue.Lane{Name: record.Lane(o.Name)}
	keyed, ok := o.Sink.(sinks.Keyed)
	if !ok {
		return []queue.Lane{own}
	}
	var all []queue.Lane
	for _, target := range keyed.Targets() {
		all = append(all, queue.Lane{
			Name:  record.KeyLane(o.Name, target),
			Prove: func(ctx context.Context) error { return keyed.Verify(ctx, target) },
		})
	}
	if a.waits(own.Name) {
		all = append(all, own)
	}
	return all
}

// waits is true when something waits in the lane, or may.
func (a *App) waits(lane string) bool {
	jobs, err := a.engine.Jobs(context.Background(), queue.JobQuery{Lane: lane, State: queue.Queued, Limit: 1})
	if err != nil {
		a.o.Log.Error("whether something waits in a lane cannot be read", "lane", lane, "err", err)
	}
	return err != nil || len(jobs) > 0
}
