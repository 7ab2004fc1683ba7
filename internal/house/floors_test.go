package house_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// floors says on which floor each room stands. A room may import strictly lower ones.
var floors = map[string]int{
	"cmd/bellhop": 6,

	"internal/bench": 5,
	"internal/demo":  5,

	"internal/app": 4,

	"sinks/all":           3,
	"correlate/redistest": 3,
	"internal/migrate":    3,
	"internal/pipeline":   3,
	"internal/admin":      3,

	"config":                 2,
	"internal/record":        2,
	"sinks/exec":             2,
	"sinks/ns8sendmail":      2,
	"sinks/smtp":             2,
	"sinks/smtp/smtpdtest":   2,
	"sinks/pagerduty":        2,
	"sinks/shoutrrr":         2,
	"sinks/slack":            2,
	"sinks/webhook":          2,
	"sinks/sinktest":         2,
	"templates/wordstest":    2,
	"correlate/recorded":     2,
	"router/queue/disk":      2,
	"router/queue/queuetest": 2,

	"sinks/ns8sendmail/ns8test": 2,

	"internal/intake":        1,
	"internal/metrics":       1,
	"internal/event/samples": 1,
	"internal/letter":        1,
	"internal/farend":        1,
	"correlate":              1,
	"repocheck":              1,
	"repocheck/restictest":   1,
	"router":                 1,
	"router/queue":           1,
	"templates":              1,
	"sinks":                  1,
	"sinks/wire":             1,

	"internal/event":  0,
	"internal/fault":  0,
	"internal/house":  0,
	"internal/pdcef":  0,
	"internal/notify": 0,
	"internal/proc":   0,
	"internal/retry":  0,
	"internal/secret": 0,
}

const module = "bellhop/"

func TestFloorsHold(t *testing.T) {
	root := filepath.Join("..", "..")
	rooms := 0
	err := filepath.WalkDir(root, func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "testdata" || strings.HasPrefix(d.Name(), ".") && len(d.Name()) > 2) {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go") {
			return nil
		}
		rooms++
		checkFile(t, root, file)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if rooms == 0 {
		t.Fatal("no Go file was found: the test looks in the wrong place")
	}
}

func checkFile(t *testing.T, root, file string) {
	t.Helper()
	rel, err := filepath.Rel(root, file)
	if err != nil {
		t.Fatal(err)
	}
	room := path.Dir(filepath.ToSlash(rel))
	floor, known := floors[room]
	if !known {
		t.Errorf("%s stands on no floor: add %q to the table and say what it may import", rel, room)
		return
	}
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
	if err != nil {
		t.Fatal(err)
	}
	for _, spec := range parsed.Imports {
		name, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			t.Fatal(err)
		}
		if imported, ours := strings.CutPrefix(name, module); ours && floors[imported] >= floor {
			t.Errorf("%s (floor %d) imports %s (floor %d): imports only go down", rel, floor, imported, floors[imported])
		}
	}
}
