package config

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"

	"bellhop/internal/secret"
)

// fileSuffix makes a secret's key the key of a file that holds it.
const fileSuffix = "_file"

// maxSecret is the size above which a file holds no secret of ours.
const maxSecret = 64 << 10

// isSecret reports whether a value of type t may come from a file: one secret,
// or a list of them, one a line.
func isSecret(t reflect.Type) bool {
	one := reflect.TypeFor[secret.String]()
	return t == one || t.Kind() == reflect.Slice && t.Elem() == one
}

// fromFile fills in the secret whose file m names, under key. Beside it may
// stand the secret itself: then the later layer wins, and in one layer it is a
// fault.
func (d *decoder) fromFile(key, name string, m map[string]any, to reflect.Value) {
	base := strings.TrimSuffix(name, fileSuffix)
	path := join(key, name)
	if m[name] == nil {
		return
	}
	if m[base] != nil {
		here := d.places[path].variable != ""
		inline := d.places[join(key, base)].variable != ""
		if here == inline {
			d.fault(path, "stands beside "+base, "keep one of the two")
			return
		}
		if inline {
			return
		}
	}
	if file, ok := d.text(path, m[name]); ok {
		d.load(path, file, to)
	}
}

func (d *decoder) load(key, path string, to reflect.Value) {
	full := path
	if !filepath.IsAbs(full) {
		full = filepath.Join(d.dir, full)
	}
	data, mode, err := readSecret(full)
	if err != nil {
		d.fault(key, shown(path)+" "+err.Error(), "name a readable file that holds the secret alone")
		return
	}
	if mode&0o004 != 0 {
		d.warn(key, full+" can be read by everybody on this machine", "take that right away with chmod o=")
	}
	if to.Kind() == reflect.Slice {
		to.Set(reflect.ValueOf(linesOf(data)))
		return
	}
	to.Set(reflect.ValueOf(secret.New(strings.TrimRight(data, "\r\n"))))
}

// shown names the file, unless what stands there looks more like the secret
// itself than like a path.
func shown(path string) string {
	if filepath.IsAbs(path) || strings.HasPrefix(path, "./") || strings.HasPrefix(path, "../") {
		return path
	}
	return "the file"
}

// readSecret returns what the file holds, which is more than white space.
func readSecret(path string) (string, fs.FileMode, error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return "", 0, errors.New("is not there")
	}
	if err != nil {
		return "", 0, fmt.Errorf("cannot be read: %w", reason(err))
	}
	if !info.Mode().IsRegular() {
		return "", 0, errors.New("is no file")
	}
	f, err := os.Open(path)
	if err != nil {
		return "", 0, fmt.Errorf("cannot be read: %w", reason(err))
	}
	defer f.Close() // nothing was written that could be lost
	data, err := io.ReadAll(io.LimitReader(f, maxSecret+1))
	switch {
	case err != nil:
		return "", 0, fmt.Errorf("cannot be read: %w", reason(err))
	case len(data) > maxSecret:
		return "", 0, fmt.Errorf("is larger than %d bytes", maxSecret)
	case strings.TrimSpace(string(data)) == "":
		return "", 0, errors.New("is empty")
	}
	return string(data), info.Mode(), nil
}

// linesOf reads secrets, one a line; one that begins with # is a comment.
func linesOf(data string) []secret.String {
	var all []secret.String
	for line := range strings.Lines(data) {
		if line = strings.TrimSpace(line); line != "" && line[0] != '#' {
			all = append(all, secret.New(line))
		}
	}
	return all
}
