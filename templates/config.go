package templates

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"time"

	"bellhop/internal/fault"
)

// Config is the section templates.
type Config struct {
	Dir      string `koanf:"dir"`      // its *.tmpl override the built-in ones by name; empty: none
	Language string `koanf:"language"` // of the built-in ones: en or it
	Timezone string `koanf:"timezone"` // in which times are printed: Local, UTC, Europe/Rome
}

// DefaultConfig returns the built-in templates alone, in English, and the machine's
// time zone.
func DefaultConfig() Config { return Config{Language: english, Timezone: "Local"} }

// Validate reads and parses the templates as Load does, without keeping them.
func (c Config) Validate() []fault.Fault {
	var faults []fault.Fault
	if _, err := c.zone(); err != nil {
		faults = append(faults, fault.Fault{
			Key:    "timezone",
			Text:   fmt.Sprintf("%q is no time zone that this machine knows: %v", c.Timezone, err),
			Remedy: "give Local, UTC or a name such as Europe/Rome",
		})
	}
	if !slices.Contains(Languages(), c.Language) {
		return append(faults, fault.Fault{
			Key:    "language",
			Text:   fmt.Sprintf("there is no language %q", c.Language),
			Remedy: "write " + strings.Join(Languages(), " or "),
		})
	}
	sources, more := c.sources()
	if faults = append(faults, more...); len(more) > 0 {
		return faults
	}
	if _, _, err := build(sources); err != nil {
		faults = append(faults, templateFault(err.Error(), "mend the template or remove it from the file"))
	}
	return faults
}

func (c Config) zone() (*time.Location, error) {
	if c.Timezone == "" { // which the standard library takes for UTC
		return nil, fmt.Errorf("it is empty")
	}
	return time.LoadLocation(c.Timezone)
}

func templateFault(text, remedy string) fault.Fault {
	return fault.Fault{Key: "dir", Text: text, Remedy: remedy}
}

// sources reads the built-in files and the user's, in the order in which later
// ones override, and looks at each of the user's by itself.
func (c Config) sources() ([]source, []fault.Fault) {
	all, faults := own(c.Language)
	if c.Dir == "" || len(faults) > 0 {
		return all, faults
	}
	if faults := lookAt(c.Dir); len(faults) > 0 {
		return nil, faults
	}
	known := names(all)
	users, faults := read(os.DirFS(c.Dir), c.Dir)
	faults = append(faults, strangers(users, known)...)
	return append(all, users...), faults
}

// own reads the built-in files: the layout, which all languages share, and the words.
func own(language string) ([]source, []fault.Fault) {
	var all []source
	for _, name := range []string{layout, language} {
		dir, err := fs.Sub(builtin, name)
		if err != nil {
			return nil, []fault.Fault{templateFault(err.Error(), "")}
		}
		sources, faults := read(dir, "")
		if len(faults) > 0 {
			return nil, faults
		}
		all = append(all, sources...)
	}
	return slices.DeleteFunc(all, func(s source) bool { return s.file == plainFile }), nil
}

func lookAt(dir string) []fault.Fault {
	info, err := os.Stat(dir)
	switch {
	case err != nil:
		return []fault.Fault{templateFault(fmt.Sprintf("cannot be read: %v", err), "make the folder, or leave dir empty for the built-in templates")}
	case !info.IsDir():
		return []fault.Fault{templateFault(dir+" is no folder", "give the folder that holds the *.tmpl files")}
	}
	return nil
}

// read parses each *.tmpl of a folder by itself. prefix stands before the file's
// name in messages.
func read(dir fs.FS, prefix string) ([]source, []fault.Fault) {
	files, err := fs.Glob(dir, "*.tmpl")
	if err != nil {
		return nil, []fault.Fault{templateFault(err.Error(), "")}
	}
	var all []source
	var faults []fault.Fault
	for _, file := range files {
		content, err := fs.ReadFile(dir, file)
		if err != nil {
			faults = append(faults, templateFault(fmt.Sprintf("read template: %v", err), "let bellhop's user read the file"))
			continue
		}
		src, err := parse(path.Join(prefix, file), string(content))
		if err != nil {
			faults = append(faults, templateFault(strings.TrimPrefix(err.Error(), "template: "), "mend the template"))
			continue
		}
		all = append(all, src)
	}
	return all, faults
}
