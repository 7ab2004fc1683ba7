package config

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
	"strings"
	"time"

	"bellhop/internal/fault"
	"bellhop/internal/retry"
	"bellhop/sinks"
)

// Sink is one sink as it is to be built.
type Sink struct {
	Name     string
	Kind     sinks.Kind
	Settings any // what Kind.Settings returned, filled in; for Kind.Validate and Kind.New
	Limit    retry.Limit
	// GiveUp is the age beyond which a delivery gets one last attempt.
	GiveUp time.Duration
	// Fallback is the sink that is told what this one gave up, or has not told
	// within FallbackAfter; "" and 0: none is.
	Fallback      string
	FallbackAfter time.Duration
	// Remind is after how long an open incident that has not changed is said again; 0: it
	// is not.
	Remind  time.Duration
	Section string // the key under which it stands: "sinks.chat", or "mail"
}

const (
	mailSink = "mail"         // the sink that the section mail is short for …
	mailKind = "ns8-sendmail" // … and its kind
)

var sinkName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// common is what every sink has beside the settings of its kind.
type common struct {
	Type          string        `koanf:"type"`
	Rate          retry.Limit   `koanf:"rate"`
	Burst         int           `koanf:"burst"`
	GiveUp        time.Duration `koanf:"give_up_after"`
	Fallback      string        `koanf:"fallback"`
	FallbackAfter time.Duration `koanf:"fallback_after"`
	Remind        time.Duration `koanf:"remind"`
}

// sinks decodes the sections mail and sinks.
func (d *decoder) sinks(mail, rest any, kinds []sinks.Kind) []Sink {
	var all []Sink
	many, ok := rest.(map[string]any)
	if rest != nil && !ok {
		d.wrong("sinks", rest, "a mapping of names to sinks")
	}
	if mail != nil {
		all = append(all, d.mail(mail, kinds))
	}
	for _, name := range sorted(many) {
		s := Sink{Name: name, Section: join("sinks", name)}
		switch {
		case name == mailSink && mail != nil:
			d.fault(s.Section, "is there beside the section mail, which is short for it", "keep one of the two")
			continue
		case !sinkName.MatchString(name):
			d.fault(s.Section, "is no name for a sink", "use up to 64 letters, digits, - and _")
		}
		d.sink(&s, many[name], kinds)
		all = append(all, s)
	}
	if len(all) == 0 && !slices.ContainsFunc(d.told, isSinks) {
		d.fault("sinks", "there is no sink, so nobody would hear of anything", "give a section mail, or one sink under sinks")
	}
	slices.SortFunc(all, func(a, b Sink) int { return cmp.Compare(a.Name, b.Name) })
	return all
}

func isSinks(key string) bool { return key == "sinks" || key == mailSink }

// mail makes the sink of the section mail: one whose type need not be given.
func (d *decoder) mail(v any, kinds []sinks.Kind) Sink {
	s := Sink{Name: mailSink, Section: mailSink}
	if m, ok := v.(map[string]any); ok && !isList(m) {
		m = maps.Clone(m)
		if kind, _ := textOf(m["type"]); m["type"] != nil && kind != mailKind {
			d.fault("mail.type", "is not "+mailKind, "take it out, or write the sink under sinks")
		}
		m["type"] = mailKind
		v = m
	}
	d.sink(&s, v, kinds)
	return s
}

// sink fills in the kind of s, its settings and its limit.
func (d *decoder) sink(s *Sink, v any, kinds []sinks.Kind) {
	m, ok := v.(map[string]any)
	if !ok || isList(m) {
		d.wrong(s.Section, v, "the sink's keys")
		return
	}
	kind, ok := textOf(m["type"])
	if !ok && m["type"] != nil {
		d.wrong(join(s.Section, "type"), m["type"], "text")
		return
	}
	i := slices.IndexFunc(kinds, func(k sinks.Kind) bool { return k.Name == kind })
	if i < 0 {
		d.unknownKind(s.Section, kind, kinds)
		return
	}
	s.Kind = kinds[i]
	s.Settings = s.Kind.Settings()
	c := common{Rate: s.Kind.Limit, Burst: s.Kind.Limit.Burst, GiveUp: d.giveUpAfter, FallbackAfter: usualFallbackAfter}
	d.keys(s.Section, m, target(&c), target(s.Settings))
	s.Limit = retry.Limit{N: c.Rate.N, Per: c.Rate.Per, Burst: c.Burst}
	d.burst(s, m["burst"] != nil)
	s.GiveUp, s.Fallback, s.Remind = c.GiveUp, c.Fallback, c.Remind
	if s.Fallback != "" {
		s.FallbackAfter = c.FallbackAfter
	}
}

// burst fits the kind's own burst to the rate, and finds fault with one that was
// given and does not fit.
func (d *decoder) burst(s *Sink, given bool) {
	most := s.Limit.N
	if most == 0 {
		most = math.MaxInt // no limit
	}
	fits := min(max(s.Limit.Burst, 1), most)
	if given && fits != s.Limit.Burst {
		d.section(s.Section, []fault.Fault{{
			Key: "burst", Text: fmt.Sprintf("%d does not fit the rate", s.Limit.Burst),
			Remedy: fmt.Sprintf("give a number from 1 to %d", most),
		}})
	}
	s.Limit.Burst = fits
}

func (d *decoder) unknownKind(section, kind string, kinds []sinks.Kind) {
	var known []string
	for _, k := range kinds {
		known = append(known, k.Name)
	}
	slices.Sort(known)
	remedy := "the types are " + strings.Join(known, ", ")
	if kind == "" {
		d.fault(join(section, "type"), "is not given", remedy)
		return
	}
	if best, ok := nearest(kind, known); ok {
		remedy = fmt.Sprintf("did you mean %s? %s", best, remedy)
	}
	d.fault(join(section, "type"), fmt.Sprintf("there is no type %q", kind), remedy)
}
