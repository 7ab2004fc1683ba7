package secret

import (
	"encoding/json"
	"html"
	"net/url"
	"strings"
)

// cut replaces secret in text, as it is and as a URL, a page or a JSON string
// would carry it.
func cut(text, secret string) string {
	if secret == "" {
		return text
	}
	for _, form := range forms(secret) {
		text = strings.ReplaceAll(text, form, mask)
	}
	return text
}

func forms(secret string) []string {
	return []string{
		secret,
		url.QueryEscape(secret), url.PathEscape(secret),
		html.EscapeString(secret),
		inJSON(secret, true), inJSON(secret, false),
	}
}

// inJSON is how a JSON string holds text; some encoders write < > & as numbers.
func inJSON(text string, escapeHTML bool) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(escapeHTML)
	if e.Encode(text) != nil {
		return text // does not happen: any string can be encoded
	}
	coded := strings.TrimSuffix(b.String(), "\n")
	return coded[1 : len(coded)-1]
}
