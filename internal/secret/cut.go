package secret

import (
	"encoding/json"
	"net/url"
	"strings"
)

// cut replaces secret in text, as it is and as a URL or a JSON string would carry it.
func cut(text, secret string) string {
	if secret == "" {
		return text
	}
	for _, form := range []string{secret, url.QueryEscape(secret), url.PathEscape(secret), inJSON(secret)} {
		text = strings.ReplaceAll(text, form, mask)
	}
	return text
}

// inJSON is how a far end writes text when it quotes it in a JSON answer.
func inJSON(text string) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if e.Encode(text) != nil {
		return text // does not happen: any string can be encoded
	}
	return strings.Trim(strings.TrimSpace(b.String()), `"`)
}
