package farend

import (
	"net/http"
	"time"
)

// Webhook takes whatever is posted to it. It is ready to use as an http.Handler.
type Webhook struct{ Door }

// NewWebhook makes a web server whose record shows the times of now.
func NewWebhook(now func() time.Time) *Webhook { return &Webhook{Door: Door{now: now}} }

// ServeHTTP answers 200 to a POST.
func (h *Webhook) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h.serve(w, r, func([]byte) answer {
		if r.Method != http.MethodPost {
			return answer{status: http.StatusMethodNotAllowed, header: http.Header{"Allow": {http.MethodPost}}}
		}
		return answer{status: http.StatusOK}
	})
}
