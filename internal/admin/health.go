package admin

import (
	"fmt"
	"net/http"
	"strings"

	"bellhop/internal/secret"
)

func healthy(w http.ResponseWriter, _ *http.Request) { plain(w, "ok\n") }

func (h *handler) readiness(r *http.Request) (any, error) {
	if err := h.Ready(r.Context()); err != nil {
		return nil, refusal{code: http.StatusServiceUnavailable, text: "alerts cannot be kept: " + secret.Redact(err.Error())}
	}
	return map[string]string{"status": "ready"}, nil
}

// list tells people which addresses there are.
func list(all []endpoint) http.Handler {
	var b strings.Builder
	b.WriteString("bellhop\n\n")
	for _, e := range all {
		fmt.Fprintf(&b, "%-4s %-30s %s\n", e.method, e.path, e.about)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { plain(w, b.String()) })
}

func plain(w http.ResponseWriter, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = w.Write([]byte(text)) // whoever asked has gone: nothing is lost
}
