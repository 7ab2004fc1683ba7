package house_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestTheTopLevelIsTheOwners compares with the card; what begins with a dot is
// git's and CI's.
func TestTheTopLevelIsTheOwners(t *testing.T) {
	want := []string{
		"CHANGELOG.md", "LICENSE", "Makefile", "README.md", "cmd", "config", "correlate", "deploy", "docs",
		"go.mod", "go.sum", "internal", "repocheck", "router", "sinks", "templates",
	}
	made := []string{"bin", "dist"} // by make, ignored by git
	entries, err := os.ReadDir(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), ".") && !slices.Contains(made, e.Name()) {
			got = append(got, e.Name())
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestEveryPackageStatesItsPromise wants one comment a package, and no init.
func TestEveryPackageStatesItsPromise(t *testing.T) {
	root := filepath.Join("..", "..")
	comments := make(map[string]string)
	err := filepath.WalkDir(root, func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() && d.Name() == "testdata" {
			return skip(err)
		}
		if !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go") {
			return nil
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		comments[filepath.Dir(file)] += parsed.Doc.Text()
		for _, decl := range parsed.Decls {
			if f, ok := decl.(*ast.FuncDecl); ok && f.Recv == nil && f.Name.Name == "init" {
				t.Errorf("%s has an init", file)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(comments) < 20 {
		t.Fatalf("only %d packages were found: the test looks in the wrong place", len(comments))
	}
	for dir, comment := range comments {
		if len(strings.Fields(comment)) < 20 {
			t.Errorf("%s says too little of itself: %q", dir, comment)
		}
	}
}

func skip(err error) error {
	if err != nil {
		return err
	}
	return filepath.SkipDir
}

var rule = regexp.MustCompile(`\bR(\d{1,2})\b`)

// TestEveryRuleThatIsNamedIsWrittenDown looks up each R1 of a comment or a test's
// name. A rule that is only announced ("R20 comes later") is not to be named.
func TestEveryRuleThatIsNamedIsWrittenDown(t *testing.T) {
	root := filepath.Join("..", "..")
	written, err := os.ReadFile(filepath.Join(root, "docs", "rules.md"))
	if err != nil {
		t.Fatal(err)
	}
	named := 0
	err = filepath.WalkDir(root, func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(file, ".go") || strings.Contains(file, "house_test.go") {
			return err
		}
		text, err := os.ReadFile(file)
		for _, m := range rule.FindAllString(string(text), -1) {
			named++
			if !strings.Contains(string(written), "| "+m+" ") {
				t.Errorf("%s names %s, which docs/rules.md does not have", file, m)
			}
		}
		return err
	})
	if err != nil || named == 0 {
		t.Fatalf("%d rules were found: %v", named, err)
	}
}
