package migrate

import (
	"cmp"
	"fmt"
	"net"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"bellhop/config"
	"bellhop/internal/intake"
	"bellhop/sinks/exec"
)

// executor is a file of prometheus-am-executor
// (https://github.com/imgix/prometheus-am-executor#configuration-file-format).
type executor struct {
	listen   string
	lineOf   map[string]int
	verbose  bool
	key, crt string
	commands []command
	ignored  []string // what it took no notice of
}

// command is one of its commands.
type command struct {
	exec.Config
	name   string // of the sink
	lineOf map[string]int
	labels []string // the names of MatchLabels, in their order
}

// usualListen is where it listens when nothing else is said.
const usualListen = ":8080"

// AmExecutor translates the YAML file of prometheus-am-executor.
func AmExecutor(file string) (string, error) {
	root, err := config.Document(file)
	if err != nil {
		return "", err
	}
	r := reader{&faults{file: file}}
	e := r.executor(root)
	host, port := r.address(e)
	if len(e.commands) == 0 && len(r.all) == 0 {
		r.add(0, "commands", "there is none", "write the command of prometheus-am-executor's command line into the file, too")
	}
	if err := r.err(); err != nil {
		return "", err
	}
	p := &page{}
	p.comment(0, "Settings of bellhop, from %s of prometheus-am-executor.", file)
	for _, text := range e.ignored {
		p.comment(0, "%s", text)
	}
	p.receiver(e, host, port)
	p.sinks(e)
	p.logging(e)
	return p.String(), nil
}

func (r reader) executor(root *yaml.Node) executor {
	e := executor{lineOf: make(map[string]int)}
	for _, p := range r.pairs("", root) {
		e.lineOf[p.key] = p.line
		switch p.key {
		case "listen_address":
			e.listen = r.text(p.key, p.value)
		case "verbose":
			e.verbose = r.flag(p.key, p.value, false)
		case "tls_key":
			e.key = r.text(p.key, p.value)
		case "tls_crt":
			e.crt = r.text(p.key, p.value)
		case "commands":
			e.commands = r.commands(p.value, &e)
		default:
			e.ignore(p, p.key)
		}
	}
	return e
}

// ignore notes a key that prometheus-am-executor does not know and takes no notice of.
func (e *executor) ignore(p pair, key string) {
	e.ignored = append(e.ignored, fmt.Sprintf("Line %d: prometheus-am-executor has no key %s and took no notice of it.", p.line, quote(key)))
}

func (r reader) commands(n *yaml.Node, e *executor) []command {
	var all []command
	taken := make(map[string]bool)
	for i, item := range r.items("commands", n) {
		c := r.command(under("commands", strconv.Itoa(i)), item, e)
		c.name = freeName(c.Command, taken)
		all = append(all, c)
	}
	return all
}

func (r reader) command(key string, n *yaml.Node, e *executor) command {
	c := command{Config: exec.DefaultConfig(), lineOf: map[string]int{"": n.Line}}
	c.NotifyOnFailure = true
	wrong := len(r.all)
	for _, p := range r.pairs(key, n) {
		c.lineOf[p.key] = p.line
		path := under(key, p.key)
		switch p.key {
		case "cmd":
			c.Command = r.text(path, p.value)
		case "args":
			c.Args = r.texts(path, p.value)
		case "match_labels":
			c.match(r, path, p.value)
		case "notify_on_failure":
			c.NotifyOnFailure = r.flag(path, p.value, true)
		case "max":
			c.Max = max(r.number(path, p.value), 0) // below: no limit
		case "ignore_resolved":
			c.IgnoreResolved = r.flag(path, p.value, false)
		case "resolved_signal":
			c.ResolvedSignal = cmp.Or(r.text(path, p.value), c.ResolvedSignal)
		default:
			e.ignore(p, path)
		}
	}
	if len(r.all) == wrong {
		c.check(r, key)
	}
	return c
}

func (c *command) match(r reader, key string, n *yaml.Node) {
	c.MatchLabels = make(map[string]string)
	for _, p := range r.pairs(key, n) {
		c.labels = append(c.labels, p.key)
		c.MatchLabels[p.key] = r.text(under(key, p.key), p.value)
	}
}

// check asks the sink what it thinks of its settings, and says it in the other's words.
func (c command) check(r reader, key string) {
	for _, f := range c.Validate() {
		name := f.Key
		if name == "command" {
			name = "cmd"
		}
		r.add(cmp.Or(c.lineOf[name], c.lineOf[""]), under(key, name), f.Text, f.Remedy)
	}
}

var odd = regexp.MustCompile(`[^A-Za-z0-9_-]+`)

// freeName makes a name for a sink out of a command, one that is not taken.
func freeName(command string, taken map[string]bool) string {
	base := strings.Trim(odd.ReplaceAllString(filepath.Base(command), "-"), "-")
	base = cmp.Or(base[:min(len(base), 50)], "command")
	name := base
	for n := 2; taken[name] || name == "mail"; n++ { // mail is the section's
		name = base + "-" + strconv.Itoa(n)
	}
	taken[name] = true
	return name
}

// address is where it listens; an empty host means everywhere.
func (r reader) address(e executor) (host string, port int) {
	const key = "listen_address"
	conf := intake.DefaultConfig()
	host, text, err := net.SplitHostPort(cmp.Or(e.listen, usualListen))
	if err == nil {
		port, err = strconv.Atoi(text)
	}
	conf.Host, conf.Port = host, port
	if err != nil || len(conf.Validate()) > 0 {
		r.add(e.lineOf[key], key, "is no address with a port number", `write it as ":8080" or "127.0.0.1:8080"`)
	}
	return host, port
}
