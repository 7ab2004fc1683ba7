package retry

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// HTTP marks err by a far end's status code (RFC 9110 §15). At 408, 425, 429 and
// 5xx the far end is down, until Retry-After where one was sent. At 401, 403 and 407
// the sink is broken, because they speak of its settings, or of the proxy's, and not
// of this message. Any other 4xx is permanent. A 3xx means that url leads elsewhere:
// to where it has moved, or to a portal that wants a login first; that is a far end
// which cannot be reached now. A sink whose vendor means something else by a status
// says so itself.
//
// A 4xx says that the message was not taken, but for 408: some gateways say it when
// their own back end was too slow. 3xx and 5xx leave it open: 303 answers a request
// that was carried out.
func HTTP(code int, header http.Header, now time.Time, err error) error {
	switch {
	case code >= 200 && code < 300:
		return err
	case code == http.StatusTooManyRequests, code == http.StatusTooEarly:
		return Refused(Down(RetryAfter(header, now), err))
	case code == http.StatusRequestTimeout, code < 400, code >= 500:
		return Down(RetryAfter(header, now), err)
	case code == http.StatusUnauthorized, code == http.StatusForbidden, code == http.StatusProxyAuthRequired:
		return Refused(Broken(err))
	}
	return Permanent(err)
}

// RetryAfter reads the header of that name, seconds or a date (RFC 9110
// §10.2.3); 0 when there is none that makes sense.
func RetryAfter(header http.Header, now time.Time) time.Duration {
	text := strings.TrimSpace(header.Get("Retry-After"))
	if seconds, err := strconv.Atoi(text); err == nil {
		return time.Duration(min(max(seconds, 0), int(MaxAfter/time.Second))) * time.Second
	}
	if at, err := http.ParseTime(text); err == nil {
		return max(at.Sub(now), 0)
	}
	return 0
}
