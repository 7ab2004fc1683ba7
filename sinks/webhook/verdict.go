package webhook

import (
	"errors"
	"net/http"

	"bellhop/internal/retry"
	"bellhop/sinks/wire"
)

// verdict says what became of a call that was answered. Any web server may stand
// there, so a status means what RFC 9110 §15 says, and any 2xx is taken for a success,
// a portal's page included: nothing tells it from the receiver's own.
func (s *Sink) verdict(call *wire.Call) error {
	text := "answered " + call.Said()
	switch {
	case call.Status/100 == 2:
		return nil
	case call.Status == http.StatusUnauthorized, call.Status == http.StatusForbidden:
		text += "; see bearer_token, username, password and headers"
	case call.Status == http.StatusProxyAuthRequired:
		text += "; the proxy on the way wants a login: see the proxy in bellhop's environment"
	}
	return retry.HTTP(call.Status, call.Header, s.now(), errors.New(text))
}
