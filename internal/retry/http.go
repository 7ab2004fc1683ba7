package retry

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// HTTP marks err by a far end's status code: at 408, 425, 429 and 5xx it is down
// (until Retry-After, where one was sent), at 401 and 403 the sink is broken,
// because they speak of its settings and not of this message; any other status
// that is not 2xx is permanent. After 429 the message was definitely not taken. A
// sink whose vendor means something else by a status says so itself.
func HTTP(code int, header http.Header, now time.Time, err error) error {
	switch {
	case code == http.StatusTooManyRequests:
		return Refused(Down(RetryAfter(header, now), err))
	case code == http.StatusRequestTimeout, code == http.StatusTooEarly, code >= 500:
		return Down(RetryAfter(header, now), err)
	case code == http.StatusUnauthorized, code == http.StatusForbidden:
		return Refused(Broken(err))
	case code >= 200 && code < 300:
		return err
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
