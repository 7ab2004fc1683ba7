package farend

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"golang.org/x/time/rate"
)

// slackBurst is how many messages may come at once before one a second holds.
// Slack says "short bursts" and no number
// (https://docs.slack.dev/apis/web-api/rate-limits/); this is the choice here.
const slackBurst = 3

// maxUpdateText is how many characters chat.update takes as text
// (https://docs.slack.dev/reference/methods/chat.update/).
const maxUpdateText = 4000

// Posted is a message in a channel.
type Posted struct {
	Channel     string // as its poster named it
	ID          string // Slack's name of the channel
	TS          string
	At          time.Time
	Text        string
	Blocks      string // JSON as it came
	Attachments string // JSON as it came
	ThreadTS    string
	Edits       int // how often chat.update has changed it
}

// Slack stands in for Slack's Web API. It is ready to use as an http.Handler.
type Slack struct {
	Door
	token    string
	channels []string

	mu     sync.Mutex
	posted []Posted
	pace   map[string]*rate.Limiter // by channel id
}

// NewSlack makes a Slack that knows this token and these channels, "#name" each.
func NewSlack(now func() time.Time, token string, channels ...string) *Slack {
	return &Slack{Door: Door{now: now}, token: token, channels: slices.Clone(channels), pace: map[string]*rate.Limiter{}}
}

// Messages returns all messages so far, the oldest first.
func (s *Slack) Messages() []Posted {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.posted)
}

// ServeHTTP answers POST /api/chat.postMessage and /api/chat.update.
func (s *Slack) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.serve(w, r, func(body []byte) answer {
		method, known := s.methods()[r.URL.Path]
		if !known {
			return slackRefuses("unknown_method")
		}
		form, err := url.ParseQuery(string(body))
		if err != nil {
			return slackRefuses("invalid_form_data")
		}
		return s.call(form, strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "), method)
	})
}

// methods are those of the Web API that there are. Each gets the id of a channel
// that exists and a form that may be posted, under s.mu.
func (s *Slack) methods() map[string]func(id string, form url.Values) answer {
	return map[string]func(string, url.Values) answer{"/api/chat.postMessage": s.post, "/api/chat.update": s.update}
}

func (s *Slack) call(form url.Values, bearer string, method func(string, url.Values) answer) answer {
	token := form.Get("token")
	if token == "" {
		token = bearer
	}
	id := s.channelID(form.Get("channel"))
	switch {
	case token == "":
		return slackRefuses("not_authed")
	case token != s.token:
		return slackRefuses("invalid_auth")
	case id == "":
		return slackRefuses("channel_not_found")
	}
	if refused := checkMessage(form); refused != "" {
		return slackRefuses(refused)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return method(id, form)
}

// post answers as https://docs.slack.dev/reference/methods/chat.postMessage/ does.
func (s *Slack) post(id string, form url.Values) answer {
	if !s.allow(id) {
		return slackLimits()
	}
	p := Posted{
		Channel: form.Get("channel"), ID: id, At: s.now(), TS: fmt.Sprintf("%d.%06d", s.now().Unix(), len(s.posted)+1),
		Text: form.Get("text"), Blocks: form.Get("blocks"), Attachments: form.Get("attachments"), ThreadTS: form.Get("thread_ts"),
	}
	s.posted = append(s.posted, p)
	return slackTakes(p)
}

// update answers as https://docs.slack.dev/reference/methods/chat.update/ does: the
// channel must be named by its id, what is not given stays, and a text has a bound of
// its own. Its pace, 50 a minute and more, is not played.
func (s *Slack) update(id string, form url.Values) answer {
	at := slices.IndexFunc(s.posted, func(p Posted) bool { return p.ID == id && p.TS == form.Get("ts") })
	switch {
	case form.Get("channel") != id:
		return slackRefuses("channel_not_found")
	case at < 0:
		return slackRefuses("message_not_found")
	case utf8.RuneCountInString(form.Get("text")) > maxUpdateText:
		return slackRefuses("msg_too_long")
	}
	p := &s.posted[at]
	for part, into := range map[string]*string{"text": &p.Text, "blocks": &p.Blocks, "attachments": &p.Attachments} {
		if form.Has(part) {
			*into = form.Get(part)
		}
	}
	p.Edits++
	return slackTakes(*p)
}

func slackTakes(p Posted) answer {
	return jsonAnswer(http.StatusOK, map[string]any{"ok": true, "channel": p.ID, "ts": p.TS,
		"message": map[string]string{"text": p.Text, "ts": p.TS}})
}

func slackLimits() answer {
	a := jsonAnswer(http.StatusTooManyRequests, map[string]any{"ok": false, "error": "ratelimited"})
	a.header.Set("Retry-After", "1")
	return a
}

// channelID is Slack's name of a channel, "" for one that is not there.
func (s *Slack) channelID(channel string) string {
	for i, name := range s.channels {
		id := fmt.Sprintf("C%08d", i+1)
		if channel == id || channel != "" && strings.TrimPrefix(channel, "#") == strings.TrimPrefix(name, "#") {
			return id
		}
	}
	return ""
}

func (s *Slack) allow(id string) bool {
	if s.pace[id] == nil {
		s.pace[id] = rate.NewLimiter(1, slackBurst)
	}
	return s.pace[id].AllowN(s.now(), 1)
}

// slackRefuses answers as Slack does: with status 200.
func slackRefuses(code string) answer {
	return jsonAnswer(http.StatusOK, map[string]any{"ok": false, "error": code})
}
