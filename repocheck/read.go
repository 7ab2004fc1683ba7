package repocheck

import (
	"fmt"
	"strconv"

	"bellhop/internal/event"
)

// output is what one command of restic left behind.
type output struct {
	stdout, stderr []byte
	exit           int
	cut            bool // more was printed than was kept
	late           bool // our deadline ended it
}

// verdict is what an output comes to.
type verdict struct {
	readable bool        // restic opened the repository and did what was asked
	cause    event.Cause // what keeps the repository from its work; empty: nothing, or not told
	line     string      // restic's own words for it, as they are
	note     event.Note  // what could not be found out of this module
	advice   event.Note  // the same where it concerns every module alike
	unasked  bool        // nothing was started
}

func (v verdict) answer(module string) Answer {
	a := Answer{Cause: v.cause, Error: show(v.line), Asked: !v.unasked, Note: v.advice}
	if v.note.Text != "" {
		a.Note = ofModule(module, v.note)
	}
	return a
}

// ofModule has a note speak of a module.
func ofModule(module string, n event.Note) event.Note {
	n.Names, n.Text = []string{module}, module+": "+n.Text
	return n
}

// Exit codes of restic (doc/075_scripting.rst; 10 and 11 since 0.17.0, 12 since
// 0.17.1). Before, and for all else, it is 1. Any other is a failure as well.
const (
	exitNoRepository  = 10
	exitLocked        = 11
	exitWrongPassword = 12
)

// read judges how a command of restic ended. It is pure.
func read(o output) verdict {
	w := listen(o.stderr)
	if o.late {
		return readLate(w.untilEnded())
	}
	if o.exit == 0 {
		cause, line := match(w.all, []rule{damaged})
		return verdict{readable: true, cause: cause, line: line}
	}
	if v, ok := readWrapper(o.exit, w); ok {
		return v
	}
	cause, line := w.cause(rules)
	switch {
	case o.exit == exitWrongPassword:
		return verdict{cause: event.CauseWrongPassword, line: w.first()}
	case o.exit == exitLocked:
		return verdict{cause: event.CauseLocked, line: w.first()}
	case cause != "":
		return verdict{cause: cause, line: line}
	case o.exit == exitNoRepository:
		return verdict{cause: event.CauseNoRepository, line: w.first()}
	}
	return verdict{line: w.first(), note: event.Note{
		Code:   event.NoteRepositoryUnread,
		Values: map[string]string{"exit": strconv.Itoa(o.exit)},
		Text:   fmt.Sprintf("its repository could not be read, for none of the known causes (exit code %d)", o.exit),
	}}
}

// readLate judges what was said before the deadline: since 0.17 restic tries a
// destination that does not answer again for a quarter of an hour, and says so.
func readLate(w words) verdict {
	if cause, line := match(w.all, rules); cause != "" {
		return verdict{cause: cause, line: line}
	}
	if line, ok := w.says("returned error, retrying"); ok {
		return verdict{cause: event.CauseUnreachable, line: line}
	}
	return verdict{line: w.first(), note: event.Note{
		Code: event.NoteResticLate,
		Text: "restic did not answer in time (repo_check.timeout), and did not say why",
	}}
}
