package migrate

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	// maxKeys is the size above which a file is no list of keys, in bytes.
	maxKeys = 64 << 10
	// usualKey is how many characters a routing key has
	// (https://developer.pagerduty.com/docs/events-api-v2/trigger-events/).
	usualKey = 32
)

// RoutingKeys makes a sink of the keys in pd-event-handler's pd_routing_keys.txt. The
// file is used as it is; no key is repeated.
func RoutingKeys(file string) (string, error) {
	path, err := filepath.Abs(file)
	if err != nil {
		return "", fmt.Errorf("find the folder of %s: %w", file, err)
	}
	f := &faults{file: file}
	text := f.read(path)
	n, notes := f.keys(text)
	if n == 0 && len(f.all) == 0 {
		f.add(0, "", "holds no routing key", "write one a line")
	}
	if err := f.err(); err != nil {
		return "", err
	}
	p := &page{}
	p.comment(0, "Settings of bellhop, from %s of pd-event-handler.", file)
	for _, note := range notes {
		p.comment(0, "%s", note)
	}
	p.comment(0, "pd-event-handler took events at port 8080 of every address of its machine. bellhop takes them "+
		"at /, /v2/enqueue and /v2/change/enqueue of 127.0.0.1:9099. To have them come in as before:")
	p.comment(0, "receiver: {host: \"\", port: 8080}")
	p.line(0, "")
	p.comment(0, "Nothing is asked of a NethServer; on one, take this line out.")
	p.line(0, "correlator: {subscribe: false}")
	p.line(0, "sinks:")
	p.line(1, "oncall:")
	p.line(2, "type: pagerduty")
	p.comment(2, "%s. bellhop reads the file at its start and at each reload; let its user read it, and nobody else.", keys(n))
	if n > 1 {
		p.comment(2, "pd-event-handler sent each event by whichever key came next, so that an end could miss "+
			"its beginning. bellhop sends all of an incident by one key.")
	}
	p.line(2, "routing_keys_file: %s", quote(path))
	return p.String(), nil
}

func keys(n int) string {
	if n == 1 {
		return "It holds one key"
	}
	return fmt.Sprintf("It holds %d keys", n)
}

func (f *faults) read(path string) string {
	in, err := os.Open(path)
	if err != nil {
		f.add(0, "", "cannot be read: "+cause(err), "")
		return ""
	}
	defer in.Close() // nothing was written that could be lost
	data, err := io.ReadAll(io.LimitReader(in, maxKeys+1))
	switch {
	case err != nil:
		f.add(0, "", "cannot be read: "+cause(err), "")
	case len(data) > maxKeys:
		f.add(0, "", fmt.Sprintf("is larger than %d bytes", maxKeys), "is it the right file?")
	default:
		return string(data)
	}
	return ""
}

// cause leaves out the path, which is told already.
func cause(err error) string {
	if p := (*os.PathError)(nil); errors.As(err, &p) {
		return p.Err.Error()
	}
	return err.Error()
}

// keys counts the keys and notes what is odd about them, by line and never by text.
func (f *faults) keys(text string) (n int, notes []string) {
	seen := make(map[string]int)
	at := 0
	for line := range strings.Lines(text) {
		at++
		key := strings.TrimSpace(line)
		switch {
		case key == "", strings.HasPrefix(key, "#"): // as bellhop reads it
			continue
		case strings.ContainsAny(key, ",\""):
			f.add(at, "", "holds more than a key", "leave the key alone in its line: pd-event-handler read no further than the comma")
			continue
		case strings.ContainsFunc(key, func(r rune) bool { return unicode.IsSpace(r) || !unicode.IsPrint(r) }) || !utf8.ValidString(key):
			f.add(at, "", "holds white space or unprintable characters", "write one key a line")
			continue
		}
		n++
		if first := seen[key]; first > 0 {
			notes = append(notes, fmt.Sprintf("Line %d holds the same key as line %d.", at, first))
			continue
		}
		seen[key] = at
		if len(key) != usualKey {
			notes = append(notes, fmt.Sprintf("Line %d holds %d characters; a key of PagerDuty has %d.", at, len(key), usualKey))
		}
	}
	return n, notes
}
