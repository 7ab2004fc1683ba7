// Package exec runs a command of the admin's own for an incident, with what is known
// of it in the environment, as prometheus-am-executor does for an alert. The promise:
// a command runs at most once for one delivery, unless the settings say that it may
// run again, and it ends: by itself, by the signal that the end of its incident
// brings, or when its time is up. Its process group hears every signal.
//
// A command is no message, and so some things are otherwise than in other sinks:
//
//   - What the settings do not name is skipped, and so is what would be one too many
//     at the same time; the delivery says why. A success, a test, what stands in for
//     another sink and foreign events never run a command.
//   - The messages of one incident do not wait for each other, because the end is to
//     reach a command that runs. A command that was not begun when the end came is
//     never begun.
//   - One that was begun and has no end on record, because bellhop was killed or
//     stopped meanwhile, may have done its work: it is dead with that reason, and a
//     person may have it run again (R17). One that definitely did not start comes
//     again by itself.
//   - Another exit code than 0 is final for its delivery. Whoever sent the alert may be
//     told, and starts the command again by sending the alert again: as another delivery,
//     and never one that was cut off, unless the settings say that it may run again.
//   - The log of deliveries holds code, duration and the end of what the command printed,
//     with control characters and credentials in URLs taken out. Any other secret that a
//     command prints is shown.
//   - What the environment has no room for is cut or left out, and the log says so.
//     Where the event's file cannot be written, the command runs without it.
package exec

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"bellhop/internal/event"
	"bellhop/internal/fault"
	"bellhop/internal/proc"
	"bellhop/internal/retry"
	"bellhop/sinks"
)

// target is the only one. It is not the command's name, so that whoever writes
// another command into the settings does not have it run for all that is open.
const target = "command"

// maxOutput is how many bytes of what a command printed last are looked at.
const maxOutput = 8 << 10

// Sink runs one command.
type Sink struct {
	name string
	conf Config
	runs *runs
	log  *slog.Logger
	now  func() time.Time
}

var (
	_ sinks.Sink     = (*Sink)(nil)
	_ sinks.Repeater = (*Sink)(nil)
	_ sinks.Awaited  = (*Sink)(nil)
)

// Kind describes this kind of sink. All sinks of one Kind know of each other's
// commands, so that a command which runs over a reload hears the end of its incident.
func Kind() sinks.Kind {
	running := newRuns()
	return sinks.Kind{
		Name:     "exec",
		Limit:    retry.Limit{N: 600, Per: time.Minute, Burst: 60}, // against a storm; no far end asks for it
		Long:     true,
		Settings: func() any { c := DefaultConfig(); return &c },
		Validate: func(settings any) []fault.Fault { return settings.(*Config).Validate() },
		New: func(name string, settings any, d sinks.Deps) (sinks.Sink, error) {
			return newSink(name, *settings.(*Config), d, running)
		},
		Supersede: sinks.KeepBegun,
	}
}

func newSink(name string, c Config, d sinks.Deps, running *runs) (*Sink, error) {
	if faults := c.Validate(); len(faults) > 0 {
		return nil, fmt.Errorf("%s %s; %s", faults[0].Key, faults[0].Text, faults[0].Remedy)
	}
	return &Sink{name: name, conf: c, runs: running, log: d.Log.With("sink", name), now: d.Now}, nil
}

// Targets is one name: a command tells nobody.
func (s *Sink) Targets() []string { return []string{target} }

// Repeats is true when the settings name repeat.
func (s *Sink) Repeats() bool { return slices.Contains(s.conf.On, onRepeat) }

// Awaits is the command's time where the settings say that failures are to be heard of.
// Nobody waits for what an end starts: it comes only once.
func (s *Sink) Awaits(status event.Status) time.Duration {
	word, ever := trigger(status)
	if !s.conf.NotifyOnFailure || !ever || status == event.StatusResolved || !s.conf.starts(word) {
		return 0
	}
	return s.conf.Timeout
}

// Reruns is true when the settings say that a command that was cut off may run again.
func (s *Sink) Reruns() bool { return s.conf.Rerun }

// Send runs the command if it is meant for m, and lets those that run know of an end.
func (s *Sink) Send(ctx context.Context, m sinks.Message) (sinks.Receipt, error) {
	reached := 0
	if m.Event.Status == event.StatusResolved {
		reached = s.runs.end(s.name, m.Event.Incident, s.conf.signal())
	}
	if why := s.conf.unwanted(m.Event); why != "" {
		if reached > 0 {
			return sinks.Receipt{Status: fmt.Sprintf("%s to %d that ran", signalName(s.conf.signal()), reached)}, nil
		}
		return sinks.Receipt{}, retry.Skip(errors.New(why))
	}
	if m.Heard && !s.conf.Rerun {
		return sinks.Receipt{}, retry.Permanent(fmt.Errorf(
			"run %s: it was cut off by a crash or a stop of bellhop, and nobody knows what it did; it may be retried by hand", s.conf.Command))
	}
	r, err := s.runs.begin(s.name, m.Event, s.conf.Max)
	if err != nil {
		return sinks.Receipt{}, fmt.Errorf("run %s: %w", s.conf.Command, err)
	}
	defer s.runs.done(r)
	return s.run(ctx, m, r)
}

// run runs the command and says what came of it.
func (s *Sink) run(ctx context.Context, m sinks.Message, r *run) (sinks.Receipt, error) {
	file, err := writeEvent(m.Event)
	defer func() {
		if err := file.remove(); err != nil {
			s.log.Warn("the file of an event was left behind", "delivery", m.ID, "err", err)
		}
	}()
	if err != nil {
		s.log.Error("a command runs without BELLHOP_EVENT", "delivery", m.ID, "err", err)
	}
	args := append([]string{s.conf.Command}, s.conf.Args...)
	env, unwhole := proc.Environ(args, variables(m, file))
	if len(unwhole) > 0 {
		s.log.Warn("the environment of a command is not whole", "delivery", m.ID, "variables", len(unwhole), "first", unwhole[0])
	}
	ctx, cancel := context.WithTimeout(ctx, s.conf.Timeout)
	defer cancel()
	began := s.now()
	result, err := proc.Run(ctx, proc.Command{Args: args, Env: env, MaxOutput: maxOutput, Joined: true, Signals: r.signals})
	return s.conf.verdict(outcome{result, err, s.now().Sub(began), s.runs.sent(r)})
}
