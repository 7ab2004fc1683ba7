package farend

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"golang.org/x/time/rate"
)

// What an ntfy server bears unless its settings say otherwise: 4096 bytes a message,
// beyond which it becomes a file, and 60 requests at once, one more each 5 s
// (https://docs.ntfy.sh/publish/#limitations).
const (
	ntfyMessage = 4096
	ntfyBurst   = 60
	ntfyEvery   = 5 * time.Second
)

// Push is a message on somebody's phone.
type Push struct {
	At    time.Time
	Topic string // of ntfy
	Title string
	Text  string
	// File is true for a text that came as an attachment, because it was too long.
	File     bool
	Priority string
	Delivery string // what the sender calls it
}

// Ntfy stands in for an ntfy server that keeps one topic for one user. It is ready to
// use as an http.Handler.
type Ntfy struct {
	Door
	topic, user, password string

	mu     sync.Mutex
	pushed []Push
	pace   *rate.Limiter
}

// NewNtfy makes a server with this topic, and this user who alone may publish in it.
func NewNtfy(now func() time.Time, topic, user, password string) *Ntfy {
	return &Ntfy{Door: Door{now: now}, topic: topic, user: user, password: password,
		pace: rate.NewLimiter(rate.Every(ntfyEvery), ntfyBurst)}
}

// Messages returns all messages so far, the oldest first.
func (n *Ntfy) Messages() []Push {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.Clone(n.pushed)
}

// ServeHTTP publishes what is posted to /TOPIC
// (https://docs.ntfy.sh/publish/, codes of server/errors.go).
func (n *Ntfy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	n.serve(w, r, func(body []byte) answer {
		user, password, login := r.BasicAuth()
		switch {
		case r.Method != http.MethodPost && r.Method != http.MethodPut:
			return ntfyRefuses(http.StatusNotFound, 40401, "page not found")
		case login && (user != n.user || password != n.password):
			return ntfyRefuses(http.StatusUnauthorized, 40101, "unauthorized")
		case !login || r.URL.Path != "/"+n.topic:
			return ntfyRefuses(http.StatusForbidden, 40301, "forbidden")
		}
		return n.publish(r.Header, string(body))
	})
}

func (n *Ntfy) publish(header http.Header, text string) answer {
	n.mu.Lock()
	defer n.mu.Unlock()
	if !n.pace.AllowN(n.now(), 1) {
		return ntfyRefuses(http.StatusTooManyRequests, 42901, "limit reached: too many requests, please be nice")
	}
	p := Push{
		At: n.now(), Topic: n.topic, Title: header.Get("Title"), Text: strings.TrimSpace(text), Priority: header.Get("Priority"),
		File: len(text) > ntfyMessage || !utf8.ValidString(text), Delivery: header.Get("X-Bellhop-Delivery"),
	}
	n.pushed = append(n.pushed, p)
	return jsonAnswer(http.StatusOK, map[string]any{"id": fmt.Sprintf("m%09d", len(n.pushed)), "time": p.At.Unix(),
		"event": "message", "topic": p.Topic, "title": p.Title, "message": p.Text})
}

func ntfyRefuses(status, code int, text string) answer {
	return jsonAnswer(status, map[string]any{"code": code, "http": status, "error": text, "link": "https://ntfy.sh/docs/publish/"})
}
