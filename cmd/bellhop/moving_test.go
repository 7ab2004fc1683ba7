package main

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"bellhop/config"
)

var (
	fenced     = regexp.MustCompile("(?ms)^ *```.*?^ *```\n")
	codeSpan   = regexp.MustCompile("`([^`]+)`")
	keyOfOurs  = regexp.MustCompile(`^((?:receiver|correlator|redis|repo_check|mail|sinks|routes|queue|templates|logging)(?:\.[A-Za-z_]+)+)(?:: .+)?$`)
	request    = regexp.MustCompile(`^(?:(GET|POST) )?(/\S*)$`)
	firstCell  = regexp.MustCompile(`(?m)^\|[^|\n]*\|`)
	hiddenKeys = regexp.MustCompile(`(?m)^( *)#([^ \n])`)
)

// guide is docs/moving.md without its examples.
func guide(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "moving.md"))
	if err != nil {
		t.Fatal(err)
	}
	return fenced.ReplaceAllString(string(text), "")
}

// spans lists what stands between backticks; a line's end counts as a blank.
func spans(text string) []string {
	var all []string
	for _, m := range codeSpan.FindAllStringSubmatch(text, -1) {
		all = append(all, strings.Join(strings.Fields(m[1]), " "))
	}
	return all
}

// ours is what the guide says of bellhop: the first cell of a row is the other's.
func ours(t *testing.T) []string { return spans(firstCell.ReplaceAllString(guide(t), "|")) }

// section is the part of the guide under a headline that begins so.
func section(t *testing.T, headline string) string {
	t.Helper()
	_, text, ok := strings.Cut(guide(t), "\n## "+headline)
	if !ok {
		t.Fatalf("there is no %q", headline)
	}
	text, _, _ = strings.Cut(text, "\n## ")
	return text
}

// keysOf lists the keys of a YAML document by their paths; those of a list's items
// stand under the list.
func keysOf(t *testing.T, text string) map[string]bool {
	t.Helper()
	var root any
	if err := yaml.Unmarshal([]byte(text), &root); err != nil {
		t.Fatal(err)
	}
	all := make(map[string]bool)
	var walk func(path string, value any)
	walk = func(path string, value any) {
		switch v := value.(type) {
		case map[string]any:
			for name, below := range v {
				under := strings.TrimPrefix(path+"."+name, ".")
				all[under] = true
				walk(under, below)
			}
		case []any:
			for _, item := range v {
				walk(path, item)
			}
		}
	}
	walk("", root)
	return all
}

// TestTheGuideNamesKeysThatExist holds it against the example, in which every key stands.
func TestTheGuideNamesKeysThatExist(t *testing.T) {
	keys := keysOf(t, hiddenKeys.ReplaceAllString(config.Example(), "$1$2"))
	there := make(map[string]bool)
	for key := range keys {
		if parts := strings.Split(key, "."); parts[0] == "sinks" && len(parts) > 2 {
			parts[1] = "NAME"
			key = strings.Join(parts, ".")
		}
		there[key] = true
		there[strings.TrimSuffix(key, "_file")] = true // a secret is there in both forms
		there[key+"_file"] = true
	}
	found := 0
	for _, span := range ours(t) {
		m := keyOfOurs.FindStringSubmatch(span)
		if m == nil {
			continue
		}
		found++
		if !there[m[1]] {
			t.Errorf("there is no key %s", m[1])
		}
	}
	if found < 50 {
		t.Errorf("only %d keys were found: the test looks in the wrong place", found)
	}
}

// TestTheGuideLeavesOutNoKey looks for each key of those whose files can be imported.
func TestTheGuideLeavesOutNoKey(t *testing.T) {
	for headline, file := range map[string]string{
		"From ns8-backup-monitor":     "../../config/testdata/good/ns8-backup-monitor.yml",
		"From prometheus-am-executor": "../../internal/migrate/testdata/executor.yml",
	} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		told := spans(section(t, headline))
		keys := keysOf(t, string(text))
		for key := range keys {
			if strings.HasPrefix(key, "commands.match_labels.") { // names of labels
				continue
			}
			if !slices.ContainsFunc(told, func(span string) bool { return span == key || strings.HasPrefix(span, key+".") }) {
				t.Errorf("%s: nothing is said of %s", headline, key)
			}
		}
		if len(keys) < 8 {
			t.Errorf("%s: only the keys %v were found", headline, keys)
		}
	}
}

// TestTheGuideNamesCommandsThatExist runs none of them.
func TestTheGuideNamesCommandsThatExist(t *testing.T) {
	found := 0
	for _, span := range ours(t) {
		line, ok := strings.CutPrefix(span, "bellhop ")
		if !ok {
			continue
		}
		found++
		words := strings.Fields(strings.TrimSuffix(line, "…"))
		cmd, _, err := newRoot(&process{}).Find(words)
		if err != nil || !cmd.HasParent() || !cmd.Runnable() {
			t.Errorf("there is no command %q: %v", line, err)
			continue
		}
		for _, word := range words {
			if name, is := strings.CutPrefix(word, "--"); is && cmd.Flag(name) == nil {
				t.Errorf("%s has no flag %s", cmd.CommandPath(), word)
			}
		}
	}
	if found < 10 {
		t.Errorf("only %d commands were found", found)
	}
}

