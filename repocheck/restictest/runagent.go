package restictest

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Runagent writes a stand-in for `runagent restic-wrapper` that knows the given
// modules, and returns the command for repo_check.command, placeholders included.
// As the real one it refuses an unknown module with exit code 2 and hands restic its
// arguments in order.
func Runagent(t testing.TB, modules map[string]Repository) []string {
	t.Helper()
	var known strings.Builder
	for _, id := range slices.Sorted(maps.Keys(modules)) {
		fmt.Fprintf(&known, "%s)\n", quote(id))
		for _, pair := range modules[id].env(t) {
			fmt.Fprintf(&known, "  export %s\n", quote(pair))
		}
		known.WriteString("  ;;\n")
	}
	script := filepath.Join(t.TempDir(), "runagent")
	if err := os.WriteFile(script, []byte(fmt.Sprintf(wrapper, known.String())), 0o600); err != nil {
		t.Fatal(err)
	}
	// Read by sh instead of run: a program that was just written can be "busy" while
	// another test forks.
	return []string{"/bin/sh", script, "restic-wrapper", "--module", "{{.Module}}", "--backup", "{{.Plan}}"}
}

func quote(text string) string { return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" }

const wrapper = `# Called as: restic-wrapper --module ID --backup PLAN ARGS...
if [ "$1 $2 $4" != "restic-wrapper --module --backup" ]; then
  echo "usage: restic-wrapper --module ID --backup PLAN"
  echo "unexpected arguments: $*" >&2
  exit 2
fi
module=$3
shift 5
case $module in
%s*)
  echo "Module not found: $module" >&2
  exit 2
  ;;
esac
exec restic "$@"
`
