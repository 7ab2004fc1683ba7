package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"bellhop/config"
	"bellhop/internal/fault"
	"bellhop/internal/retry"
	"bellhop/router"
	"bellhop/sinks"
)

func newCheck(p *process) *cobra.Command {
	return &cobra.Command{
		Use:   "check",
		Short: "Look at the settings, routes, templates and secret files, not at the network",
		Args:  cobra.NoArgs,
		RunE:  runs(func(context.Context) error { return check(p) }),
	}
}

// check tells every fault of the configuration, or what would run.
func check(p *process) error {
	c, err := load(p)
	if err != nil {
		return err
	}
	targets, err := targetsOf(p.config, c.Sinks)
	if err != nil {
		return err
	}
	_, err = io.WriteString(p.out, summary(p.config, c, targets))
	return err
}

// load reads the configuration that the command line names, and tells what
// there is to be warned of.
func load(p *process) (*config.Config, error) {
	c, warnings, err := config.Load(p.config, p.environ, p.kinds)
	for _, w := range warnings {
		fmt.Fprintln(p.err, "warning:", w)
	}
	return c, err
}

// targetsOf builds every sink, as the start would, and returns how many targets
// each has.
func targetsOf(file string, all []config.Sink) (map[string]int, error) {
	deps := sinks.Deps{Log: slog.New(slog.DiscardHandler), Now: time.Now, Client: &http.Client{}, Version: version}
	targets := make(map[string]int)
	var faults config.Faults
	for _, s := range all {
		built, err := s.Kind.New(s.Name, s.Settings, deps)
		if err != nil {
			faults = append(faults, config.Problem{File: file, Fault: fault.Fault{Key: s.Section, Text: err.Error()}})
			continue
		}
		targets[s.Name] = len(built.Targets())
	}
	if len(faults) > 0 {
		return nil, faults
	}
	return targets, nil
}

// summary says what `bellhop serve` would run with.
func summary(file string, c *config.Config, targets map[string]int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: ok\n", file)
	fmt.Fprintf(&b, "listens on %s\n", net.JoinHostPort(c.Receiver.Host, strconv.Itoa(c.Receiver.Port)))
	fmt.Fprintf(&b, "reads the cluster's Redis at %s\n", redisOf(c))
	fmt.Fprintf(&b, "keeps its queue in %s\n", c.Queue.Path)
	for _, s := range c.Sinks {
		fmt.Fprintf(&b, "sink %s: %s, %s, %s, %s\n", s.Name, s.Kind.Name, count(targets[s.Name], "target"), pace(s.Limit), giveUp(s))
	}
	for i, r := range c.Routes {
		fmt.Fprintf(&b, "routes.%d: %s\n", i, routeText(r))
	}
	if len(c.Routes) == 0 {
		b.WriteString("no routes: every sink hears everything\n")
	}
	return b.String()
}

func redisOf(c *config.Config) string {
	if c.Redis.Socket != "" {
		return c.Redis.Socket + " where that is there, else at " + c.Redis.Address
	}
	return c.Redis.Address
}

func routeText(r router.Route) string {
	match := "everything"
	if len(r.Match) > 0 {
		match = strings.Join(r.Match, " and ")
	}
	text := match + " to " + strings.Join(slices.Compact(slices.Clone(r.Sinks)), ", ")
	if r.Continue {
		text += ", then on"
	}
	return text
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

func pace(l retry.Limit) string {
	if l.N == 0 {
		return "no limit"
	}
	return fmt.Sprintf("at most %d in %s, %d at once", l.N, retry.Short(l.Per), l.Burst)
}

// giveUp says when a sink gives up, and who is told in its place.
func giveUp(s config.Sink) string {
	text := "gives up after " + retry.Short(s.GiveUp)
	if s.Fallback != "" {
		text += ", tells " + s.Fallback + " instead when it does or after " + retry.Short(s.FallbackAfter)
	}
	return text
}
