package wire

import (
	"fmt"
	"net/url"
	"strings"

	"bellhop/internal/event"
	"bellhop/internal/fault"
)

const (
	maxLink  = 2000 // bytes; browsers and vendors agree on hardly more
	maxLinks = 5    // one alert a node: enough to look, not a wall
)

// Link is a place to look further.
type Link struct {
	Text string
	URL  string
}

// Links are the places that a notice points to: bellhop itself, where people
// can reach it, and where the alerts of the event came from; each once.
func Links(external string, e event.Event) []Link {
	var links []Link
	seen := map[string]bool{}
	add := func(text, raw string) {
		address, ok := Web(raw)
		if !ok || seen[address] || len(links) == maxLinks {
			return
		}
		seen[address] = true
		links = append(links, Link{Text: text, URL: address})
	}
	add("bellhop", external)
	for _, a := range e.Alerts {
		name := Line(a.Name(), 80)
		if name == "" {
			name = "unnamed"
		}
		add("alert "+name, a.GeneratorURL)
	}
	return links
}

// Web gives an address of the web back in printable ASCII, without a user or
// password in it; ok is false for anything else, such as javascript:.
func Web(raw string) (address string, ok bool) {
	u, err := url.Parse(strings.TrimSpace(raw))
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return "", false
	}
	u.User = nil
	address = escape(u.String())
	return address, len(address) <= maxLink
}

// escape encodes what a query may still hold and what means something to the
// far end's markup.
func escape(address string) string {
	var b strings.Builder
	for i := range len(address) {
		c := address[i]
		if c <= ' ' || c >= 0x7f || strings.IndexByte("\"'<>|`\\", c) >= 0 {
			fmt.Fprintf(&b, "%%%02X", c)
			continue
		}
		b.WriteByte(c)
	}
	return b.String()
}

// CheckBase looks at the setting url of a sink whose far end has a well-known address.
func CheckBase(raw, usual string) []fault.Fault {
	remedy := "leave it out, or write something like " + usual
	u, err := url.Parse(raw)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https":
		return []fault.Fault{{Key: "url", Text: "is not the address of a web server", Remedy: remedy}}
	case u.User != nil:
		return []fault.Fault{{Key: "url", Text: "holds a user name or a password, which would be shown", Remedy: remedy}}
	case u.RawQuery != "" || u.Fragment != "":
		return []fault.Fault{{Key: "url", Text: "goes on after its path", Remedy: remedy}}
	}
	return nil
}
