package config

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"bellhop/internal/fault"
)

// execKind is the kind that runs commands: no command stands in for a message (R12).
const execKind = "exec"

// usualFallbackAfter is how late a delivery may be before the fallback is told.
const usualFallbackAfter = 15 * time.Minute

// shortestRemind is how often anybody may want to hear what has not changed.
const shortestRemind = time.Minute

// checkRemind looks at when a sink says again what has not changed.
func (s Sink) checkRemind() []fault.Fault {
	switch {
	case s.Remind == 0:
		return nil
	case s.Kind.Name == execKind:
		return []fault.Fault{{
			Key: "remind", Text: "is of no use: a sink of type " + execKind + " tells nobody anything", Remedy: "take it out",
		}}
	case s.Remind < shortestRemind:
		return []fault.Fault{{
			Key: "remind", Text: "is shorter than a minute", Remedy: "give a time such as 24h, or 0 for never",
		}}
	}
	return nil
}

// checkGiveUp looks at when a sink gives up, unless the queue names the time, and
// at whom it falls back to.
func (s Sink) checkGiveUp(c *Config) []fault.Fault {
	var faults []fault.Fault
	if s.GiveUp == 0 && c.Queue.GiveUpAfter != 0 {
		faults = append(faults, fault.Fault{
			Key: "give_up_after", Text: "is 0, so nothing would be tried twice", Remedy: "give a time such as 24h",
		})
	}
	if s.Fallback == "" {
		return faults
	}
	if text, remedy := s.unfit(c.Sinks); text != "" {
		faults = append(faults, fault.Fault{Key: "fallback", Text: text, Remedy: remedy})
	}
	switch {
	case s.FallbackAfter == 0:
		faults = append(faults, fault.Fault{
			Key: "fallback_after", Text: "is 0, so the fallback would always be told", Remedy: "give a time such as 15m",
		})
	case s.GiveUp > 0 && s.FallbackAfter >= s.GiveUp:
		faults = append(faults, fault.Fault{
			Key: "fallback_after", Text: "is not shorter than give_up_after", Remedy: "make it shorter, or give_up_after longer",
		})
	}
	return faults
}

// unfit says why the fallback cannot be one; "": it can.
func (s Sink) unfit(all []Sink) (text, remedy string) {
	const other = "name another sink, or take it out"
	if s.Fallback == s.Name {
		return "is the sink itself", other
	}
	i := slices.IndexFunc(all, func(o Sink) bool { return o.Name == s.Fallback })
	if i < 0 {
		return fmt.Sprintf("there is no sink %q", s.Fallback), "the sinks are " + strings.Join(names(all), ", ")
	}
	if all[i].Kind.Name == execKind {
		return fmt.Sprintf("%q is of type %s, which tells nobody anything", s.Fallback, execKind), other
	}
	return "", ""
}
