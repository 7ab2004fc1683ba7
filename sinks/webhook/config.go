package webhook

import (
	"encoding/base64"
	"net/textproto"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/net/http/httpguts"

	"bellhop/internal/fault"
	"bellhop/internal/secret"
	"bellhop/sinks/wire"
)

// Config is the section of a webhook sink.
type Config struct {
	// URL is where to post. It is secret because many services put their key into it.
	URL secret.String `koanf:"url"`
	// Headers are added to each request.
	Headers map[string]secret.String `koanf:"headers"`
	// BearerToken goes into the header Authorization; or else
	BearerToken secret.String `koanf:"bearer_token"`
	// Username and Password do, as HTTP basic authentication.
	Username string        `koanf:"username"`
	Password secret.String `koanf:"password"`
	// HMACSecret is the key of the signature in [SignatureHeader]; empty: there is none.
	HMACSecret secret.String `koanf:"hmac_secret"`
}

// DefaultConfig returns the settings that nobody has to write: none.
func DefaultConfig() Config { return Config{} }

// Validate looks at the settings without calling anybody.
func (c Config) Validate() []fault.Fault {
	faults := c.checkURL()
	faults = append(faults, c.checkHeaders()...)
	faults = append(faults, c.checkLogin()...)
	return append(faults, c.checkHMAC()...)
}

func (c Config) checkURL() []fault.Fault {
	const remedy = "give the whole address to post to: https://example.org/hook"
	if c.URL.Empty() {
		return []fault.Fault{{Key: "url", Text: "is empty", Remedy: remedy}}
	}
	u, err := url.Parse(c.URL.Reveal())
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return []fault.Fault{{Key: "url", Text: "is not the address of a web server", Remedy: remedy}}
	}
	return nil
}

func (c Config) checkHeaders() []fault.Fault {
	var faults []fault.Fault
	for name, value := range c.Headers {
		key := "headers." + name
		switch {
		case !httpguts.ValidHeaderFieldName(name):
			faults = append(faults, fault.Fault{Key: key, Text: "is no name of an HTTP header",
				Remedy: "use letters, digits and dashes: X-Team"})
		case slices.Contains(ours(), textproto.CanonicalMIMEHeaderKey(name)):
			faults = append(faults, fault.Fault{Key: key, Text: "is written by bellhop itself", Remedy: "take it out"})
		case !httpguts.ValidHeaderFieldValue(value.Reveal()):
			faults = append(faults, fault.Fault{Key: key, Text: "holds a line break or a control character",
				Remedy: "write the value on one line"})
		}
	}
	slices.SortFunc(faults, func(a, b fault.Fault) int { return strings.Compare(a.Key, b.Key) })
	return faults
}

// ours are the headers that a setting must not change.
func ours() []string {
	return []string{"Host", "Content-Length", "Content-Type", "Transfer-Encoding", "Connection", "User-Agent",
		DeliveryHeader, idempotencyHeader, TimestampHeader, SignatureHeader}
}

func (c Config) checkLogin() []fault.Fault {
	var faults []fault.Fault
	if !httpguts.ValidHeaderFieldValue(c.BearerToken.Reveal()) {
		faults = append(faults, fault.Fault{Key: "bearer_token", Text: "holds a line break or a control character",
			Remedy: "write the token on one line"})
	}
	if c.Username == "" && !c.Password.Empty() {
		faults = append(faults, fault.Fault{Key: "username", Text: "is empty, but there is a password",
			Remedy: "give the user's name, or use bearer_token"})
	}
	ways := 0
	for _, used := range []bool{!c.BearerToken.Empty(), c.Username != "", c.header("Authorization")} {
		if used {
			ways++
		}
	}
	if ways > 1 {
		faults = append(faults, fault.Fault{Key: "bearer_token", Text: "is not the only way to log in",
			Remedy: "keep one of bearer_token, username with password, and a header Authorization"})
	}
	return faults
}

// shortest is how many bytes a key of HMAC-SHA256 has at least, so that nobody guesses
// it from one signature.
const shortest = 16

func (c Config) checkHMAC() []fault.Fault {
	if key := c.HMACSecret.Reveal(); key != "" && len(key) < shortest {
		return []fault.Fault{{Key: "hmac_secret", Text: "is shorter than 16 characters",
			Remedy: "make one with `openssl rand -hex 32` and give it to the receiver, too"}}
	}
	return nil
}

func (c Config) header(name string) bool {
	for key := range c.Headers {
		if strings.EqualFold(key, name) {
			return true
		}
	}
	return false
}

// secrets are all forms in which a far end could say a secret back.
func (c Config) secrets(address *url.URL) []secret.String {
	all := []secret.String{
		c.URL, c.BearerToken, c.Password, c.HMACSecret,
		secret.New(basic(c.Username, c.Password.Reveal())),
	}
	for _, value := range c.Headers {
		all = append(all, value)
	}
	return append(all, wire.Hidden(address)...)
}

func basic(user, password string) string {
	if user == "" && password == "" {
		return ""
	}
	return base64.StdEncoding.EncodeToString([]byte(user + ":" + password))
}
