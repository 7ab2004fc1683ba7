package admin

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
)

const (
	usualLimit = 100
	mostLimit  = 1000
	// mostAfter bounds an id that somebody hands in, in bytes.
	mostAfter = 512
)

// page is which part of a list is asked for.
type page struct {
	limit int
	after string
}

func pageOf(q url.Values) (page, error) {
	p := page{limit: usualLimit, after: q.Get("after")}
	if text := q.Get("limit"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > mostLimit {
			return p, bad("limit", text, fmt.Sprintf("give a number from 1 to %d", mostLimit))
		}
		p.limit = n
	}
	if len(p.after) > mostAfter {
		return p, bad("after", p.after[:20]+"…", `give what the last answer called "next"`)
	}
	return p, nil
}

// bad refuses a parameter.
func bad(name, value, remedy string) error {
	return refusal{code: http.StatusBadRequest, text: fmt.Sprintf("%s cannot be %q: %s", name, value, remedy)}
}

// tail is what every list ends with.
type tail struct {
	Unreadable int    `json:"unreadable,omitempty"` // damaged rows that were left out
	Next       string `json:"next,omitempty"`       // to be handed in as after; absent at the end
}
