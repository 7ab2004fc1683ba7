package slack

import (
	"fmt"
	"strings"
	"time"

	"bellhop/internal/event"
	"bellhop/sinks/wire"
)

// moduleLines says how many modules are in which state, then one line for each
// that is not ok. On an end it tells of what was wrong.
func moduleLines(e event.Event) []string {
	modules, lead := e.Modules, wire.Tally(e.Modules)
	if e.Status == event.StatusResolved && e.Was != nil {
		modules = e.Was.Modules
		if lead != "" {
			lead += "; "
		}
		lead += "was: " + wire.Tally(modules)
	}
	if lead == "" {
		return nil
	}
	lines := []string{"*" + escape(lead, maxField) + "*"}
	for _, alike := range kin(wire.WorstFirst(event.NotOK(modules))) {
		if len(alike) > fewAlike {
			lines = append(lines, manyLine(alike))
			continue
		}
		for _, m := range alike {
			lines = append(lines, moduleLine(m, e.Time))
		}
	}
	return lines
}

const (
	fewAlike  = 3  // so many modules of which there is only a state to tell get a line each
	manyNamed = 12 // so many are named where one line tells of more
)

// kin puts neighbours together of which there is nothing to tell but the same state,
// such as all those that the run has not come to yet.
func kin(modules []event.Module) [][]event.Module {
	var all [][]event.Module
	for i, m := range modules {
		if last := len(all) - 1; i > 0 && silent(m) && silent(modules[i-1]) && m.State == modules[i-1].State {
			all[last] = append(all[last], m)
			continue
		}
		all = append(all, []event.Module{m})
	}
	return all
}

func silent(m event.Module) bool { return m.Cause == "" && m.Error == "" && m.LastSnapshot.IsZero() }

// manyLine names the first of modules that are alike.
func manyLine(modules []event.Module) string {
	var names []string
	for _, m := range modules[:min(len(modules), manyNamed)] {
		names = append(names, escape(first(m.ID, "?"), 30))
	}
	text := "• " + escape(string(modules[0].State), 20) + ": " + strings.Join(names, ", ")
	if more := len(modules) - manyNamed; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}

func moduleLine(m event.Module, now time.Time) string {
	text := "• *" + escape(first(m.ID, "?"), 80) + "*"
	if m.Name != "" {
		text += " " + escape(m.Name, 60)
	}
	if m.Node != "" {
		text += " on node " + escape(m.Node, 60)
	}
	text += ": " + escape(string(m.State), 20)
	if m.Cause != "" {
		text += ", " + escape(words(m.Cause), 40)
	}
	if !m.LastSnapshot.IsZero() {
		text += ", last good snapshot " + age(now.Sub(m.LastSnapshot)) + " old"
	}
	if room := maxLine - len(text) - 3; m.Error != "" && room > 20 {
		text += " – " + escape(m.Error, room)
	}
	return text
}

// age is a span in the one unit that tells a person enough.
func age(d time.Duration) string {
	switch hours := int(d.Hours()); {
	case d < time.Hour:
		return fmt.Sprintf("%d min", max(0, int(d.Minutes())))
	case hours < 48:
		return fmt.Sprintf("%d h", hours)
	default:
		return fmt.Sprintf("%d days", hours/24)
	}
}

// noteLines say what else is to be known: why a fallback is told, what the message
// stands for, and what it lacks.
func noteLines(e event.Event) []string {
	var lines []string
	if i := e.Instead; i != nil {
		how := "could not be reached"
		if i.Late {
			how = "has not been reached yet"
		}
		lines = append(lines, "_In place of "+escape(i.Sink, 80)+", which "+how+":_ "+escape(i.Reason, maxLine))
	}
	for _, p := range e.History {
		line := "_Before, unsent:_ " + string(p.Status) + " at " + p.Time.UTC().Format("2006-01-02 15:04 -07:00")
		if p.Modules > 0 {
			line += fmt.Sprintf(", %d of %d modules not ok", p.Failed, p.Modules)
		}
		lines = append(lines, line)
	}
	for _, text := range e.Notes {
		lines = append(lines, "_Note:_ "+escape(text, maxLine))
	}
	return lines
}

// sections packs lines into as few texts as a section's size allows, which hold
// about total bytes together; what finds no room is counted in a last line.
func sections(lines []string, total int) []string {
	var texts []string
	for i, line := range lines {
		if total -= len(line) + 1; total < 0 {
			return pack(texts, fmt.Sprintf("… and %d more", len(lines)-i))
		}
		texts = pack(texts, line)
	}
	return texts
}

// pack adds a line to the last text, or begins another where that one is full.
func pack(texts []string, line string) []string {
	last := len(texts) - 1
	if last < 0 || len(texts[last])+1+len(line) > maxSection {
		return append(texts, line)
	}
	texts[last] += "\n" + line
	return texts
}
