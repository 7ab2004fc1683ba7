package webhook

import (
	"errors"
	"net/http"

	"bellhop/internal/retry"
	"bellhop/sinks/wire"
)

// verdict says what became of a call that was answered.
func (s *Sink) verdict(call *wire.Call) error {
	if call.Status/100 == 2 {
		return nil
	}
	text := "answered " + call.Said()
	if call.Status == http.StatusUnauthorized || call.Status == http.StatusForbidden {
		text += "; see bearer_token, username, password and headers"
	}
	return retry.HTTP(call.Status, call.Header, s.now(), errors.New(text))
}
