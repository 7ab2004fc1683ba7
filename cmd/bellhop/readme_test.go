package main

import (
	"bytes"
	"os"
	osexec "os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var yamlBlock = regexp.MustCompile("(?s)```yaml\n(.*?)```")

// TestTheConfigurationsOfTheREADMEAreRight checks every snippet as a user would.
func TestTheConfigurationsOfTheREADMEAreRight(t *testing.T) {
	readme := string(readREADME(t))
	dir := t.TempDir()
	for _, name := range []string{"pagerduty.key", "slack.token"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("0123456789abcdef0123456789abcdef\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	checked := 0
	for _, block := range yamlBlock.FindAllStringSubmatch(readme, -1) {
		if strings.Contains(block[1], "webhook_configs:") {
			continue // Alertmanager's own, see below
		}
		settings := strings.ReplaceAll(block[1], "/etc/bellhop", dir)
		if !strings.Contains(settings, "mail:") { // a part of a configuration
			settings += "mail: {from: a@example.org, to: [b@example.org]}\n"
		}
		file := filepath.Join(dir, "config.yml")
		if err := os.WriteFile(file, []byte(settings), 0o600); err != nil {
			t.Fatal(err)
		}
		var out, errs bytes.Buffer
		code := exec(t.Context(), []string{"--config", file, "check"}, process{out: &out, err: &errs, kinds: kinds()})
		if code != codeOK {
			t.Errorf("%s\nexit %d: %s", block[1], code, errs.String())
		}
		checked++
	}
	if checked < 2 {
		t.Errorf("only %d configurations were found", checked)
	}
}

// TestTheAlertmanagerConfigurationOfTheREADMEIsRight asks Alertmanager's own tool.
func TestTheAlertmanagerConfigurationOfTheREADMEIsRight(t *testing.T) {
	amtool, err := osexec.LookPath("amtool")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("amtool is not installed: %v", err)
		}
		t.Skipf("amtool is not installed: %v", err)
	}
	for _, block := range yamlBlock.FindAllStringSubmatch(string(readREADME(t)), -1) {
		if !strings.Contains(block[1], "webhook_configs:") {
			continue
		}
		file := filepath.Join(t.TempDir(), "alertmanager.yml")
		if err := os.WriteFile(file, []byte(block[1]), 0o600); err != nil {
			t.Fatal(err)
		}
		if out, err := osexec.Command(amtool, "check-config", file).CombinedOutput(); err != nil {
			t.Errorf("%v\n%s", err, out)
		}
		return
	}
	t.Error("the README configures no Alertmanager")
}

var commandRow = regexp.MustCompile("(?m)^\\| `bellhop ([a-z -]+)")

// TestTheREADMENamesEveryCommand holds its table against the program.
func TestTheREADMENamesEveryCommand(t *testing.T) {
	told := make(map[string]bool)
	for _, m := range commandRow.FindAllStringSubmatch(string(readREADME(t)), -1) {
		told[strings.TrimSpace(m[1])] = true
	}
	root := newRoot(&process{})
	for _, c := range root.Commands() {
		if c.Hidden {
			continue
		}
		path := strings.TrimPrefix(c.CommandPath(), "bellhop ")
		if sub := c.Commands(); len(sub) > 0 {
			path = strings.TrimPrefix(sub[0].CommandPath(), "bellhop ")
		}
		if !told[path] {
			t.Errorf("the README says nothing of %q", path)
		}
		delete(told, path)
	}
	for path := range told {
		t.Errorf("the README tells of %q, which does not exist", path)
	}
}

var makeTarget = regexp.MustCompile("(?m)`?make ([a-z]+)")

// TestTheREADMENamesTargetsThatExist holds its commands against the Makefile.
func TestTheREADMENamesTargetsThatExist(t *testing.T) {
	makefile, err := os.ReadFile(filepath.Join("..", "..", "Makefile"))
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range makeTarget.FindAllStringSubmatch(string(readREADME(t)), -1) {
		if !strings.Contains(string(makefile), "\n"+m[1]+": ") {
			t.Errorf("there is no target %q", m[1])
		}
	}
}

func readREADME(t *testing.T) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("..", "..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	return b
}
