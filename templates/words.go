package templates

import (
	texttemplate "text/template"
	"time"

	"bellhop/internal/event"
)

// lateAfter is how old an event is before a notice says that it comes late. It
// is more than any pace limit makes a single notice wait.
const lateAfter = 15 * time.Minute

// wordFuncs turn values into words. The words themselves are templates, so that
// a language is a set of files.
func (r *rendering) wordFuncs() texttemplate.FuncMap {
	return texttemplate.FuncMap{
		"cause":  func(c event.Cause) (string, error) { return r.named("cause.", string(c)) },
		"state":  func(s event.ModuleState) (string, error) { return r.named("state.", string(s)) },
		"streak": func(n int) (string, error) { return r.say("words.streak", n) },
		"age":    r.age,
		"late":   r.late,
		"clock":  r.clock,
		"period": r.period,
		"lasted": func(from, to time.Time) (string, error) { return r.say("words.span", newSpan(to.Sub(from))) },
	}
}

// named says the template that a word of the code names. A word without one is
// better said as it is than not at all.
func (r *rendering) named(prefix, name string) (string, error) {
	if name == "" {
		return "", nil
	}
	if !r.has(prefix + name) {
		return name, nil
	}
	return r.say(prefix+name, r.event)
}

// age is how long before the event's own time t was, so that it reads the same
// whenever it is rendered.
func (r *rendering) age(t time.Time) (string, error) {
	return r.say("words.span", newSpan(r.event.Time.Sub(t)))
}

// late is how long ago the event was written, or "" when that is not worth a word.
func (r *rendering) late() (string, error) {
	waited := r.set.now().Sub(r.event.Time)
	if waited < lateAfter {
		return "", nil
	}
	return r.say("words.span", newSpan(waited))
}

// clock is a time in the configured zone, with its offset.
func (r *rendering) clock(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(r.set.zone).Format("2006-01-02 15:04 -07:00")
}

// period is a stretch of time; the second half leaves out what both have.
func (r *rendering) period(from, to time.Time) (string, error) {
	const day, hour = "2006-01-02 -07:00", "15:04 -07:00"
	times := struct{ From, To string }{r.clock(from), r.clock(to)}
	from, to = from.In(r.set.zone), to.In(r.set.zone)
	if from.Format(day) == to.Format(day) {
		times.From, times.To = from.Format("2006-01-02 15:04"), to.Format(hour)
	}
	return r.say("words.period", times)
}

// span is a length of time in the units in which people say it.
type span struct{ Days, Hours, Minutes int }

// newSpan cuts d down to minutes; less than nothing is nothing.
func newSpan(d time.Duration) span {
	d = max(d, 0)
	return span{
		Days:    int(d / (24 * time.Hour)),
		Hours:   int(d / time.Hour % 24),
		Minutes: int(d / time.Minute % 60),
	}
}
