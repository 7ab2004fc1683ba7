package farend

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"
)

// maxUpdateText is how many characters chat.update takes as text
// (https://docs.slack.dev/reference/methods/chat.update/).
const maxUpdateText = 4000

// Slack stands in for Slack's Web API and its incoming webhooks. It is ready to use as
// an http.Handler.
type Slack struct {
	Door
	token string

	mu       sync.Mutex
	channels []*channel
	hooks    map[string]*channel // by path
	count    int                 // of messages, for their names
	edits    []time.Time         // inside the window
	editable time.Duration       // how long a message may be edited; 0: for ever
}

// NewSlack makes a Slack that knows this token and these channels, "#name" each.
func NewSlack(now func() time.Time, token string, channels ...string) *Slack {
	s := &Slack{Door: Door{now: now}, token: token, hooks: map[string]*channel{}}
	for _, name := range channels {
		s.channels = append(s.channels, newChannel(len(s.channels)+1, name))
	}
	return s
}

// Hook makes an incoming webhook at this path, "/services/T0/B0/key", that posts to
// the channel.
func (s *Slack) Hook(path, name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hooks[path] = s.channel(name)
}

// ServeHTTP answers POST /api/chat.postMessage, /api/chat.update, and webhooks.
func (s *Slack) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.serve(w, r, func(body []byte) answer {
		s.mu.Lock()
		defer s.mu.Unlock()
		if _, made := s.hooks[r.URL.Path]; made || strings.HasPrefix(r.URL.Path, "/services/") {
			return s.hook(r.URL.Path, body)
		}
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

// methods are those of the Web API that there are. Each gets a channel that exists
// and a form that may be posted.
func (s *Slack) methods() map[string]func(*channel, url.Values) answer {
	return map[string]func(*channel, url.Values) answer{"/api/chat.postMessage": s.post, "/api/chat.update": s.update}
}

func (s *Slack) call(form url.Values, bearer string, method func(*channel, url.Values) answer) answer {
	token := form.Get("token")
	if token == "" {
		token = bearer
	}
	c := s.channel(form.Get("channel"))
	switch {
	case token == "":
		return slackRefuses("not_authed")
	case token != s.token:
		return slackRefuses("invalid_auth")
	case c == nil:
		return slackRefuses("channel_not_found")
	}
	if refused := checkMessage(form); refused != "" {
		return slackRefuses(refused)
	}
	return method(c, form)
}

// post answers as https://docs.slack.dev/reference/methods/chat.postMessage/ does. A
// reply to a message that is not there is posted without a thread
// (https://github.com/slack-go/slack/issues/1571).
func (s *Slack) post(c *channel, form url.Values) answer {
	switch {
	case c.archived:
		return slackRefuses("is_archived")
	case !c.allow(s.now()):
		return slackLimits("ratelimited", time.Second)
	}
	p := s.add(c, Posted{Text: form.Get("text"), Blocks: form.Get("blocks"), Attachments: form.Get("attachments")})
	if c.find(form.Get("thread_ts")) != nil {
		p.ThreadTS = form.Get("thread_ts")
	}
	return slackTakes(*p)
}

// update answers as https://docs.slack.dev/reference/methods/chat.update/ does: the
// channel must be named by its id, what is not given stays, and a text has a bound of
// its own.
func (s *Slack) update(c *channel, form url.Values) answer {
	p := c.find(form.Get("ts"))
	switch {
	case form.Get("channel") != c.id:
		return slackRefuses("channel_not_found")
	case !s.mayEdit():
		return slackLimits("ratelimited", s.edits[0].Add(editWindow).Sub(s.now()))
	case c.archived:
		return slackRefuses("is_inactive")
	case p == nil:
		return slackRefuses("message_not_found")
	case s.editable > 0 && s.now().Sub(p.At) > s.editable:
		return slackRefuses("edit_window_closed")
	case utf8.RuneCountInString(form.Get("text")) > maxUpdateText:
		return slackRefuses("msg_too_long")
	}
	for part, into := range map[string]*string{"text": &p.Text, "blocks": &p.Blocks, "attachments": &p.Attachments} {
		if form.Has(part) {
			*into = form.Get(part)
		}
	}
	p.Edits++
	return slackTakes(*p)
}

// hook answers as an incoming webhook does, with one word
// (https://api.slack.com/changelog/2016-05-17-changes-to-errors-for-incoming-webhooks).
// A message that names a channel goes there, as with the old webhooks and Mattermost's.
func (s *Slack) hook(path string, body []byte) answer {
	c := s.hooks[path]
	if c == nil {
		return word(http.StatusNotFound, "no_service")
	}
	var m struct {
		Channel     string          `json:"channel"`
		Text        string          `json:"text"`
		Blocks      json.RawMessage `json:"blocks"`
		Attachments json.RawMessage `json:"attachments"`
	}
	if json.Unmarshal(body, &m) != nil {
		return word(http.StatusBadRequest, "invalid_payload")
	}
	if m.Channel != "" {
		c = s.channel(m.Channel)
	}
	form := url.Values{"text": {m.Text}, "blocks": {string(m.Blocks)}, "attachments": {string(m.Attachments)}}
	refused := checkMessage(form)
	switch {
	case c == nil:
		return word(http.StatusNotFound, "channel_not_found")
	case c.archived:
		return word(http.StatusGone, "channel_is_archived")
	case refused != "":
		return word(http.StatusBadRequest, refused)
	case !c.allow(s.now()):
		return slackLimits("rate_limited", time.Second)
	}
	s.add(c, Posted{Text: m.Text, Blocks: string(m.Blocks), Attachments: string(m.Attachments)})
	return word(http.StatusOK, "ok")
}

func word(status int, text string) answer {
	return answer{status: status, header: http.Header{"Content-Type": {"text/html"}}, body: []byte(text)}
}

func slackTakes(p Posted) answer {
	message := map[string]string{"text": p.Text, "ts": p.TS}
	if p.ThreadTS != "" {
		message["thread_ts"] = p.ThreadTS
	}
	return jsonAnswer(http.StatusOK, map[string]any{"ok": true, "channel": p.ID, "ts": p.TS, "message": message})
}

// slackLimits names whole seconds, rounded up.
func slackLimits(code string, wait time.Duration) answer {
	seconds := max(1, int((wait+time.Second-1)/time.Second))
	a := jsonAnswer(http.StatusTooManyRequests, map[string]any{"ok": false, "error": code})
	a.header.Set("Retry-After", strconv.Itoa(seconds))
	return a
}

// slackRefuses answers as Slack does: with status 200.
func slackRefuses(code string) answer {
	return jsonAnswer(http.StatusOK, map[string]any{"ok": false, "error": code})
}
