package farend

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// slackBurst is how many messages may come at once before one a second holds.
// Slack says "short bursts" and no number
// (https://docs.slack.dev/apis/web-api/rate-limits/); this is the choice here.
const slackBurst = 3

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

// ServeHTTP answers POST /api/chat.postMessage.
func (s *Slack) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.serve(w, r, func(body []byte) answer {
		if r.URL.Path != "/api/chat.postMessage" {
			return slackRefuses("unknown_method")
		}
		form, err := url.ParseQuery(string(body))
		if err != nil {
			return slackRefuses("invalid_form_data")
		}
		return s.post(form, strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "))
	})
}

func (s *Slack) post(form url.Values, bearer string) answer {
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
	if !s.allow(id) {
		a := jsonAnswer(http.StatusTooManyRequests, map[string]any{"ok": false, "error": "ratelimited"})
		a.header.Set("Retry-After", "1")
		return a
	}
	p := Posted{
		Channel: form.Get("channel"), ID: id, At: s.now(), TS: fmt.Sprintf("%d.%06d", s.now().Unix(), len(s.posted)+1),
		Text: form.Get("text"), Blocks: form.Get("blocks"), Attachments: form.Get("attachments"), ThreadTS: form.Get("thread_ts"),
	}
	s.posted = append(s.posted, p)
	return jsonAnswer(http.StatusOK, map[string]any{"ok": true, "channel": p.ID, "ts": p.TS,
		"message": map[string]string{"text": p.Text, "ts": p.TS}})
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
