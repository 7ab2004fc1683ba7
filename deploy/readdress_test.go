package deploy_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	osexec "os/exec"
	"strings"
	"testing"
)

// handEdited is a configuration that somebody works on, with the addresses of someone.
const handEdited = `# ours
receiver:
  poll:
    url: 'http://127.0.0.1:9093'
mail:
  # the cluster's smarthost wants this one
  from:  "backup@example.org"   # noreply bounces
  rate: 5/1m
  to:
    # day
    - admin@example.org # Ada

    # night
    - 'O''Brien <ops@example.org>'
  subject_prefix: "[us]"
queue:
  path: /srv/queue
`

func TestASecondRunKeepsThePollWhileAlertmanagerIsAway(t *testing.T) {
	m := newMachine(t)
	am := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	args := append([]string{"--yes", "--alertmanager", am.URL}, someone...)
	m.must(args...)
	contains(t, m.read(m.config()), "poll:")
	before := m.tree()
	am.Close()
	contains(t, m.must(args...), "Nothing to do")
	if after := m.tree(); after != before {
		t.Errorf("before\n%s\nafter\n%s", before, after)
	}
}

func TestASecondRunKeepsWhatWasEditedByHand(t *testing.T) {
	for name, text := range map[string]string{
		"comments and other keys": handEdited,
		"a list in one line":      "mail:\n    to: ['O''Brien <ops@example.org>', admin@example.org]   # both\n    from: backup@example.org\n    rate: 5/1m",
		"a list without indent":   "---\nmail:\n  to:\n  - admin@example.org\n  - O'Brien <ops@example.org>\n  from: backup@example.org\n",
	} {
		m := newMachine(t)
		m.write(m.config(), text, 0o640)
		m.must(append([]string{"--yes"}, someone...)...)
		before := m.tree()
		contains(t, m.must(append([]string{"--yes"}, someone...)...), "Nothing to do")
		if after := m.tree(); after != before || m.read(m.config()) != text {
			t.Errorf("%s: before\n%s\nafter\n%s", name, before, after)
		}
	}
}

func TestOtherAddressesChangeNothingElse(t *testing.T) {
	for name, c := range map[string]struct{ before, after string }{
		"one address a line": {handEdited, strings.NewReplacer(
			`from:  "backup@example.org"   #`, `from: 'new@example.org'   #`,
			"    - 'O''Brien <ops@example.org>'\n", "    - 'O''Neill <neill@example.org>'\n",
		).Replace(handEdited)},
		"a list in one line": {
			"mail:\n  to: [admin@example.org, b@example.org] # all\n  from: new@example.org\n  rate: 5/1m\n",
			"mail:\n  to: # all\n    - 'admin@example.org'\n    - 'O''Neill <neill@example.org>'\n  from: new@example.org\n  rate: 5/1m\n",
		},
		"everybody else": {
			"mail:\n  from: a@example.org\n  to:\n  - b@example.org\n# the end",
			"mail:\n  from: 'new@example.org'\n  to:\n  - 'admin@example.org'\n  - 'O''Neill <neill@example.org>'\n# the end\n",
		},
	} {
		t.Run(name, func(t *testing.T) {
			m := newMachine(t)
			m.write(m.config(), c.before, 0o600)
			args := []string{"--from", "new@example.org", "--to", "admin@example.org,O'Neill <neill@example.org>"}
			contains(t, m.must(args...), "Change them", "kept: "+m.config(), "Left as it was")
			if got := m.read(m.config()); got != c.before {
				t.Errorf("nobody said yes: %s", got)
			}
			m.must(append([]string{"--yes"}, args...)...)
			if got := m.read(m.config()); got != c.after {
				t.Errorf("got\n%s\nwant\n%s", got, c.after)
			}
			m.mode(m.config(), 0o600)
			if got := m.read(m.config() + ".old"); got != c.before {
				t.Errorf("the old one is\n%s", got)
			}
			contains(t, m.must(append([]string{"--yes"}, args...)...), "Nothing to do")
			m.onlyIn("etc/bellhop", "config.yml", "config.yml.old")
		})
	}
}

// TestAConfigurationWithoutSinksGetsTheMail, such as one that a package left.
func TestAConfigurationWithoutSinksGetsTheMail(t *testing.T) {
	m := newMachine(t)
	before := "# nobody is named\nreceiver: {port: 9100}" // no newline at its end
	m.write(m.config(), before, 0o640)
	m.must(append([]string{"--yes"}, someone...)...)
	want := before + "\nmail:\n  from: 'backup@example.org'\n  to:\n    - 'admin@example.org'\n    - 'O''Brien <ops@example.org>'\n"
	if got := m.read(m.config()); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	contains(t, m.must(someone...), "Nothing to do")
}

// onlyIn says what files a folder of the machine is to hold.
func (m *machine) onlyIn(folder string, want ...string) {
	m.t.Helper()
	entries, err := os.ReadDir(m.root + "/" + folder)
	if err != nil {
		m.t.Fatal(err)
	}
	var got []string
	for _, e := range entries {
		got = append(got, e.Name())
	}
	if strings.Join(got, " ") != strings.Join(want, " ") {
		m.t.Errorf("%s holds %q, want %q", folder, got, want)
	}
}

func TestAnOldConfigurationIsNeverOverwritten(t *testing.T) {
	m := newMachine(t)
	for _, from := range []string{"a@example.org", "b@example.org", "c@example.org", "d@example.org"} {
		m.must("--yes", "--from", from, "--to", "admin@example.org")
	}
	for file, want := range map[string]string{".old": "a@", ".old.1": "b@", ".old.2": "c@", "": "d@"} {
		contains(t, m.read(m.config()+file), "from: '"+want)
	}
	m.must("--uninstall", "--purge", "--yes")
	m.there(m.root+"/etc/bellhop", false)
}

