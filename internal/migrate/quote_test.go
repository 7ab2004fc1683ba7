package migrate_test

import (
	"os"
	"path/filepath"
	"testing"

	"go.yaml.in/yaml/v3"

	"bellhop/internal/migrate"
)

// What is printed is read again as it was, whatever characters an argument has.
func TestEveryCharacterIsPrintedSoThatItIsReadAgain(t *testing.T) {
	file := filepath.Join(t.TempDir(), "executor.yml")
	if err := os.WriteFile(file, []byte("commands:\n- cmd: /bin/echo\n  args: [\""+`a\x7fb\u0085\u200b\uFEFF\U0001F6CE \"' #: é\t\u2028`+"\"]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	page, err := migrate.AmExecutor(file)
	if err != nil {
		t.Fatal(err)
	}
	var read struct {
		Sinks map[string]struct{ Args []string }
	}
	if err := yaml.Unmarshal([]byte(page), &read); err != nil {
		t.Fatalf("%v\n%s", err, page)
	}
	want := "a\x7fb\u0085\u200b\uFEFF\U0001F6CE \"' #: é\t\u2028"
	for _, s := range read.Sinks {
		if len(s.Args) != 1 || s.Args[0] != want {
			t.Errorf("got %q, want %q", s.Args, want)
		}
	}
	if len(read.Sinks) != 1 {
		t.Errorf("got %+v", read.Sinks)
	}
}
