package farend

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// Gotify stands in for a Gotify server with one application. It is ready to use as an
// http.Handler.
type Gotify struct {
	Door
	token string

	mu     sync.Mutex
	pushed []Push
}

// NewGotify makes a server whose application has this token.
func NewGotify(now func() time.Time, token string) *Gotify {
	return &Gotify{Door: Door{now: now}, token: token}
}

// Messages returns all messages so far, the oldest first.
func (g *Gotify) Messages() []Push {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.Clone(g.pushed)
}

// ServeHTTP answers POST /message (https://gotify.net/api-docs#/message/createMessage).
func (g *Gotify) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	g.serve(w, r, func(body []byte) answer {
		if r.Method != http.MethodPost || r.URL.Path != "/message" {
			return gotifyRefuses(http.StatusNotFound, "page not found")
		}
		given := []string{r.URL.Query().Get("token"), r.Header.Get("X-Gotify-Key"), strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")}
		if !slices.Contains(given, g.token) {
			return gotifyRefuses(http.StatusUnauthorized, "you need to provide a valid access token or user credentials to access this api")
		}
		var m struct{ Title, Message string }
		if err := json.Unmarshal(body, &m); err != nil {
			return gotifyRefuses(http.StatusBadRequest, err.Error())
		}
		if m.Message == "" {
			return gotifyRefuses(http.StatusBadRequest, "Field 'message' is required")
		}
		return g.push(Push{At: g.now(), Title: m.Title, Text: m.Message, Delivery: r.Header.Get("X-Bellhop-Delivery")})
	})
}

func (g *Gotify) push(p Push) answer {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.pushed = append(g.pushed, p)
	return jsonAnswer(http.StatusOK, map[string]any{"id": len(g.pushed), "appid": 1, "title": p.Title, "message": p.Text, "priority": 0, "date": p.At})
}

func gotifyRefuses(status int, text string) answer {
	return jsonAnswer(status, map[string]any{"error": http.StatusText(status), "errorCode": status, "errorDescription": text})
}