// TestTheGuideNamesAddressesThatAnswer asks a bellhop that runs.
func TestTheGuideNamesAddressesThatAnswer(t *testing.T) {
	_, url := newHook(t)
	d := newDaemon(t, url)
	d.start()
	asked := make(map[string]bool)
	for _, span := range ours(t) {
		m := request.FindStringSubmatch(span)
		if m == nil || m[1] == "" && !strings.HasPrefix(m[2], "/api/") && !strings.HasPrefix(m[2], "/-/") || asked[span] {
			continue
		}
		asked[span] = true
		method := m[1]
		if method == "" {
			method = http.MethodGet
		}
		req, err := http.NewRequestWithContext(t.Context(), method, d.url+m[2], strings.NewReader("{}"))
		if err != nil {
			t.Fatal(err)
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		var said bytes.Buffer
		_, err = said.ReadFrom(resp.Body)
		_ = resp.Body.Close()
		if err != nil || resp.StatusCode == http.StatusMethodNotAllowed || strings.Contains(said.String(), "there is nothing at") {
			t.Errorf("%s %s answers %s: %s", method, m[2], resp.Status, said.String())
		}
	}
	if len(asked) < 10 {
		t.Errorf("only these were asked: %v", asked)
	}
}

// TestTheConfigurationsOfTheGuideAreRight checks every snippet as a user would.
func TestTheConfigurationsOfTheGuideAreRight(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "moving.md"))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "pagerduty.key"), []byte("0123456789abcdef0123456789abcdef\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	blocks := yamlBlock.FindAllStringSubmatch(string(text), -1)
	for _, block := range blocks {
		file := filepath.Join(dir, "config.yml")
		if err := os.WriteFile(file, []byte(strings.ReplaceAll(block[1], "/etc/bellhop", dir)), 0o600); err != nil {
			t.Fatal(err)
		}
		if got := really("check", "--config", file); got.code != codeOK || got.err != "" {
			t.Errorf("%s\n%+v", block[1], got)
		}
	}
	if len(blocks) == 0 {
		t.Error("no configuration was found")
	}
}

// TestACommandOfAmExecutorRunsAsItIs imports one, posts to the address that it had, and
// looks for the variables that the guide tells of.
func TestACommandOfAmExecutorRunsAsItIs(t *testing.T) {
	dir := t.TempDir()
	seen, source := filepath.Join(dir, "seen"), filepath.Join(dir, "executor.yml")
	old := fmt.Sprintf("listen_address: \"127.0.0.1:0\"\ncommands:\n  - cmd: sh\n    args: [-c, 'env | grep -E \"^(AMX|BELLHOP)_\" >%s.new; mv %s.new %s']\n    match_labels: {env: testing}\n", seen, seen, seen)
	if err := os.WriteFile(source, []byte(old), 0o600); err != nil {
		t.Fatal(err)
	}
	imported := really("import", "am-executor", source)
	if imported.code != codeOK {
		t.Fatalf("got %+v", imported)
	}
	_, url := newHook(t)
	d := newDaemon(t, url)
	if err := os.WriteFile(d.file, []byte(imported.out+fmt.Sprintf("queue: {path: %q}\n", d.folder)), 0o600); err != nil {
		t.Fatal(err)
	}
	d.start()
	resp, err := http.Post(d.url, "application/json", strings.NewReader(`{"receiver":"executor","status":"firing","externalURL":"http://am:9093",
		"groupLabels":{"alertname":"RebootMachine"},"commonLabels":{"alertname":"RebootMachine","env":"testing"},"commonAnnotations":{"summary":"s"},
		"alerts":[{"status":"firing","labels":{"alertname":"RebootMachine","env":"testing"},"annotations":{"summary":"s"},
		"startsAt":"2026-11-21T02:00:00Z","endsAt":"0001-01-01T00:00:00Z","generatorURL":"http://prom/graph","fingerprint":""}]}`))
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("got %s", resp.Status)
	}
	waitFor(t, "the command ran", func() bool { _, err := os.Stat(seen); return err == nil })
	env, err := os.ReadFile(seen)
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(section(t, "From prometheus-am-executor"), "\n### What a command sees")
	table, _, _ = strings.Cut(table, "\n### ")
	found := 0
	for _, span := range spans(strings.ReplaceAll(table, "AMX_ALERT_<n>", "AMX_ALERT_1")) {
		name := span
		if strings.HasPrefix(span, "_") {
			name = "AMX_ALERT_1" + span
		}
		if name = strings.TrimSuffix(strings.TrimSuffix(name, "<l>"), "<k>"); !strings.HasPrefix(name, "AMX_") && !strings.HasPrefix(name, "BELLHOP_") {
			continue
		}
		found++
		if !strings.Contains("\n"+string(env), "\n"+name) {
			t.Errorf("the command does not see %s:\n%s", name, env)
		}
	}
	if found < 15 {
		t.Errorf("only %d names were found", found)
	}
}
