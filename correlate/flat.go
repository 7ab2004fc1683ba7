package correlate

import (
	"strings"
	"time"
	"unicode/utf8"

	"bellhop/internal/secret"
)

// maxError is how much of an error text is shown, in bytes.
const maxError = 500

// parseFlat reads a hash of the flat layout. Its one time is start and end.
func parseFlat(fields map[string]string, now time.Time) status {
	st := status{layout: flatLayout}
	at, bad := moment(fields["timestamp"])
	if !bad.found() {
		bad = plausible(at, at, now)
	}
	if bad.found() {
		st.damage = bad
		return st
	}
	st.start, st.end = at, at
	switch fields["result"] {
	case "success":
	case "error":
		st.failed = true
		st.text = excerpt(fields["error"])
	default:
		st.damage = damage{reason: hasOddResult}
	}
	return st
}

// moment reads ISO 8601; a time without a zone is UTC.
func moment(s string) (time.Time, damage) {
	if s == "" {
		return time.Time{}, damage{reason: hasNoStamp}
	}
	s = strings.Replace(strings.TrimSpace(s), " ", "T", 1)
	for _, form := range []string{time.RFC3339, "2006-01-02T15:04:05Z0700", "2006-01-02T15:04:05"} {
		at, err := time.Parse(form, s)
		if err == nil && at.Unix() >= firstSecond {
			return at.UTC(), damage{}
		}
	}
	return time.Time{}, damage{reason: hasOddStamp}
}

// excerpt makes a foreign text fit to be shown: valid UTF-8, no credentials, short.
// Credentials go first, so that the cut cannot leave half a URL unrecognised.
func excerpt(s string) string {
	s = strings.ToValidUTF8(s[:min(len(s), maxStatus)], "\uFFFD")
	s = strings.TrimSpace(secret.Redact(s))
	if len(s) <= maxError {
		return s
	}
	cut := maxError - len("…")
	for !utf8.RuneStart(s[cut]) {
		cut--
	}
	return s[:cut] + "…"
}
