package migrate

import (
	"reflect"
	"slices"
	"time"

	"go.yaml.in/yaml/v3"

	"bellhop/config"
	"bellhop/internal/retry"
	"bellhop/internal/secret"
	"bellhop/sinks"
)

// section is one of ns8-backup-monitor's, and what bellhop read in it.
type section struct {
	name   string
	values reflect.Value
}

// BackupMonitor reads a config.yml of ns8-backup-monitor, which bellhop takes as it
// is, and returns it as bellhop understands it.
func BackupMonitor(file string, kinds []sinks.Kind) (string, error) {
	root, err := config.Document(file)
	if err != nil {
		return "", err
	}
	c, warnings, err := config.Load(file, nil, kinds)
	if err != nil {
		return "", err
	}
	m := monitor{reader: reader{&faults{file: file}}, page: &page{}, unwanted: make(map[string]bool)}
	m.comment(0, "Settings of bellhop, from %s of ns8-backup-monitor. bellhop takes that file as it is, too.", file)
	for _, w := range warnings {
		m.comment(0, "Line %d: %s %s: %s.", w.Line, w.Key, w.Text, w.Remedy)
		m.unwanted[w.Key] = w.Key == "redis.socket"
	}
	m.sections(root, sections(c))
	if err := m.err(); err != nil {
		return "", err
	}
	return m.String(), nil
}

// sections lists them in bellhop's order.
func sections(c *config.Config) []section {
	all := []section{
		{"receiver", reflect.ValueOf(c.Receiver)},
		{"correlator", reflect.ValueOf(c.Correlator)},
		{"redis", reflect.ValueOf(c.Redis)},
		{"repo_check", reflect.ValueOf(c.RepoCheck)},
		{"logging", reflect.ValueOf(c.Logging)},
	}
	mail := slices.IndexFunc(c.Sinks, func(s config.Sink) bool { return s.Section == "mail" })
	if mail >= 0 {
		values := reflect.ValueOf(c.Sinks[mail].Settings).Elem()
		all = slices.Insert(all, len(all)-1, section{"mail", values})
	}
	return all
}

// monitor writes what a file gives.
type monitor struct {
	reader
	*page
	unwanted map[string]bool // keys that are left out, for a warning says why
}

func (m *monitor) sections(root *yaml.Node, all []section) {
	given := make(map[string]pair)
	for _, p := range m.pairs("", root) {
		given[p.key] = p
		if !slices.ContainsFunc(all, func(s section) bool { return s.name == p.key }) {
			m.add(p.line, p.key, "is no section of ns8-backup-monitor", "it is a file of bellhop already")
		}
	}
	for _, s := range all {
		if p, there := given[s.name]; there {
			m.section(s, m.pairs(s.name, p.value))
		}
	}
}

// section writes the keys that are given, in the order of the settings.
func (m *monitor) section(s section, given []pair) {
	var text page
	for i := range s.values.NumField() {
		name := s.values.Type().Field(i).Tag.Get("koanf")
		at := slices.IndexFunc(given, func(p pair) bool { return p.key == name })
		key := under(s.name, name)
		if name == "" || at < 0 || m.unwanted[key] || isNull(target(given[at].value)) {
			continue
		}
		text.setting(name, s.values.Field(i).Interface())
	}
	for _, p := range given {
		if !hasKey(s.values.Type(), p.key) {
			m.add(p.line, under(s.name, p.key), "is no key of ns8-backup-monitor", "it is a file of bellhop already")
		}
	}
	if text.Len() > 0 {
		m.line(0, "")
		m.line(0, "%s:", s.name)
		m.WriteString(text.String())
	}
}

func hasKey(s reflect.Type, key string) bool {
	for i := range s.NumField() {
		if s.Field(i).Tag.Get("koanf") == key {
			return true
		}
	}
	return false
}

// publicPassword is that of the cluster's Redis, for whoever may only read.
const publicPassword = "nopass"

// setting writes one key.
func (p *page) setting(name string, value any) {
	switch v := value.(type) {
	case string:
		p.line(1, "%s: %s", name, quote(v))
	case []string:
		p.line(1, "%s: %s", name, list(v))
	case time.Duration:
		p.line(1, "%s: %s", name, retry.Short(v))
	case secret.String:
		p.secret(name, v)
	default: // a number, or true or false
		p.line(1, "%s: %v", name, v)
	}
}

// secret writes none but the public one.
func (p *page) secret(name string, v secret.String) {
	if v.Reveal() == publicPassword {
		p.line(1, "%s: %s", name, publicPassword)
		return
	}
	p.comment(1, "%s is not repeated here: write it into a file that only bellhop's user may read, and name that:", name)
	p.comment(1, "%s_file: /etc/bellhop/%s", name, name)
}
