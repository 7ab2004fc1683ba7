package wire

import (
	"cmp"
	"encoding/base64"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"bellhop/internal/event"
	"bellhop/internal/fault"
	"bellhop/internal/secret"
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

// Links are the places that a notice points to: bellhop itself, where people can reach
// it, and where the alerts of the event came from; each once. Their texts are names,
// which are the same in every language.
func Links(external string, e event.Event) []Link {
	var links []Link
	seen := map[string]bool{}
	add := func(text, raw string) {
		address, ok := Web(raw)
		if !ok || seen[address] || len(links) == maxLinks {
			return
		}
		seen[address] = true
		links = append(links, Link{Text: cmp.Or(text, host(address)), URL: address})
	}
	add("bellhop", external)
	for _, a := range e.Alerts {
		add(Line(a.Name(), 80), a.GeneratorURL)
	}
	return links
}

// host is what an address without another name is called.
func host(address string) string {
	_, rest, _ := strings.Cut(address, "://")
	if end := strings.IndexAny(rest, "/?#"); end >= 0 {
		rest = rest[:end]
	}
	return rest
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

// Hidden are the parts of a secret address that a far end or a library may quote alone:
// the password in it, the query, its values, and what is long enough in the path to be
// a key. The address as a whole is for the caller to add.
func Hidden(address *url.URL) []secret.String {
	const long = 8
	parts := strings.Split(address.Path, "/")
	parts = slices.DeleteFunc(parts, func(part string) bool { return len(part) < long })
	parts = append(parts, address.Path, address.EscapedPath(), address.RawQuery)
	for _, values := range address.Query() {
		parts = append(parts, values...)
	}
	if password, set := address.User.Password(); set {
		parts = append(parts, password, base64.StdEncoding.EncodeToString([]byte(address.User.Username()+":"+password)))
	}
	var all []secret.String
	for _, part := range parts {
		all = append(all, secret.New(part))
	}
	return all
}
