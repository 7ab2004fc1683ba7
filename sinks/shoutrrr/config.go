package shoutrrr

import (
	"maps"
	"net/url"
	"slices"
	"strings"

	"bellhop/internal/fault"
	"bellhop/internal/secret"
)

// Config is the section of a shoutrrr sink.
type Config struct {
	// URL names the service, its keys and whom to tell, as the library documents it.
	// It is secret because there is none without a key in it.
	URL secret.String `koanf:"url"`
}

// DefaultConfig returns the settings that nobody has to write: none.
func DefaultConfig() Config { return Config{} }

// Validate has the library read the URL, without the network.
func (c Config) Validate() []fault.Fault {
	const page = "see https://shoutrrr.nickfedor.com for the form of each service's URL"
	if c.URL.Empty() {
		return []fault.Fault{{Key: "url", Text: "is empty", Remedy: "give the URL of a service, such as ntfy://ntfy.sh/TOPIC; " + page}}
	}
	address, err := url.Parse(c.URL.Reveal())
	if err != nil || address.Scheme == "" {
		return []fault.Fault{{Key: "url", Text: "is no URL", Remedy: "write SERVICE://…, with characters that mean something in a URL encoded as %XX; " + page}}
	}
	of, known := services()[serviceName(address)]
	switch {
	case !known:
		return []fault.Fault{{Key: "url", Text: "names no service", Remedy: "begin it with one of " + strings.Join(offered(), ", ")}}
	case of.instead != "":
		return []fault.Fault{{Key: "url", Text: "names a service that is not for this sink", Remedy: of.instead}}
	}
	if err := readable(address); err != nil {
		return []fault.Fault{{Key: "url", Text: "is refused by the library: " + quote(err, keys(address)), Remedy: page}}
	}
	return nil
}

// offered are the services that may be named.
func offered() []string {
	all := services()
	maps.DeleteFunc(all, func(_ string, s service) bool { return s.instead != "" })
	return slices.Sorted(maps.Keys(all))
}

// serviceName is the first part of a scheme such as generic+https.
func serviceName(address *url.URL) string {
	name, _, _ := strings.Cut(address.Scheme, "+")
	return name
}
