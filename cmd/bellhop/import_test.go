package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// really runs bellhop with its own kinds.
func really(args ...string) result {
	var out, err bytes.Buffer
	code := exec(context.Background(), args, process{in: strings.NewReader(""), out: &out, err: &err, kinds: kinds()})
	return result{code: code, out: out.String(), err: err.String()}
}

// What is printed is settings that bellhop takes, with nothing to be warned of.
func TestWhatIsImportedIsOk(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"am-executor":        "listen_address: \":23222\"\ncommands:\n  - cmd: /bin/sleep\n    args: [10s]\n    resolved_signal: SIGUSR1\n",
		"routing-keys":       "R0AAAAAAAAAAAAAAAAAAAAAAAAAAAAA1\n",
		"ns8-backup-monitor": "mail: {from: a@example.org, to: [b@example.org]}\nredis: {socket: /run/redis/redis.sock}\nreceiver: {port: 9100}\n",
	} {
		t.Run(name, func(t *testing.T) {
			source, file := filepath.Join(dir, name), filepath.Join(dir, name+".yml")
			if err := os.WriteFile(source, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			got := really("import", name, source)
			if got.code != codeOK || got.err != "" || strings.Contains(got.out, "R0AAAA") {
				t.Fatalf("got %+v", got)
			}
			if err := os.WriteFile(file, []byte(got.out), 0o600); err != nil {
				t.Fatal(err)
			}
			if check := really("check", "--config", file); check.code != codeOK || check.err != "" {
				t.Errorf("got %+v of\n%s", check, got.out)
			}
		})
	}
}

func TestWhatCannotBeImported(t *testing.T) {
	bad := filepath.Join(t.TempDir(), "bad.yml")
	if err := os.WriteFile(bad, []byte("commands:\n  - cmd: x\n    max: many\n  - args: [a]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for args, want := range map[string]string{
		"import am-executor " + bad: bad + ":3: commands.0.max: is no whole number: write one, such as 3\n" +
			bad + ":4: commands.1.cmd: is empty: name the program, such as /usr/local/bin/on-backup; its arguments go into args\n",
		"import routing-keys nowhere":       "nowhere: cannot be read: no such file or directory\n",
		"import ns8-backup-monitor nowhere": "nowhere: is not there\n",
		"import am-executor":                "bellhop: accepts 1 arg(s), received 0\nSee `bellhop import am-executor --help`.\n",
		"import":                            "bellhop: import alone does nothing: name what to import, am-executor, routing-keys or ns8-backup-monitor\nSee `bellhop import --help`.\n",
		"import amexecutor x":               "bellhop: unknown command \"amexecutor\" for \"bellhop import\"\nSee `bellhop import --help`.\n",
	} {
		got := really(strings.Fields(args)...)
		if got.code != codeUsage || got.out != "" || got.err != want {
			t.Errorf("%s: got %d\n%s\n%swant\n%s", args, got.code, got.out, got.err, want)
		}
	}
}
