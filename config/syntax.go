package config

import (
	"bytes"
	"regexp"
	"strconv"
)

var (
	yamlError = regexp.MustCompile(`^yaml: (?:line (\d+): )?(.*)`)
	anchor    = regexp.MustCompile(`^unknown anchor '(.*)' referenced$`)
	// structure matches the messages of the parser, which counts lines from 0, as
	// the scanner does not.
	structure = regexp.MustCompile(`^did not find expected (<document start>|node content|key|'-' indicator|',' or)`)
	tabbed    = regexp.MustCompile(`(?m)^ *\t`)
)

// syntax tells what keeps data from being YAML.
func syntax(data []byte, err error, r *report) {
	line, text, remedy := explain(data, err.Error())
	r.line(line, "", "cannot be read as YAML: "+text, remedy)
}

// explain words a fault of the parser. What an anchor is called is left out: it
// is what follows a * or &, which may be a password that lacks its quotes.
func explain(data []byte, said string) (line int, text, remedy string) {
	m := yamlError.FindStringSubmatch(said)
	if m == nil {
		return 0, "its parser gives no reason", ""
	}
	line, text = 1, m[2]
	if n, err := strconv.Atoi(m[1]); err == nil {
		line = n
		if structure.MatchString(text) {
			line++
		}
	}
	if at := tabbed.FindIndex(data); at != nil {
		return lineAt(data, at[0]), "is indented by a tab", "use spaces"
	}
	if a := anchor.FindStringSubmatch(text); a != nil {
		return lineAt(data, bytes.Index(data, []byte("*"+a[1]))),
			"after a * stands no name of another value", "put text that begins with * in quotes"
	}
	return line, text, "indent alike what belongs together, and put in quotes what holds any of : # { } [ ] , & * ! | > ' \" % @ `"
}

// lineAt returns the line, from 1, of the byte at index i.
func lineAt(data []byte, i int) int { return 1 + bytes.Count(data[:max(i, 0)], []byte("\n")) }
