package farend

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/time/rate"
)

// What Slack bears (https://docs.slack.dev/apis/web-api/rate-limits/). It says "short
// bursts" of messages and no number, and "50+" edits a minute; both are chosen here.
const (
	slackBurst = 3 // messages at once, before one a second and channel holds
	editPace   = 50
	editWindow = time.Minute
)

// Posted is a message in a channel.
type Posted struct {
	Channel     string // "#name"
	ID          string // Slack's name of the channel
	TS          string
	At          time.Time
	Text        string
	Blocks      string // JSON as it came
	Attachments string // JSON as it came
	ThreadTS    string // of the message that it is a reply to
	Edits       int    // how often chat.update has changed it
}

// Thread is a message of a channel as a person sees it, with the replies to it.
type Thread struct {
	Posted
	Replies []Posted
}

// channel is what Slack keeps of a channel.
type channel struct {
	id, name string
	archived bool
	posted   []*Posted
	pace     *rate.Limiter
}

func newChannel(number int, name string) *channel {
	return &channel{
		id: fmt.Sprintf("C%08d", number), name: "#" + strings.TrimPrefix(name, "#"),
		pace: rate.NewLimiter(1, slackBurst),
	}
}

// Messages returns the messages of all channels, replies included, the oldest first.
func (s *Slack) Messages() []Posted {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []Posted
	for _, c := range s.channels {
		for _, p := range c.posted {
			all = append(all, *p)
		}
	}
	slices.SortStableFunc(all, func(a, b Posted) int { return strings.Compare(a.TS, b.TS) })
	return all
}

// Threads returns what stands in the channel, the oldest first. Replies to a message
// that was deleted are not to be seen.
func (s *Slack) Threads(name string) []Thread {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []Thread
	for _, p := range s.channel(name).posted {
		at := slices.IndexFunc(all, func(t Thread) bool { return t.TS == p.ThreadTS })
		switch {
		case p.ThreadTS == "":
			all = append(all, Thread{Posted: *p})
		case at >= 0:
			all[at].Replies = append(all[at].Replies, *p)
		}
	}
	return all
}

// Delete takes a message away, as a person can.
func (s *Slack) Delete(ts string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.channels {
		c.posted = slices.DeleteFunc(c.posted, func(p *Posted) bool { return p.TS == ts })
	}
}

// EditWithin has messages that are older refuse to be edited, as a workspace may want
// it; 0: they may be edited for ever.
func (s *Slack) EditWithin(window time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.editable = window
}

// Archive closes a channel, or opens it again.
func (s *Slack) Archive(name string, archived bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.channel(name).archived = archived
}

// channel is the one of that name or id, nil when it is not there.
func (s *Slack) channel(name string) *channel {
	for _, c := range s.channels {
		if name == c.id || name != "" && "#"+strings.TrimPrefix(name, "#") == c.name {
			return c
		}
	}
	return nil
}

// add puts a message into the channel and names it.
func (s *Slack) add(c *channel, p Posted) *Posted {
	s.count++
	p.Channel, p.ID, p.At = c.name, c.id, s.now()
	p.TS = fmt.Sprintf("%d.%06d", p.At.Unix(), s.count)
	c.posted = append(c.posted, &p)
	return &p
}

// mayEdit reports whether one more edit may be made now, and counts it.
func (s *Slack) mayEdit() bool {
	now := s.now()
	s.edits = slices.DeleteFunc(s.edits, func(t time.Time) bool { return now.Sub(t) >= editWindow })
	if len(s.edits) >= editPace {
		return false
	}
	s.edits = append(s.edits, now)
	return true
}

// find is the message of that name, nil when it is not there.
func (c *channel) find(ts string) *Posted {
	at := slices.IndexFunc(c.posted, func(p *Posted) bool { return p.TS == ts })
	if at < 0 {
		return nil
	}
	return c.posted[at]
}

func (c *channel) allow(now time.Time) bool { return c.pace.AllowN(now, 1) }
