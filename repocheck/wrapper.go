package repocheck

import (
	"fmt"

	"bellhop/internal/event"
)

// Exit codes of what stands between bellhop and restic: 2 is argparse's and
// restic-wrapper's refusal, and a crash of Go's; 125 to 127 are podman's, whose
// container then never ran (podman-run(1), Exit Status).
const (
	exitRefused       = 2
	exitContainer     = 125
	exitContainerLast = 127
	exitSignal        = -1
)

// readWrapper judges the failures that are not restic's: runagent, restic-wrapper,
// podman. They name no cause, since nobody looked into the repository, and their
// texts must not be taken for restic's: "connection refused" may be Redis.
func readWrapper(exit int, w words) (verdict, bool) {
	if _, old := w.says("unknown flag: --module"); old || saysOldPath(w) {
		return verdict{advice: event.Note{
			Code: event.NoteWrapperOld,
			Text: "no repository was asked: restic-wrapper of this NethServer core does not know --module: update the core to 3.21.0 or newer",
		}}, true
	}
	if line, ok := w.says("runagent: [FATAL]"); ok {
		return verdict{note: unasked(event.NoteModuleElsewhere, "its repository was not asked: %s: runagent -m reaches only "+
			"the modules of its own node, restic-wrapper --module all of them (see repo_check.command)", line)}, true
	}
	if _, ok := w.says("Traceback (most recent call last)"); ok {
		return verdict{note: unasked(event.NoteWrapperBroke, "its repository was not asked, restic-wrapper broke off: %s", w.last())}, true
	}
	if line, ok := w.says("panic: "); ok {
		return verdict{line: line, note: event.Note{Code: event.NoteResticCrashed, Text: "its repository could not be read: restic crashed"}}, true
	}
	switch {
	case exit == exitRefused:
		return verdict{note: unasked(event.NoteWrapperRefused, "its repository was not asked, restic-wrapper refused: %s", w.last())}, true
	case exit >= exitContainer && exit <= exitContainerLast:
		return verdict{note: unasked(event.NoteResticNotStarted, "its repository was not asked, restic could not be started: %s", w.last())}, true
	case exit == exitSignal:
		return verdict{line: w.first(), note: event.Note{Code: event.NoteResticKilled, Text: "its repository could not be read: restic was killed"}}, true
	}
	return verdict{}, false
}

// unasked is the note for a repository that nobody looked into: the words of whoever
// refused stand in it.
func unasked(code event.NoteCode, format, line string) event.Note {
	words := show(line)
	return event.Note{Code: code, Values: map[string]string{"error": words}, Text: fmt.Sprintf(format, words)}
}

// saysOldPath recognises a restic-wrapper from before --module, which misses the
// path before it could pass the unknown option on.
func saysOldPath(w words) bool {
	_, ok := w.says("Path for Restic repository not found")
	return ok
}
