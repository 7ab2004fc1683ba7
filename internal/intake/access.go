package intake

import (
	"crypto/subtle"
	"fmt"
	"net/http"
	"os"
	"strings"

	"github.com/prometheus/exporter-toolkit/web"
	"go.yaml.in/yaml/v3"

	"bellhop/internal/fault"
	"bellhop/internal/secret"
)

// checkToken looks whether the token can travel in a header at all.
func (c Config) checkToken() []fault.Fault {
	odd := func(r rune) bool { return r <= ' ' || r > '~' }
	if strings.ContainsFunc(c.BearerToken.Reveal(), odd) {
		return []fault.Fault{{Key: "bearer_token", Text: "holds a space or a character that is not printable ASCII",
			Remedy: "make one with `openssl rand -hex 32`"}}
	}
	return nil
}

// checkWebConfig reads the file as the server will, certificates included.
func checkWebConfig(file string) []fault.Fault {
	if file == "" {
		return nil
	}
	const key = "web_config_file"
	if err := web.Validate(file); err != nil {
		return []fault.Fault{{Key: key, Text: fmt.Sprintf("cannot be used: %v", err),
			Remedy: "write it as https://prometheus.io/docs/prometheus/latest/configuration/https/ says"}}
	}
	// Alertmanager tries a 429 not again: whatever comes beyond such a limit is lost.
	if limited(file) {
		return []fault.Fault{{Key: key, Text: "has a rate_limit, which loses alerts",
			Remedy: "remove rate_limit from it: bellhop bounds by itself what it takes"}}
	}
	return nil
}

func limited(file string) bool {
	var section struct {
		Limit any `yaml:"rate_limit"`
	}
	text, err := os.ReadFile(file)
	return err == nil && yaml.Unmarshal(text, &section) == nil && section.Limit != nil
}

// admit refuses who does not show the token. A client of PagerDuty cannot send one,
// and shows it as its routing key.
func admit(r *http.Request, token secret.String, routingKey string) error {
	if token.Reveal() == "" || equal(token, routingKey) {
		return nil
	}
	scheme, shown, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if strings.EqualFold(scheme, "Bearer") && equal(token, strings.TrimSpace(shown)) {
		return nil
	}
	return refusal{code: http.StatusUnauthorized, text: "whoever posts alerts has to show receiver.bearer_token: give it as authorization credentials in the sender's http_config, or as the routing key of an event"}
}

func equal(token secret.String, shown string) bool {
	return subtle.ConstantTimeCompare([]byte(shown), []byte(token.Reveal())) == 1
}
