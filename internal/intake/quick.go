package intake

import (
	"bytes"
	"encoding/json"
	"iter"
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

// document is what counts of an ordinary body.
type document struct {
	told
	Alerts    []alert `json:"alerts"`
	Truncated int64   `json:"truncatedAlerts"`
}

// beside is what stands beside the list of alerts.
type beside struct {
	group
	Truncated truncated `json:"truncatedAlerts"`
}

// end takes what stands beside the list of alerts into account, when that was read.
func (b *Batch) end(t told, left int64) {
	t.into(b.Signals)
	b.leftOut(left)
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

// odd is true for a body that may name the list "alerts", or the map "groupLabels", twice:
// of two the last counts, but a decoder lays it over the first. Names are compared without
// regard to case, and their letters may be escaped.
func odd(body []byte) bool {
	if bytes.Contains(body, []byte(longS)) {
		return true
	}
	for at := range everyByte(body, '\\') {
		if escapesLetter(body[at:]) {
			return true
		}
	}
	alerts, labels := 0, 0
	for at := range everyByte(body, '"') {
		switch {
		case endsIn(body[:at], `"alerts`):
			alerts++
		case endsIn(body[:at], `"groupLabels`):
			labels++
		}
	}
	return alerts != 1 || labels > 1
}

func endsIn(text []byte, name string) bool {
	return len(text) >= len(name) && bytes.EqualFold(text[len(text)-len(name):], []byte(name))
}

// everyByte goes through the places where c stands.
func everyByte(body []byte, c byte) iter.Seq[int] {
	return func(yield func(int) bool) {
		for from := 0; ; {
			i := bytes.IndexByte(body[from:], c)
			if i < 0 || !yield(from+i) {
				return
			}
			from += i + 1
		}
	}
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
