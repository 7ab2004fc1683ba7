package repocheck

import (
	"bytes"
	"encoding/json"
	"strings"
)

// words is what a command said on stderr, line by line: restic mixes plain lines
// and, since 0.17, lines of JSON.
type words struct {
	all   []string
	final []string // restic's last statement, its first line the telling one
}

// message is a line of JSON on restic's stderr (doc/075_scripting.rst); `exit_error`
// exists since 0.18.0.
type message struct {
	Type    string `json:"message_type"`
	Message string `json:"message"`
	Error   struct {
		Message string `json:"message"`
	} `json:"error"`
}

func listen(stderr []byte) words {
	var w words
	for line := range bytes.Lines(stderr) {
		w.hear(strings.TrimSpace(string(line)))
	}
	return w
}

// hear takes one line. A plain `Fatal:` opens a statement that goes on to the end;
// the message of an exit_error is one by itself.
func (w *words) hear(line string) {
	m, ok := parse(line)
	if !ok {
		w.plain(line)
		return
	}
	spoken := lines(m.Message + "\n" + m.Error.Message)
	w.all = append(w.all, spoken...)
	if m.Type == "exit_error" {
		w.final = spoken
	}
}

func (w *words) plain(line string) {
	if line == "" {
		return
	}
	w.all = append(w.all, line)
	switch {
	case strings.HasPrefix(line, "Fatal:"):
		w.final = []string{line}
	case len(w.final) > 0:
		w.final = append(w.final, line)
	}
}

func parse(line string) (message, bool) {
	var m message
	if !strings.HasPrefix(line, "{") || json.Unmarshal([]byte(line), &m) != nil {
		return m, false
	}
	return m, m.Type != ""
}

func lines(text string) []string {
	var kept []string
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" {
			kept = append(kept, line)
		}
	}
	return kept
}

// first is the line that says most when nothing in it is known: restic's last
// statement, else where it all began.
func (w words) first() string {
	switch {
	case len(w.final) > 0:
		return w.final[0]
	case len(w.all) > 0:
		return w.all[0]
	}
	return ""
}

// last is the last line, where Python and argparse say why.
func (w words) last() string {
	if len(w.all) == 0 {
		return ""
	}
	return w.all[len(w.all)-1]
}

// says returns the last line that holds text.
func (w words) says(text string) (string, bool) {
	for i := len(w.all) - 1; i >= 0; i-- {
		if strings.Contains(w.all[i], text) {
			return w.all[i], true
		}
	}
	return "", false
}

// untilEnded leaves out what restic says because we ended it.
func (w words) untilEnded() words {
	for i, line := range w.all {
		if strings.Contains(line, "context canceled") || strings.HasPrefix(line, "signal ") {
			return words{all: w.all[:i]}
		}
	}
	return words{all: w.all}
}
