package templates

import (
	"fmt"
	"strings"
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
		"when":   r.when,
		"period": r.period,
		"size":   r.size,
		"facts":  r.facts,
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

// notes puts the event's notes into the language. One that has no words in it stays
// the sentence that it came as, and one that is left without any is left out.
func (r *rendering) notes() ([]string, error) {
	said := []string{}
	for i := range r.event.Notes {
		n := r.event.Note(i)
		if name := "note." + string(n.Code); r.has(name) {
			text, err := r.say(name, n)
			if err != nil {
				return nil, err
			}
			n.Text = note(text)
		}
		if n.Text != "" {
			said = append(said, n.Text)
		}
	}
	return said, nil
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

// offset of a time from UTC: what follows each time that is printed.
const offset = " -07:00"

// clock is a time in the configured zone, with its offset.
func (r *rendering) clock(t time.Time) (string, error) {
	day, hour, err := r.formats()
	return printed(t.In(r.set.zone), day+" "+hour+offset), err
}

// when is a time for Slack, which shows it in each reader's own zone; whoever cannot
// reads it as clock has it
// (https://docs.slack.dev/messaging/formatting-message-text/#date-formatting).
func (r *rendering) when(t time.Time) (string, error) {
	text, err := r.clock(t)
	if text == "" || err != nil {
		return "", err
	}
	return fmt.Sprintf("<!date^%d^{date_short_pretty} {time}|%s>", t.Unix(), mrkdwn(text)), nil
}

// printed is a time as the format has it, and nothing for none.
func printed(t time.Time, format string) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(format)
}

// formats are how the language writes a day and an hour.
func (r *rendering) formats() (day, hour string, err error) {
	if day, err = r.say("format.day", nil); err != nil {
		return "", "", err
	}
	hour, err = r.say("format.hour", nil)
	return day, hour, err
}

// period is a stretch of time; what both of its ends have is said once.
func (r *rendering) period(from, to time.Time) (string, error) {
	day, hour, err := r.formats()
	if err != nil {
		return "", err
	}
	start, end := day+" "+hour+offset, day+" "+hour+offset
	from, to = from.In(r.set.zone), to.In(r.set.zone)
	if from.Format(day+offset) == to.Format(day+offset) {
		start, end = day+" "+hour, hour+offset
	}
	return r.say("words.period", struct{ From, To string }{printed(from, start), printed(to, end)})
}

// size is a number of bytes as people read it.
func (r *rendering) size(bytes int64) (string, error) {
	point, err := r.say("format.decimal", nil)
	unit, by := "MiB", float64(1<<20)
	if bytes >= 1<<30 {
		unit, by = "GiB", 1<<30
	}
	number := strings.Replace(fmt.Sprintf("%.1f", float64(bytes)/by), ".", point, 1)
	return number + " " + unit, err
}

// Fact is something that is known of an event, and its name.
type Fact struct{ Name, Value string }

// facts reads what the template of that name prints, a fact a line.
func (r *rendering) facts(e event.Event) ([]Fact, error) {
	text, err := r.say("facts", e)
	if err != nil {
		return nil, err
	}
	var all []Fact
	for line := range strings.Lines(text) {
		name, value, _ := strings.Cut(line, ": ")
		if value = strings.TrimSpace(value); value != "" {
			all = append(all, Fact{Name: name, Value: value})
		}
	}
	return all, nil
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
