// Package shoutrrr sends through one of the services that the library
// nicholas-fedor/shoutrrr speaks to (Telegram, Discord, Matrix, ntfy, Gotify, …),
// which one URL names.
//
// The promise: a message counts as sent only when every request that the library made
// for it was answered with 2xx and the library itself is content. Each try makes every
// request once at most, bears the same [DeliveryHeader], follows no redirect and ends
// with its context. The URL is secret as a whole; no error and no target holds it.
//
// The library takes neither a context nor, for most services, a client; it waits and
// tries again inside a call, panics where Zulip does not answer, and calls a message
// sent when Telegram does not. So each message is carried by a process of its own,
// bellhop's hidden command [Command], see [Carry]: there every request of the library
// goes down one road that keeps our rules, and what hangs or panics all the same ends
// with the process, at the message's deadline. Nothing of a send outlives it.
//
// Texts are cut to what the service bears before the library sees them, because it
// refuses, splits or garbles longer ones. Outside text calls nobody: mentions and
// markup in angle brackets are taken apart.
package shoutrrr

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"time"

	"bellhop/internal/fault"
	"bellhop/internal/retry"
	"bellhop/sinks"
)

const (
	titlePart = "mail.subject"
	textPart  = "shoutrrr.text"

	// timeout bounds one send.
	timeout = 30 * time.Second
)

// DeliveryHeader bears the delivery's id in each request that the library makes.
const DeliveryHeader = "X-Bellhop-Delivery"

// Kind describes the kind "shoutrrr".
func Kind() sinks.Kind {
	return sinks.Kind{
		Name:     "shoutrrr",
		Parts:    []string{titlePart, textPart},
		Limit:    retry.Limit{N: 20, Per: time.Minute, Burst: 5},
		Timeout:  timeout,
		Settings: func() any { c := DefaultConfig(); return &c },
		Validate: func(settings any) []fault.Fault { return settings.(*Config).Validate() },
		New: func(_ string, settings any, d sinks.Deps) (sinks.Sink, error) {
			return New(*settings.(*Config), d)
		},
		Supersede: sinks.KeepLatest,
		Calm:      true,
	}
}

// Sink is one URL.
type Sink struct {
	service service
	places  []place
	version string
	carrier carrier
}

// carrier has one errand run.
type carrier interface {
	run(ctx context.Context, e errand) (report, error)
}

var _ sinks.Sink = (*Sink)(nil)

// New builds the sink of settings that were found valid. Its messages are carried by
// processes of d.Program.
func New(c Config, d sinks.Deps) (*Sink, error) {
	return build(c, d, process{program: d.Program})
}

func build(c Config, d sinks.Deps, by carrier) (*Sink, error) {
	if fs := c.Validate(); len(fs) > 0 {
		return nil, fmt.Errorf("build shoutrrr sink: %s %s; %s", fs[0].Key, fs[0].Text, fs[0].Remedy)
	}
	address, err := url.Parse(c.URL.Reveal())
	if err != nil {
		return nil, errors.New("build shoutrrr sink: url cannot be read") // the parser quotes it
	}
	name := serviceName(address)
	of := services()[name]
	return &Sink{service: of, places: of.places(name, address), version: d.Version, carrier: by}, nil
}

// Targets names the service, its host where that is no key, and each receiver that the
// library would tell one after the other.
func (s *Sink) Targets() []string {
	var all []string
	for _, p := range s.places {
		all = append(all, p.target)
	}
	return all
}

// Send has m carried to its target.
func (s *Sink) Send(ctx context.Context, m sinks.Message) (sinks.Receipt, error) {
	to, found := s.place(m.Target)
	if !found {
		return sinks.Receipt{}, retry.Permanent(fmt.Errorf("send by shoutrrr: url names no receiver %q any more", m.Target))
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	r, err := s.carrier.run(ctx, s.errand(to, m))
	if err == nil {
		err = r.err(ctx)
	}
	if err != nil {
		err = fmt.Errorf("send by shoutrrr to %s: %w", to.target, err)
	}
	return sinks.Receipt{Status: r.Status}, err
}

// place is where a target is told. A lone one also gets what was meant for another,
// because somebody has corrected the URL since.
func (s *Sink) place(target string) (place, bool) {
	for _, p := range s.places {
		if p.target == target || len(s.places) == 1 {
			return p, true
		}
	}
	return place{}, false
}

func (s *Sink) errand(to place, m sinks.Message) errand {
	e := errand{ID: m.ID, URL: to.url.Reveal(), Version: s.version}
	e.Title, e.Text = s.service.words(m)
	return e
}
