// Package sinks holds what every sink has in common: the contract [Sink], what
// it is given ([Message]), what it gives back ([Receipt]), and how a kind of sink
// tells its name and settings ([Kind]). It holds no sink.
//
// The promise: a sink carries one message to one target and says honestly what
// came of it. It never sleeps, loops, retries or counts: that is the queue's. An
// error says what was being sent where and what to do about it, holds no secret,
// and is marked by package retry with what shall become of the message and of its lane.
package sinks

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"bellhop/internal/event"
	"bellhop/internal/fault"
	"bellhop/internal/retry"
)

// Sink carries messages to one far end. Send may be called for several messages
// at the same time, of different incidents or targets.
type Sink interface {
	// Send delivers m to m.Target before ctx ends. A nil error means that the
	// far end has taken it over. An unmarked error means that the far end is down;
	// package retry marks the others. The receipt counts with an error, too.
	Send(ctx context.Context, m Message) (Receipt, error)

	// Targets lists whom the sink tells of a new incident: every mail address, the
	// channel; of a Keyed sink, each incident is told to one of them. They are names
	// that may be shown and stored: never a secret. At least one; the same ones at
	// each call.
	Targets() []string
}

// Keyed is a sink whose targets are keys to one far end, so that more goes through
// than one of them bears (R15). Each has a lane, a limit and a gate of its own. An
// incident is told through one key, and so are its changes and its end, because what
// was opened through a key can be ended through no other. Of every message that was
// taken over, a keyed sink remembers something (Receipt.Memory).
type Keyed interface {
	Sink
	// Pin names the key for a new incident: always the same one while that is good.
	Pin(incident string) (target string)
	// Lost is nil for a key that is good as far as anybody knows; otherwise nothing
	// goes through it any more, and the error says why. One key at least is good.
	Lost(target string) error
	// Verify asks the far end whether it knows the key. An error means that it does
	// not, and is marked as one of Send; that nobody could tell is none.
	Verify(ctx context.Context, target string) error
}

// Repeater is a sink that can hear of looks that a firing alert caused and that brought
// no news: as event.StatusRepeat, with the event that was told last.
type Repeater interface {
	// Repeats is true when it wants to.
	Repeats() bool
}

// Awaited is a sink whose failures whoever sent the alert is to hear of, so that he
// sends it again (R17): his request is answered when the message has ended. It has one
// target.
type Awaited interface {
	// Awaits is how long at most one waits for what comes of a message of that status; 0:
	// nobody waits. If it is not 0 for event.StatusRepeat, a message that was set aside is
	// told once more when the alert fires again, as a repeat, whatever Repeats says.
	Awaits(s event.Status) time.Duration
	// Reruns is true when that may be done with a message that the far end may have heard,
	// too: one that was cut off. Else a person has to ask for it.
	Reruns() bool
}

// Message is one notice for one target.
type Message struct {
	// ID names the delivery: the same at every attempt, another for every other
	// message. It is printable ASCII, at most 200 bytes.
	ID     string
	Target string
	Event  event.Event
	// Text holds the rendered parts that the kind asked for, by the part's name.
	Text map[string]string
	// Memory is what this sink remembered of this incident and target, from the
	// receipt of an earlier message; nil at first.
	Memory []byte
	// Heard is true when an earlier attempt may have reached the far end: it was
	// begun, and the answer was not a definite refusal (retry.Refused).
	Heard bool
	// Attempt counts the attempts, this one included, from 1. It may stand still beyond
	// what the record of a delivery keeps.
	Attempt int
}

// Receipt is what came of a send.
type Receipt struct {
	// Status is the far end's answer in a few words, "202" or "250 queued as 4F2".
	Status string
	// Memory is to be handed to the next message of this incident and target;
	// nil leaves what was remembered before.
	Memory []byte
}

// Kind describes a kind of sink.
type Kind struct {
	// Name is the kind's name in the configuration: "slack".
	Name string
	// Parts are the template parts that its messages need, such as "mail.subject".
	Parts []string
	// Limit is the pace that suits the far end unless the settings name another.
	Limit retry.Limit
	// Timeout bounds one Send; 0: the sink itself does, by its settings.
	Timeout time.Duration
	// Long is true when one Send may take minutes: then many go on at the same time,
	// and a reload does not wait for them.
	Long bool
	// Settings returns a pointer to a new struct of the kind's own settings that
	// holds the defaults; its fields bear koanf tags. Config decodes into it,
	// strictly, and hands it to Validate and New.
	Settings func() any
	// Validate looks at decoded settings without touching the network. Each
	// fault names its key.
	Validate func(settings any) []fault.Fault
	// New builds the sink.
	New func(name string, settings any, d Deps) (Sink, error)
	// Supersede says what becomes of messages that wait when a newer one of their
	// incident and target comes.
	Supersede Superseding
	// Passes is true for a far end that takes events of PagerDuty's format as they are
	// (event.CEF): it gets every one of them, the others only what is news to people.
	Passes bool
	// Calm is true for a far end that also likes to hear of successes
	// (mail, chat, webhook; never a pager or a command).
	Calm bool
}

// Superseding is what the newer message of an incident does to those of the same
// incident and target that nobody can have heard of yet (R14), so that a backlog is
// as long as the number of incidents, and not of alerts.
type Superseding int

// The ways of superseding.
const (
	// KeepAll: every message goes out.
	KeepAll Superseding = iota
	// KeepLatest: one message tells the latest state, the end included, and what
	// came before (mail, chat).
	KeepLatest
	// KeepOpenEnd: updates make one, open and end both go out (webhook).
	KeepOpenEnd
	// KeepDistinct: every message goes out but one that says the same as the one before
	// it, which still waits (an event that is passed on).
	KeepDistinct
	// KeepNews: the latest trigger stands for all of them, and an end after a
	// trigger that nobody heard leaves neither (a pager).
	KeepNews
	// KeepBegun: each message goes out by itself, beside those of its incident that are
	// under way, because the end is to reach them. An end before anything was begun
	// leaves neither it nor what waits (a command).
	KeepBegun
)

// Deps is what a sink may use of the world.
type Deps struct {
	Log *slog.Logger
	Now func() time.Time
	// Client sends HTTP; it has no overall timeout, ctx bounds each request.
	Client *http.Client
	// ExternalURL is how people reach bellhop; empty when there is no such URL.
	ExternalURL string
	// Version of the program, for User-Agent and the like.
	Version string
	// Program is the path of the running program, for a sink that runs a command of
	// bellhop's own; empty: it is not known, and such a sink sends nothing.
	Program string
}
