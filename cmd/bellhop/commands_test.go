package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// TestTheConfigurationOfTheManualOfCommandsIsRight checks it as a user would.
func TestTheConfigurationOfTheManualOfCommandsIsRight(t *testing.T) {
	manual, err := os.ReadFile(filepath.Join("..", "..", "docs", "commands.md"))
	if err != nil {
		t.Fatal(err)
	}
	blocks := yamlBlock.FindAllStringSubmatch(string(manual), -1)
	if len(blocks) == 0 {
		t.Fatal("the manual shows no configuration")
	}
	for _, block := range blocks {
		file := filepath.Join(t.TempDir(), "config.yml")
		if err := os.WriteFile(file, []byte(block[1]), 0o600); err != nil {
			t.Fatal(err)
		}
		var out, errs bytes.Buffer
		if code := exec(t.Context(), []string{"--config", file, "check"}, process{out: &out, err: &errs, kinds: kinds()}); code != codeOK {
			t.Errorf("%s\nexit %d: %s", block[1], code, errs.String())
		}
	}
}
