package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"unicode"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// maxFile is the size above which a file is no file of settings.
const maxFile = 1 << 20

// Document reads the YAML file of another program's settings with the same care, and
// returns its mapping of keys. The error is a [Faults].
func Document(path string) (*yaml.Node, error) {
	r := &report{file: path, places: places{}}
	root, ok := document(path, "", r)
	switch {
	case !ok:
	case root == nil:
		r.fault("", "is empty", "")
	case root.Kind != yaml.MappingNode:
		r.line(root.Line, "", "is no mapping of keys", "")
	default:
		return root, nil
	}
	return nil, r.err()
}

// document returns the root of the YAML file, nil when nothing is in it; ok is false
// when it could not be read. Absent is what to do about a file that is not there.
func document(path, absent string, r *report) (root *yaml.Node, ok bool) {
	data, err := readFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		r.fault("", "is not there", absent)
	case err != nil:
		r.fault("", err.Error(), "")
	case textual(data, r):
		root, ok = parse(data, r)
	}
	if root != nil && isNull(root) {
		root = nil
	}
	return root, ok
}

// readTree returns the values of the YAML file, nil when it could not be read.
func readTree(path string, r *report) map[string]any {
	root, ok := document(path, "write it (`bellhop config example` prints one) or name another with --config", r)
	switch {
	case !ok:
		return nil
	case root == nil:
		return map[string]any{}
	case root.Kind != yaml.MappingNode:
		r.line(root.Line, "", "is no mapping of sections", "begin with what `bellhop config example` prints")
		return nil
	}
	t := &tree{report: r, left: maxValues}
	values, _ := t.value("", root).(map[string]any)
	if t.left <= 0 {
		return nil
	}
	return values
}

// readFile says plainly what keeps a file from being read.
func readFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, reason(err)
	}
	defer f.Close() // nothing was written that could be lost
	if info, err := f.Stat(); err == nil && info.IsDir() {
		return nil, errors.New("is a folder: name the file in it")
	}
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return nil, reason(err)
	}
	if len(data) > maxFile {
		return nil, fmt.Errorf("is larger than %d bytes: is it the right file?", maxFile)
	}
	return data, nil
}

// reason leaves out of err the path, which is told already.
func reason(err error) error {
	if p := (*fs.PathError)(nil); errors.As(err, &p) {
		return p.Err
	}
	return err
}

// textual reports whether data is UTF-8 without control characters.
func textual(data []byte, r *report) bool {
	line := 1
	for rest := data; len(rest) > 0; {
		c, n := utf8.DecodeRune(rest)
		switch {
		case c == utf8.RuneError && n == 1:
			r.line(line, "", "is not UTF-8 text", "save the file in that encoding")
			return false
		case unicode.IsControl(c) && !strings.ContainsRune("\t\r\n", c):
			r.line(line, "", "holds a control character", "take it out")
			return false
		case c == '\n':
			line++
		}
		rest = rest[n:]
	}
	return true
}

// parse returns the only document's root, nil when there is none.
func parse(data []byte, r *report) (*yaml.Node, bool) {
	dec := yaml.NewDecoder(bytes.NewReader(data))
	var first, second yaml.Node
	err := dec.Decode(&first)
	if errors.Is(err, io.EOF) {
		return nil, true
	}
	if err != nil {
		syntax(data, err, r)
		return nil, false
	}
	switch err := dec.Decode(&second); {
	case err == nil:
		r.line(second.Line, "", "holds several documents", "keep one and take out the lines ---")
		return nil, false
	case !errors.Is(err, io.EOF):
		syntax(data, err, r)
		return nil, false
	}
	return first.Content[0], true
}
