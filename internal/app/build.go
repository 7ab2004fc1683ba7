package app

import (
	"fmt"
	"net"
	"net/http"
	"time"

	"bellhop/config"
	"bellhop/internal/pipeline"
	"bellhop/internal/record"
	"bellhop/internal/retry"
	"bellhop/router/queue"
	"bellhop/sinks"
)

const (
	// lookers is how many plans are looked at, and repositories asked, at once.
	lookers = 8
	// senders is how many messages of one sink are in the air at once.
	senders = 4
	// lookTimeout ends a look that hangs: its far ends have deadlines of their own.
	lookTimeout = 10 * time.Minute
)

// buildSinks builds what the configuration names.
func buildSinks(o Options) ([]pipeline.Outlet, error) {
	deps := sinks.Deps{
		Log:         o.Log,
		Now:         o.Now,
		Client:      newClient(),
		ExternalURL: o.Config.Receiver.ExternalURL,
		Version:     o.Version,
	}
	var all []pipeline.Outlet
	for _, s := range o.Config.Sinks {
		sink, err := s.Kind.New(s.Name, s.Settings, deps)
		if err != nil {
			return nil, fmt.Errorf("build %s: %w", s.Section, err)
		}
		all = append(all, pipeline.Outlet{Name: s.Name, Kind: s.Kind, Sink: sink})
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

// buildLanes makes the inbox and a lane for every sink.
func buildLanes(c *config.Config, p *pipeline.Pipeline, outlets []pipeline.Outlet) []queue.Lane {
	lanes := []queue.Lane{{
		Name: record.Inbox, Handler: p.Looks(), Workers: lookers, Timeout: lookTimeout, Backoff: retry.Key(),
	}}
	for i, o := range outlets {
		lanes = append(lanes, queue.Lane{
			Name:    record.Lane(o.Name),
			Handler: p.Sends(o),
			Workers: senders,
			Limit:   c.Sinks[i].Limit,
			Marks:   true,
			Timeout: o.Kind.Timeout,
			Backoff: retry.Key(),
		})
	}
	return lanes
}
