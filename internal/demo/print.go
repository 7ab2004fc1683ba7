package demo

import (
	"fmt"
	"strings"
)

// say prints a paragraph of the story. A story that cannot be printed is no
// fault: nobody reads it.
func (s *stage) say(format string, args ...any) { fmt.Fprintf(s.o.Out, format+"\n", args...) }

func (s *stage) title(text string) {
	s.say("\n%s\n%s\n", text, strings.Repeat("─", len([]rune(text))))
}

// box prints what a far end received.
func (s *stage) box(title, text string) {
	s.say("\n┌─ %s", title)
	for line := range strings.Lines(strings.TrimRight(text, "\n") + "\n") {
		s.say("│ %s", strings.TrimRight(line, "\n"))
	}
	s.say("└─")
}
