package intake

import (
	"bytes"
	"encoding/json"
)

// quick reads an ordinary body, such as Alertmanager sends, in one pass, because
// reading is most of what accepting costs. It is false for one that has to be read
// with care: large, faulty, or odd in a way that careful would take otherwise.
func quick(body []byte) (doc document, ok bool) {
	if len(body) > freeBody || odd(body) {
		return doc, false
	}
	if json.Unmarshal(body, &doc) != nil || len(doc.Alerts) == 0 {
		return doc, false
	}
	for _, a := range doc.Alerts {
		if a.Labels == nil { // perhaps it is null, which is no alert
			return doc, false
		}
	}
	return doc, true
}

// document is what counts of a body.
type document struct {
	beside
	Alerts []alert `json:"alerts"`
}

// beside is what stands beside the list of alerts.
type beside struct {
	group
	Truncated truncated `json:"truncatedAlerts"`
}

// end takes what stands beside the list of alerts into account, when that was read.
func (b *Batch) end(rest beside) {
	rest.into(b.Signals)
	b.leftOut(rest.Truncated)
}

// truncated is how many alerts the sender has left out. What makes no sense is none.
type truncated int64

// UnmarshalJSON takes anything.
func (n *truncated) UnmarshalJSON(b []byte) error {
	if json.Unmarshal(b, (*int64)(n)) != nil || *n < 0 {
		*n = 0
	}
	return nil
}

// odd is true for a body that may name the list "alerts" twice: of two lists the
// last counts, but a decoder lays it over the first. Names are compared without
// regard to case, and their letters may be escaped.
func odd(body []byte) bool {
	const name = `"alerts`
	named := 0
	for at := range body {
		switch {
		case body[at] == '"' && at >= len(name) && bytes.EqualFold(body[at-len(name):at], []byte(name)):
			named++
		case body[at] == '\\' && escapesLetter(body[at:]):
			return true
		case body[at] == longS[0] && bytes.HasPrefix(body[at:], []byte(longS)):
			return true
		}
	}
	return named != 1
}

// longS is the one letter beyond ASCII that is an s without regard to case.
const longS = "\u017f"

// escapesLetter is true when text begins with an escape that may stand for a letter
// of the name.
func escapesLetter(text []byte) bool {
	for _, letters := range []string{`\u004`, `\u005`, `\u006`, `\u007`, `\u017`} {
		if bytes.HasPrefix(text, []byte(letters)) {
			return true
		}
	}
	return false
}
