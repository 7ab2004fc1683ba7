// Package config reads the file of settings.
//
// The promise: what [Load] returns has been looked at whole. Every key was
// known, every value had its type, every room found its own section right, and
// every file that holds a secret was read. Otherwise there is no Config at all,
// only a [Faults] that tells every fault at once, each with file, line and key
// (or the variable it came from), what is wrong and what would be right. No
// message ever holds the value of a secret.
//
// Later layers win: the rooms' own defaults, the YAML file, then variables named
// BELLHOP_SECTION__KEY. A key without a value is as good as not there. Lists are
// replaced, not added to. The layers are put together by koanf, which nobody
// else gets to see; they are decoded once, into the rooms' own structs.
package config

import (
	"path/filepath"

	"bellhop/correlate"
	"bellhop/internal/fault"
	"bellhop/internal/intake"
	"bellhop/repocheck"
	"bellhop/router"
	"bellhop/router/queue"
	"bellhop/sinks"
	"bellhop/templates"
)

// Config is everything that can be set.
type Config struct {
	Receiver   intake.Config         `koanf:"receiver"`
	Correlator correlate.Config      `koanf:"correlator"`
	Redis      correlate.RedisConfig `koanf:"redis"`
	RepoCheck  repocheck.Config      `koanf:"repo_check"`
	Routes     []router.Route        `koanf:"routes"`
	Queue      queue.Config          `koanf:"queue"`
	Templates  templates.Config      `koanf:"templates"`
	Logging    Logging               `koanf:"logging"`
	// Sinks holds those of the sections mail and sinks, by name.
	Sinks []Sink
}

// Default returns the settings of an empty file. They name no sink, so they are
// not enough to run with.
func Default() Config {
	return Config{
		Receiver:   intake.DefaultConfig(),
		Correlator: correlate.DefaultConfig(),
		Redis:      correlate.DefaultRedisConfig(),
		RepoCheck:  repocheck.DefaultConfig(),
		Queue:      queue.DefaultConfig(),
		Templates:  templates.DefaultConfig(),
		Logging:    DefaultLogging(),
	}
}

// file is the shape of the whole file. The sinks stay as they are until their
// kind is known.
type file struct {
	Config
	Mail  any `koanf:"mail"`
	Sinks any `koanf:"sinks"`
}

// Load reads the file at path and the variables of environ ("NAME=value") over
// it. Kinds are the kinds of sinks that there are. The warnings are worth telling
// and keep nobody from starting; they come with an error, too. The error is a
// [Faults].
func Load(path string, environ []string, kinds []sinks.Kind) (*Config, []Problem, error) {
	r := &report{file: path, places: places{}}
	tree := readTree(path, r)
	if tree == nil {
		return nil, nil, r.err()
	}
	values := merge(tree, environ, r)
	if len(values) == 0 && len(r.faults) == 0 {
		r.fault("", "is empty", "begin with what `bellhop config example` prints")
		return nil, r.warnings, r.err()
	}
	c := decode(values, filepath.Dir(path), kinds, r)
	check(c, r)
	if len(r.faults) > 0 {
		return nil, r.warnings, r.err()
	}
	return c, r.warnings, nil
}

func decode(values map[string]any, dir string, kinds []sinks.Kind, r *report) *Config {
	d := &decoder{report: r, dir: dir}
	f := file{Config: Default()}
	d.keys("", values, target(&f))
	c := f.Config
	d.giveUpAfter = c.Queue.GiveUpAfter
	c.Sinks = d.sinks(f.Mail, f.Sinks, kinds)
	return &c
}

// check asks the rooms what they think of their sections.
func check(c *Config, r *report) {
	sections := map[string][]fault.Fault{
		"receiver":   c.Receiver.Validate(),
		"correlator": c.Correlator.Validate(),
		"redis":      c.Redis.Validate(),
		"repo_check": c.RepoCheck.Validate(),
		"queue":      c.Queue.Validate(),
		"templates":  c.Templates.Validate(),
		"logging":    c.Logging.Validate(),
	}
	_, sections["routes"] = router.Compile(c.Routes, names(c.Sinks))
	for section, faults := range sections {
		r.section(section, faults)
	}
	for _, s := range c.Sinks {
		if s.Settings != nil && s.Kind.Validate != nil {
			r.section(s.Section, s.Kind.Validate(s.Settings))
		}
		if s.Settings != nil {
			r.section(s.Section, s.checkGiveUp(c))
			r.section(s.Section, s.checkRemind())
		}
	}
	for _, f := range c.Redis.Warnings() {
		r.warn(join("redis", f.Key), f.Text, f.Remedy)
	}
}

func names(all []Sink) []string {
	var names []string
	for _, s := range all {
		names = append(names, s.Name)
	}
	return names
}
