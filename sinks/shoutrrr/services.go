package shoutrrr

import (
	"net/url"
	"slices"
	"strings"

	"bellhop/internal/secret"
	"bellhop/sinks/wire"
)

// service is what has to be known of one, beside what the library knows.
type service struct {
	// text and title are how many bytes of each arrive whole. Counting bytes is right
	// whatever the far end counts. Without title the service has no such field, or the
	// library leaves it out: then it is the first line of the text.
	text, title int
	// chat has mentions and markup in angle brackets, even where nobody asked for them.
	chat bool
	// keyed is true where the host of the URL is a key or part of one.
	keyed bool
	// lists are the keys of the query that list receivers whom the library tells one
	// after the other. Each becomes a target (R11): told together, one that fails would
	// have the others told again.
	lists []string
	// set are settings that ours must come before.
	set map[string]string
	// proof names a field of the answer that must be true, where the library says that a
	// message was sent whatever was answered.
	proof string
	// instead says what to use in place of a service that is not for this sink.
	instead string
}

// services are those of the library, all of them. Where a limit has no note, the
// service has none so small, or tells none, and this much is enough to read.
func services() map[string]service {
	const plenty, heading = 4000, 200
	return map[string]service{
		// Apple takes 4096 bytes with all that is around the text.
		"bark": {text: 2500, title: heading},
		// 2000 characters, which the library would split; a title makes it an embed,
		// with 256 of its own. By lines, as the library does by itself, it would send the
		// last ten of a long text again in place of those before.
		"discord": {text: 2000, title: heading, chat: true, keyed: true, set: map[string]string{"splitLines": "No"}},
		"generic": {text: 16000},
		"gotify":  {text: plenty, title: heading},
		// 4096 characters.
		"googlechat": {text: plenty, chat: true},
		"hangouts":   {text: plenty, chat: true},
		"ifttt":      {text: plenty, keyed: true, lists: []string{"events"}},
		// The text travels in the address.
		"join": {text: 1000, title: heading},
		// The library refuses more than 4096 bytes.
		"lark":   {text: 4000, title: heading, chat: true},
		"logger": {instead: "it would only write to a log, and nobody would be told; see bellhop's own log"},
		"matrix": {text: plenty, chat: true, lists: []string{"rooms", "room"}},
		// Old servers take 4000 characters.
		"mattermost": {text: plenty, chat: true},
		// It goes on to Discord.
		"notifiarr": {text: 2000, title: heading, chat: true, keyed: true},
		// More than 4096 bytes become an attachment.
		"ntfy": {text: plenty, title: heading},
		// The message of an alert, our title, has 130 characters.
		"opsgenie":   {text: plenty, title: 130},
		"pagerduty":  {instead: "use a sink with type: pagerduty, whose incidents resolve by themselves"},
		"pushbullet": {text: plenty, title: heading, keyed: true},
		// 1024 characters, and 250 of a title.
		"pushover":   {text: 1024, title: heading, keyed: true},
		"rocketchat": {text: plenty, chat: true},
		"signal":     {text: plenty},
		"slack":      {text: plenty, title: heading, chat: true, keyed: true},
		"smtp":       {instead: "use a sink with type: smtp, which tells a refused address from a server that is away"},
		"teams":      {text: plenty, title: heading, chat: true, keyed: true},
		// The library refuses more than 4096 bytes. A title, or any markup, would have
		// Telegram refuse what reads like markup and is none.
		"telegram": {text: 4096, chat: true, lists: []string{"chats", "channels"}, set: map[string]string{"parsemode": "None"}, proof: "ok"},
		// Its own pages say 2048 bytes; the library refuses only more than 4096.
		"wecom": {text: 2048, chat: true, keyed: true},
		// The library refuses more than 10,000 bytes.
		"zulip": {text: plenty, chat: true},
	}
}

// place is a target and the URL that tells it alone.
type place struct {
	target string
	url    secret.String
}

// places are the receivers in address, or the one that it names as a whole.
func (s service) places(name string, address *url.URL) []place {
	label := name
	if host := wire.Line(address.Host, 80); !s.keyed && host != "" && host != name {
		label += " " + host
	}
	key, receivers := s.receivers(address.Query())
	if len(receivers) < 2 {
		return []place{{target: label, url: secret.New(address.String())}}
	}
	var all []place
	for _, receiver := range receivers {
		all = append(all, place{target: label + " " + wire.Line(receiver, 80), url: secret.New(only(address, key, receiver))})
	}
	return all
}

// receivers are those of the first list that is there, each once.
func (s service) receivers(query url.Values) (key string, all []string) {
	for _, list := range s.lists {
		for key, values := range query {
			if strings.EqualFold(key, list) {
				all = strings.Split(values[0], ",")
				slices.Sort(all)
				return key, slices.Compact(all)
			}
		}
	}
	return "", nil
}

func only(address *url.URL, key, receiver string) string {
	query := address.Query()
	query.Set(key, receiver)
	one := *address
	one.RawQuery = query.Encode()
	return one.String()
}
