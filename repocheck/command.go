package repocheck

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"bellhop/internal/event"
	"bellhop/internal/fault"
)

// placeholder is what an argument of the command may hold. It is looked for by
// hand: a template language in an argument list would only widen what can go wrong.
var placeholder = regexp.MustCompile(`\{\{\s*\.(Module|Plan)\s*\}\}`)

// badArgument says what is wrong with one argument of the command.
func badArgument(arg string) (fault.Fault, bool) {
	const remedy = "write {{.Module}} or {{.Plan}}, nothing else between braces"
	rest := placeholder.ReplaceAllString(arg, "")
	switch {
	case strings.Contains(rest, "{{"):
		return fault.Fault{Text: fmt.Sprintf("holds a placeholder that is not known in %q", arg), Remedy: remedy}, true
	case strings.ContainsRune(arg, 0):
		return fault.Fault{Text: "holds a NUL character", Remedy: "take it out"}, true
	}
	return fault.Fault{}, false
}

// arguments returns the command for one module, restic's own arguments last.
func arguments(command []string, plan, module string, restic []string) []string {
	values := map[string]string{"Module": module, "Plan": plan}
	args := make([]string, 0, len(command)+len(restic))
	for _, arg := range command {
		args = append(args, placeholder.ReplaceAllStringFunc(arg, func(found string) string {
			return values[placeholder.FindStringSubmatch(found)[1]]
		}))
	}
	return append(args, restic...)
}

// unfit says why the ids cannot be made arguments. They come from alerts and from
// the cluster's Redis; none may turn into an option.
func unfit(plan, module string) event.Note {
	switch {
	case plan == "":
		return event.Note{Code: event.NoteCheckNoPlan, Text: "the alert names no plan, so no repository could be asked"}
	case !plain(plan):
		return noID(event.NoteBadPlanID, plan, "plan")
	case !plain(module):
		return noID(event.NoteBadModuleID, module, "module")
	}
	return event.Note{}
}

func noID(code event.NoteCode, id, of string) event.Note {
	id = shorten(id)
	return event.Note{
		Code:   code,
		Values: map[string]string{"id": id},
		Text:   fmt.Sprintf("the repository was not asked: %q is no %s id", id, of),
	}
}

// plain reports whether id is a harmless argument.
func plain(id string) bool {
	return id != "" && !strings.HasPrefix(id, "-") && utf8.ValidString(id) && !strings.ContainsFunc(id, unicode.IsControl)
}
