// Package migrate turns the settings of the programs that bellhop replaces into
// settings of bellhop: of prometheus-am-executor, of pd-event-handler and of
// ns8-backup-monitor.
//
// The promise: what it returns is YAML that bellhop takes, in which comments say where
// bellhop does otherwise, and what of it bellhop does not have. What the other program
// would not have taken, or would have taken for something else, is a config.Faults with
// file and line of each fault, and nothing is returned. No routing key and no password
// is ever in the text, nor in an error.
package migrate

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf16"

	"go.yaml.in/yaml/v3"

	"bellhop/config"
	"bellhop/internal/fault"
)

// faults gathers what is wrong with one file.
type faults struct {
	file string
	all  config.Faults
}

func (f *faults) add(line int, key, text, remedy string) {
	f.all = append(f.all, config.Problem{File: f.file, Line: line, Fault: fault.Fault{Key: key, Text: text, Remedy: remedy}})
}

// err is nil when nothing is wrong, else all faults in the order of the file.
func (f *faults) err() error {
	if len(f.all) == 0 {
		return nil
	}
	slices.SortStableFunc(f.all, func(a, b config.Problem) int { return cmp.Compare(a.Line, b.Line) })
	return f.all
}

// page is the text that grows.
type page struct{ strings.Builder }

// line adds a line so many levels deep.
func (p *page) line(depth int, format string, args ...any) {
	p.WriteString(strings.Repeat("  ", depth) + fmt.Sprintf(format, args...) + "\n")
}

// wide is how long a line of a comment may become.
const wide = 88

// comment adds text as a comment, in lines of bearable length.
func (p *page) comment(depth int, format string, args ...any) {
	line := ""
	for _, word := range strings.Fields(fmt.Sprintf(format, args...)) {
		if line != "" && 2*depth+len("# ")+len(line)+len(" ")+len(word) > wide {
			p.line(depth, "# %s", line)
			line = ""
		}
		if line != "" {
			line += " "
		}
		line += word
	}
	p.line(depth, "# %s", line)
}

var plainText = regexp.MustCompile(`^[A-Za-z/][A-Za-z0-9_./@+-]*$`)

// quote is text as YAML, in quotes where it could be taken for something else.
func quote(text string) string {
	var back yaml.Node
	if plainText.MatchString(text) && yaml.Unmarshal([]byte(text), &back) == nil && back.Content[0].ShortTag() == "!!str" && !word(text) {
		return text
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b) // what is text in JSON is the same text in YAML
	e.SetEscapeHTML(false)
	if err := e.Encode(text); err != nil {
		panic(err) // any text can be encoded
	}
	return escaped(strings.TrimSpace(b.String()))
}

// escaped writes those characters of a JSON text as escapes that YAML does not allow as
// they are.
func escaped(text string) string {
	var b strings.Builder
	for _, r := range text {
		if unicode.IsPrint(r) {
			b.WriteRune(r)
			continue
		}
		for _, half := range utf16.Encode([]rune{r}) {
			fmt.Fprintf(&b, `\\u%04x`, half)
		}
	}
	return b.String()
}

// word is true for what older YAML takes for true or false.
func word(text string) bool {
	_, ok := truth(text)
	return ok
}

func truth(text string) (value, ok bool) {
	switch strings.ToLower(text) {
	case "true", "yes", "on", "y":
		return true, true
	case "false", "no", "off", "n":
		return false, true
	}
	return false, false
}

// list is a YAML list in one line.
func list(texts []string) string {
	quoted := make([]string, len(texts))
	for i, text := range texts {
		quoted[i] = quote(text)
	}
	return "[" + strings.Join(quoted, ", ") + "]"
}