func TestAddressesThatBellhopRefusesLeaveNothingBehind(t *testing.T) {
	m := newMachine(t)
	m.must(someone...)
	before := m.tree()
	code, said := m.run("", "--yes", "--from", "nobody", "--to", "admin@example.org")
	contains(t, said, m.config()+":", "mail.from", "nothing was changed")
	if code != 1 || m.tree() != before {
		t.Errorf("exit %d, before\n%s\nafter\n%s", code, before, m.tree())
	}
}

func TestWhatCannotBeChangedSafelyIsProposed(t *testing.T) {
	for name, text := range map[string]string{
		"a map in one line":       "mail: {from: a@example.org, to: [b@example.org], rate: 5/1m}\n",
		"a list over lines":       "mail:\n  from: a@example.org\n  to: [b@example.org,\n    c@example.org]\n",
		"a text over lines":       "mail:\n  from: >-\n    a@example.org\n  to: [b@example.org]\n",
		"an anchor":               "mail:\n  from: &us a@example.org\n  to: [*us]\n",
		"a quoted key":            "\"mail\":\n  from: a@example.org\n  to: [b@example.org]\n",
		"a file of Windows":       "mail:\r\n  from: a@example.org\r\n  to: [b@example.org]\r\n",
		"sinks, and no mail":      "sinks:\n  us:\n    type: ns8-sendmail\n    from: a@example.org\n    to: [b@example.org]\n",
		"a map for all in braces": "{mail: {from: a@example.org, to: [b@example.org]}}\n",
	} {
		t.Run(name, func(t *testing.T) {
			m := newMachine(t)
			m.write(m.config(), text, 0o644)
			said := m.must(append([]string{"--yes"}, someone...)...)
			contains(t, said, "Left to you", m.config()+".new", "anybody could read")
			if got := m.read(m.config()); got != text {
				t.Errorf("it was changed: %s", got)
			}
			m.mode(m.config(), 0o640)
			m.mode(m.config()+".new", 0o640)
			contains(t, m.read(m.config()+".new"), "by hand", "from: 'backup@example.org'", "- 'O''Brien <ops@example.org>'")
			m.calls()
			before := m.tree()
			contains(t, m.must(append([]string{"--yes"}, someone...)...), "Nothing to do", "Left to you")
			m.called("daemon-reload")
			if after := m.tree(); after != before {
				t.Errorf("before\n%s\nafter\n%s", before, after)
			}
			m.onlyIn("etc/bellhop", "config.yml", "config.yml.new")
		})
	}
}

func TestALinkedConfigurationIsNotReplaced(t *testing.T) {
	m := newMachine(t)
	real := m.root + "/srv/config.yml"
	m.write(real, "mail:\n  from: a@example.org\n  to: [b@example.org]\n  rate: 5/1m\n", 0o640)
	m.write(m.root+"/etc/bellhop/keep", "", 0o640)
	if err := os.Symlink(real, m.config()); err != nil {
		t.Fatal(err)
	}
	contains(t, m.must(append([]string{"--yes"}, someone...)...), "Left to you")
	contains(t, m.read(m.config()+".new"), "rate: 5/1m", "from: 'backup@example.org'")
	m.calls()
	contains(t, m.must(), "Nothing to do")
	m.called("daemon-reload")
	if to, err := os.Readlink(m.config()); err != nil || to != real {
		t.Errorf("it leads to %q now: %v", to, err)
	}
	if err := os.Remove(real); err != nil {
		t.Fatal(err)
	}
	code, said := m.run("", someone...)
	contains(t, said, "is a link to nothing")
	if code != 1 {
		t.Errorf("exit %d", code)
	}
}

// TestAChangedConfigurationIsCheckedWhereItLies: a secret's file is named from there.
func TestAChangedConfigurationIsCheckedWhereItLies(t *testing.T) {
	m := newMachine(t)
	m.write(m.root+"/etc/bellhop/redis.secret", "x\n", 0o600)
	m.write(m.config(), "redis:\n  password_file: ./redis.secret\nmail:\n  from: a@example.org\n  to: [b@example.org]\n", 0o640)
	m.must(append([]string{"--yes"}, someone...)...)
	contains(t, m.read(m.config()), "password_file: ./redis.secret", "from: 'backup@example.org'")
}

// TestAPersonAtATerminalIsAsked is skipped where there is no script(1) to make one.
func TestAPersonAtATerminalIsAsked(t *testing.T) {
	script, err := osexec.LookPath("script")
	if err != nil {
		t.Skip("script is not installed")
	}
	m := newMachine(t)
	m.must(someone...)
	line := "./install.sh --root " + m.root + " --binary " + m.binary + " --from new@example.org --to admin@example.org"
	cmd := osexec.Command(script, "-qec", line, "/dev/null")
	cmd.Env = []string{"PATH=" + m.stubs + ":" + os.Getenv("PATH")}
	cmd.Stdin = strings.NewReader("y\n")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	contains(t, string(out), "[y/N]")
	contains(t, m.read(m.config()), "from: 'new@example.org'")
}

func TestWhatStopsHalfWaySaysSo(t *testing.T) {
	m := newMachine(t)
	m.must(someone...)
	m.binary = m.otherBinary()
	m.write(m.stubs+"/systemctl", "#!/bin/sh\n[ $1 != daemon-reload ] || { echo no bus >&2; exit 1; }\n", 0o755)
	code, said := m.run("", "--yes")
	contains(t, said, "no bus", "stopped half-way", "systemctl restart bellhop")
	if code != 1 {
		t.Errorf("exit %d", code)
	}
	m.onlyIn("usr/local/bin", "bellhop")
}
