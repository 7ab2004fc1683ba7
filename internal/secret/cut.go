package secret

import (
	"net/url"
	"strings"
)

// cut replaces secret in text, as it is and as a URL would carry it.
func cut(text, secret string) string {
	if secret == "" {
		return text
	}
	for _, form := range []string{secret, url.QueryEscape(secret), url.PathEscape(secret)} {
		text = strings.ReplaceAll(text, form, mask)
	}
	return text
}
