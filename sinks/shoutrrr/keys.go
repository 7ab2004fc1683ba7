package shoutrrr

import (
	"encoding/base64"
	"net/url"
	"regexp"
	"strings"

	"bellhop/internal/secret"
)

// long is how many bytes make a part of a URL a likely key. Shorter ones are words
// such as "yes", and an answer without any of them could not be read.
const long = 8

// telling are the names of settings whose values are keys, however short.
var telling = regexp.MustCompile(`(?i)pass|token|secret|key|auth`)

// keys are all parts of a service's URL that a far end, or the library, could say back.
func keys(address *url.URL) []secret.String {
	all := []secret.String{secret.New(address.String()), secret.New(address.Opaque), secret.New(address.RawQuery)}
	add := func(text string) {
		parts := append(strings.FieldsFunc(text, divides), strings.Split(text, "/")...)
		for _, part := range append(parts, text) {
			if len(part) >= long {
				all = append(all, secret.New(part))
			}
		}
	}
	password, _ := address.User.Password()
	name := address.User.Username()
	all = append(all, secret.New(password), secret.New(base64.StdEncoding.EncodeToString([]byte(name+":"+password))))
	add(name)
	add(password)
	add(address.Path)
	add(address.Fragment)
	if services()[serviceName(address)].keyed {
		add(address.Host)
	}
	for key, values := range address.Query() {
		for _, value := range values {
			if telling.MatchString(key) || strings.HasPrefix(key, "@") {
				all = append(all, secret.New(value))
			}
			add(value)
		}
	}
	return all
}

// divides reports whether r stands between the parts of a key that a service puts
// together otherwise than its URL.
func divides(r rune) bool { return strings.ContainsRune("/-:, ", r) }
