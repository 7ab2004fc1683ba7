package admin

import (
	"errors"
	"net"
	"net/http"
	"net/url"
	"strings"

	"bellhop/internal/record"
	"bellhop/internal/secret"
)

// Done is the answer to an action.
type Done struct {
	Status string `json:"status"` // queued or dropped
	ID     string `json:"id"`     // of the delivery that is in this state; after a retry, of the new one
}

func (h *handler) retry(r *http.Request) (any, error) {
	id := r.PathValue("id")
	again, err := h.Actions.Retry(r.Context(), id)
	if err != nil {
		return nil, refused(err)
	}
	h.Log.Info("a delivery is sent again by hand", "delivery", id, "again", again)
	return Done{"queued", again}, nil
}

func (h *handler) drop(r *http.Request) (any, error) {
	id := r.PathValue("id")
	if err := h.Actions.Drop(r.Context(), id); err != nil {
		return nil, refused(err)
	}
	h.Log.Info("a delivery was let go by hand", "delivery", id)
	return Done{"dropped", id}, nil
}

// refused makes a refusal of what is the person's to hear.
func refused(err error) error {
	switch {
	case errors.Is(err, record.ErrUnknown):
		return refusal{code: http.StatusNotFound, text: secret.Redact(err.Error())}
	case errors.Is(err, record.ErrRefused):
		return refusal{code: http.StatusConflict, text: secret.Redact(err.Error())}
	}
	return err
}

// act serves what changes something: 202, but not for a page of another site.
func (h *handler) act(do asked) http.Handler {
	return h.answer(http.StatusAccepted, func(r *http.Request) (any, error) {
		if foreign(r) {
			return nil, refusal{code: http.StatusForbidden, text: "pages of other sites may not act here: use the status page or the command line"}
		}
		return do(r)
	})
}

// foreign reports whether a browser sent r for the page of another site. A browser
// says so by one of two headers or both; no other program sends them, and no
// browser speaks over the socket.
func foreign(r *http.Request) bool {
	if at, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr); ok && at.Network() == "unix" {
		return false
	}
	switch r.Header.Get("Sec-Fetch-Site") {
	case "", "same-origin", "none":
	default:
		return true
	}
	origin := r.Header.Get("Origin")
	if origin == "" {
		return false
	}
	from, err := url.Parse(origin)
	return err != nil || from.Host == "" || !strings.EqualFold(from.Host, r.Host)
}
