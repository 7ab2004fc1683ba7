package config_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"bellhop/config"
)

// R23: a secret may be kept in a file, wherever it stands among the settings.
func TestR23SecretsComeFromFiles(t *testing.T) {
	dir := t.TempDir()
	keep := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	keep("redis", "with blank \r\n")
	keep("keys", "# team a\r\n\nlong-key-1\r\n  # team b\n\n\tlong-key-2 ")
	keep("team", "ops")
	keep("deep", "deep token\n\n")
	keep("config.yml", `
redis: {password_file: redis}
sinks:
  oncall: {type: pagerduty, routing_keys_file: ./keys}
  hook:
    type: webhook
    url: https://example.org
    headers: {X-Team_file: `+dir+`/team, X-Other: o}
  odd: {type: odd, deep: {token_file: deep}}
`)
	c, warnings, err := config.Load(filepath.Join(dir, "config.yml"), nil, testKinds())
	if err != nil || len(warnings) > 0 {
		t.Fatal(err, warnings)
	}
	same(t, "redis", c.Redis.Password.Reveal(), "with blank ")
	keys := sink(t, c, "oncall").Settings.(*pagerSettings).Keys
	same(t, "keys", len(keys), 2)
	same(t, "first key", keys[0].Reveal(), "long-key-1")
	same(t, "second key", keys[1].Reveal(), "long-key-2")
	hook := sink(t, c, "hook").Settings.(*hookSettings)
	same(t, "header", hook.Headers["X-Team"].Reveal(), "ops")
	same(t, "other header", hook.Headers["X-Other"].Reveal(), "o")
	same(t, "deep", sink(t, c, "odd").Settings.(*oddSettings).Deep.Token.Reveal(), "deep token")
	if text := fmt.Sprintf("%+v %#v", c, hook); strings.Contains(text, "with blank") || strings.Contains(text, "ops") {
		t.Errorf("printed settings hold a secret: %s", text)
	}
}

func TestR23SecretOfALaterLayerWins(t *testing.T) {
	file := write(t, "from file\n")
	c, _ := load(t, plainMail+"redis: {password: inline}\n", "BELLHOP_REDIS__PASSWORD_FILE="+file)
	same(t, "file by environment", c.Redis.Password.Reveal(), "from file")
	c, _ = load(t, plainMail+"redis: {password_file: "+file+"}\n", "BELLHOP_REDIS__PASSWORD=inline")
	same(t, "secret by environment", c.Redis.Password.Reveal(), "inline")
	got := refuse(t, plainMail, "BELLHOP_REDIS__PASSWORD=hunter2", "BELLHOP_REDIS__PASSWORD_FILE="+file)
	same(t, "both by environment", got, "BELLHOP_REDIS__PASSWORD_FILE: stands beside password: keep one of the two")
}

func TestR23SecretThatEverybodyCanReadIsWarnedOf(t *testing.T) {
	file := write(t, "password\n")
	if err := os.Chmod(file, 0o604); err != nil {
		t.Fatal(err)
	}
	_, warnings := load(t, plainMail+"redis:\n  password_file: "+file+"\n")
	if len(warnings) != 1 || !strings.HasSuffix(warnings[0],
		":5: redis.password_file: "+file+" can be read by everybody on this machine: take that right away with chmod o=") {
		t.Errorf("got %q", warnings)
	}
}

func TestR23FilesThatHoldNoSecret(t *testing.T) {
	closed := write(t, "password\n")
	if err := os.Chmod(closed, 0); err != nil {
		t.Fatal(err)
	}
	cases := map[string]string{
		write(t, strings.Repeat("long", 20_000)): "is larger than 65536 bytes",
		"/dev/null":                              "is no file",
	}
	if os.Geteuid() != 0 {
		cases[closed] = "cannot be read: permission denied"
	}
	for file, want := range cases {
		got := refuse(t, plainMail+"redis:\n  password_file: "+file+"\n")
		same(t, file, got, "F:5: redis.password_file: "+file+" "+want+": name a readable file that holds the secret alone")
	}
}

// R23: whatever stands at the key of a secret, it is not said.
func TestR23NoFaultHoldsASecret(t *testing.T) {
	for _, value := range []string{
		"[hunter2]", "{a: hunter2}", "!hunter2 x", "*hunter2", "&hunter2 [x]", "hunter2: x", "{hunter2", "'hunter2", "20021988",
		"2002-19-88", "!!int hunter2", "|hunter2", "@hunter2", "%hunter2", "[{hunter2: hunter2}]", "\thunter2\x01",
	} {
		for _, key := range []string{"password", "password_file", "passwrod"} {
			_, warnings, err := config.Load(write(t, plainMail+"redis:\n  "+key+": "+value+"\n"), nil, testKinds())
			if text := fmt.Sprint(err, lines(warnings)); strings.Contains(text, "hunter2") || strings.Contains(text, "20021988") {
				t.Errorf("%s: %s: %s", key, value, text)
			}
		}
	}
}
