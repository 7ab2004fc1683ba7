package deploy_test

import (
	"bytes"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	osexec "os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// built is bellhop as `make build` makes it.
var built string

func TestMain(m *testing.M) {
	os.Exit(run(m))
}

func run(m *testing.M) int {
	folder, err := os.MkdirTemp("", "bellhop-installer")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() { _ = os.RemoveAll(folder) }()
	built = filepath.Join(folder, "bellhop")
	if out, err := osexec.Command("go", "build", "-o", built, "../cmd/bellhop").CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "build bellhop: %v\n%s", err, out)
		return 1
	}
	return m.Run()
}

// systemctl stands in for systemd: it knows who is enabled and active, and writes down
// what it was told to do. A service named in the folder "broken" does not start,
// one in "masked" cannot be enabled.
const systemctl = `#!/bin/sh
state=%q
case $1 in
is-active) [ -e "$state/active/$3" ]; exit ;;
is-enabled) [ -e "$state/enabled/$3" ]; exit ;;
esac
echo "$*" >>"$state/calls"
for unit; do :; done
case "$1 $2" in
"enable --now") touch "$state/enabled/$unit" "$state/active/$unit" ;;
"enable "*) [ ! -e "$state/masked/$unit" ] || exit 1; touch "$state/enabled/$unit" ;;
"disable --now") rm -f "$state/enabled/$unit" "$state/active/$unit" ;;
"disable "*) rm -f "$state/enabled/$unit" ;;
"restart "*) [ ! -e "$state/broken/$unit" ] || exit 1; touch "$state/active/$unit" ;;
daemon-reload*) ;;
*) echo "systemctl: unknown: $*" >&2; exit 1 ;;
esac
`

// machine is a system to install into, on which systemd runs.
type machine struct {
	t                  *testing.T
	root, state, stubs string
	binary             string
}

func newMachine(t *testing.T) *machine {
	t.Helper()
	m := &machine{t: t, root: t.TempDir(), state: t.TempDir(), stubs: t.TempDir(), binary: built}
	for _, folder := range []string{
		m.root + "/run/systemd/system", m.state + "/active", m.state + "/enabled", m.state + "/broken", m.state + "/masked",
	} {
		if err := os.MkdirAll(folder, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	m.write(m.stubs+"/systemctl", fmt.Sprintf(systemctl, m.state), 0o755)
	return m
}

func (m *machine) write(file, text string, mode fs.FileMode) {
	m.t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		m.t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), mode); err != nil {
		m.t.Fatal(err)
	}
}

func (m *machine) read(file string) string {
	m.t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		m.t.Fatal(err)
	}
	return string(b)
}

// run runs the installer; answers are what a person types.
func (m *machine) run(answers string, args ...string) (code int, said string) {
	m.t.Helper()
	cmd := osexec.Command("./install.sh", append([]string{"--root", m.root, "--binary", m.binary}, args...)...)
	cmd.Env = []string{"PATH=" + m.stubs + ":" + os.Getenv("PATH")}
	cmd.Stdin = strings.NewReader(answers)
	out, err := cmd.CombinedOutput()
	if _, ended := err.(*osexec.ExitError); err != nil && !ended {
		m.t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), string(out)
}

// must is run with nothing typed and all well.
func (m *machine) must(args ...string) string {
	m.t.Helper()
	code, said := m.run("", args...)
	if code != 0 {
		m.t.Fatalf("%v: exit %d\n%s", args, code, said)
	}
	return said
}

// calls are what systemd was told to do since they were last asked for.
func (m *machine) calls() []string {
	m.t.Helper()
	b, err := os.ReadFile(m.state + "/calls")
	if err != nil && !os.IsNotExist(err) {
		m.t.Fatal(err)
	}
	m.write(m.state+"/calls", "", 0o644)
	return strings.Split(strings.TrimSpace(string(b)), "\n")
}

func (m *machine) called(want ...string) {
	m.t.Helper()
	if len(want) == 0 {
		want = []string{""}
	}
	if got := m.calls(); !slices.Equal(got, want) {
		m.t.Errorf("systemd was told %q, want %q", got, want)
	}
}

// tree is every file of the machine with its mode, time and content.
func (m *machine) tree() string {
	m.t.Helper()
	var b strings.Builder
	err := filepath.WalkDir(m.root, func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil || d.IsDir() {
			return err
		}
		content, err := os.ReadFile(file)
		fmt.Fprintln(&b, file, info.Mode(), info.ModTime(), len(content), string(content[:min(len(content), 4096)]))
		return err
	})
	if err != nil {
		m.t.Fatal(err)
	}
	return b.String()
}

func (m *machine) program() string { return m.root + "/usr/local/bin/bellhop" }
func (m *machine) unit() string    { return m.root + "/etc/systemd/system/bellhop.service" }
func (m *machine) config() string  { return m.root + "/etc/bellhop/config.yml" }

func (m *machine) there(file string, want bool) {
	m.t.Helper()
	if _, err := os.Lstat(file); (err == nil) != want {
		m.t.Errorf("%s: there %v, want %v", file, err == nil, want)
	}
}

func (m *machine) mode(file string, want fs.FileMode) {
	m.t.Helper()
	info, err := os.Stat(file)
	if err != nil {
		m.t.Fatal(err)
	}
	if info.Mode() != want {
		m.t.Errorf("%s has mode %v, want %v", file, info.Mode(), want)
	}
}

func contains(t *testing.T, said string, all ...string) {
	t.Helper()
	for _, want := range all {
		if !strings.Contains(said, want) {
			t.Errorf("it does not say %q:\n%s", want, said)
		}
	}
}

// predecessor puts ns8-backup-monitor on the machine, running.
func (m *machine) predecessor() (config string) {
	m.t.Helper()
	config = m.root + "/etc/ns8-backup-monitor/config.yml"
	m.write(config, m.read("../config/testdata/good/ns8-backup-monitor.yml"), 0o644)
	m.write(m.state+"/active/ns8-backup-monitor.service", "", 0o644)
	m.write(m.state+"/enabled/ns8-backup-monitor.service", "", 0o644)
	return config
}

// otherBinary is a bellhop of another version.
func (m *machine) otherBinary() string {
	m.t.Helper()
	name := filepath.Join(m.t.TempDir(), "bellhop")
	m.write(name, "#!/bin/sh\nexec "+built+" \"$@\"\n", 0o755)
	return name
}

var someone = []string{"--from", "backup@example.org", "--to", "admin@example.org, O'Brien <ops@example.org>"}

func TestAnInstallWithoutQuestions(t *testing.T) {
	m := newMachine(t)
	said := m.must(someone...)
	m.mode(m.program(), 0o755)
	m.mode(m.unit(), 0o644)
	m.mode(m.config(), 0o640)
	m.called("daemon-reload", "enable bellhop.service", "restart bellhop.service")
	contains(t, said, "sink mail: ns8-sendmail, 2 targets", "is installed", "webhook_configs:", "url: http://127.0.0.1:9099/alert", "Try it")
	if got := m.read(m.config()); !strings.Contains(got, "    - 'admin@example.org'\n    - 'O''Brien <ops@example.org>'\n") {
		t.Errorf("it wrote\n%s", got)
	}
}

func TestASecondRunChangesNothingAndSaysSo(t *testing.T) {
	m := newMachine(t)
	m.must(someone...)
	m.calls()
	before := m.tree()
	for _, args := range [][]string{someone, {}, {"--yes"}, {"--take-over"}} {
		contains(t, m.must(args...), "Nothing to do")
		m.called("daemon-reload")
	}
	if after := m.tree(); after != before {
		t.Errorf("before\n%s\nafter\n%s", before, after)
	}
}

func TestADryRunChangesNothing(t *testing.T) {
	m := newMachine(t)
	m.predecessor()
	before := m.tree()
	for _, args := range [][]string{{}, {"--take-over"}, someone} {
		said := m.must(append([]string{"--dry-run"}, args...)...)
		contains(t, said, "would write: "+m.program(), "would run: systemctl restart bellhop.service", "Nothing was changed")
	}
	m.called()
	if after := m.tree(); after != before {
		t.Errorf("before\n%s\nafter\n%s", before, after)
	}
}

func TestADryRunOfUninstallChangesNothing(t *testing.T) {
	m := newMachine(t)
	m.must(someone...)
	m.calls()
	before := m.tree()
	contains(t, m.must("--dry-run", "--uninstall", "--purge"), "would run: rm -f "+m.program(), "would run: rm -f "+m.config())
	m.called()
	if after := m.tree(); after != before {
		t.Errorf("before\n%s\nafter\n%s", before, after)
	}
}

func TestAPersonIsAskedForTheAddresses(t *testing.T) {
	m := newMachine(t)
	code, said := m.run("backup@example.org\nadmin@example.org\n")
	if code != 0 {
		t.Fatalf("exit %d\n%s", code, said)
	}
	contains(t, said, "From which address", "To whom", "is installed")
	contains(t, m.read(m.config()), "from: 'backup@example.org'", "- 'admin@example.org'")
	other := newMachine(t)
	code, said = other.run("")
	contains(t, said, "nobody answers")
	if code != 1 {
		t.Errorf("with nobody there: exit %d", code)
	}
	other.there(other.program(), false)
}

func TestThePredecessorIsTakenOver(t *testing.T) {
	m := newMachine(t)
	old := m.predecessor()
	said := m.must("--take-over")
	m.called("daemon-reload", "disable --now ns8-backup-monitor.service", "enable bellhop.service", "restart bellhop.service")
	if m.read(m.config()) != m.read(old) {
		t.Error("its configuration was changed on the way")
	}
	m.mode(m.config(), 0o640)
	m.mode(old, 0o644)
	contains(t, said, "warning:", "redis.socket", "its files stay")
}

func TestThePredecessorIsStoppedOnlyAfterAQuestion(t *testing.T) {
	m := newMachine(t)
	m.predecessor()
	code, said := m.run("y\nn\n")
	contains(t, said, "Take over", "Stop and disable it", "not started")
	if code != 1 {
		t.Errorf("bellhop does not run, yet: exit %d", code)
	}
	m.called("daemon-reload")
	if code, said = m.run("y\n"); code != 0 {
		t.Fatalf("exit %d\n%s", code, said)
	}
	m.called("daemon-reload", "disable --now ns8-backup-monitor.service", "enable bellhop.service", "restart bellhop.service")
}

func TestThePredecessorRunsAgainWhenBellhopDoesNotStart(t *testing.T) {
	for _, fault := range []string{"broken", "masked"} {
		m := newMachine(t)
		m.predecessor()
		m.write(m.state+"/"+fault+"/bellhop.service", "", 0o644)
		code, said := m.run("", "--take-over")
		if code != 1 {
			t.Errorf("%s: exit %d", fault, code)
		}
		contains(t, said, "ns8-backup-monitor runs again")
		m.there(m.state+"/active/ns8-backup-monitor.service", true)
		m.there(m.state+"/enabled/ns8-backup-monitor.service", true)
		m.there(m.state+"/enabled/bellhop.service", false)
	}
}

func TestWhatRunsGoesOnWhenTheConfigurationIsWrong(t *testing.T) {
	m := newMachine(t)
	m.must(someone...)
	m.calls()
	m.write(m.config(), "mail: {form: a@example.org}\n", 0o640)
	before := m.tree()
	m.binary = m.otherBinary()
	code, said := m.run("", "--yes")
	contains(t, said, m.config()+":1: mail.form: there is no such key", "nothing was changed")
	if code != 1 || m.tree() != before {
		t.Errorf("exit %d, and before\n%s\nafter\n%s", code, before, m.tree())
	}
	m.called()
	// The same of a configuration that is not there yet.
	fresh := newMachine(t)
	code, said = fresh.run("", "--from", "nobody", "--to", "admin@example.org")
	contains(t, said, fresh.config()+":", "mail.from")
	if code != 1 {
		t.Errorf("exit %d", code)
	}
	fresh.there(fresh.config(), false)
	fresh.there(fresh.program(), false)
}

func TestWhatDiffersIsReplacedOnlyAfterAQuestion(t *testing.T) {
	m := newMachine(t)
	m.must(someone...)
	m.calls()
	m.binary = m.otherBinary()
	before := m.tree()
	for name, c := range map[string]struct {
		answers string
		args    []string
	}{
		"a person says no":    {"n\n", nil},
		"nobody is there":     {"", nil},
		"nobody may be asked": {"", someone},
	} {
		code, said := m.run(c.answers, c.args...)
		contains(t, said, m.program()+" is another one. Replace it?")
		if code != 1 || m.tree() != before {
			t.Errorf("%s: exit %d, and before\n%s\nafter\n%s", name, code, before, m.tree())
		}
		m.called()
	}
	if code, said := m.run("y\n"); code != 0 {
		t.Fatalf("exit %d\n%s", code, said)
	}
	m.called("daemon-reload", "restart bellhop.service")
	if m.read(m.program()) != m.read(m.binary) {
		t.Error("the program was not replaced")
	}
}

func TestUninstallLeavesConfigurationAndQueue(t *testing.T) {
	m := newMachine(t)
	m.must(someone...)
	m.calls()
	db, foreign := m.root+"/var/lib/bellhop/bellhop.db", m.root+"/etc/bellhop/slack.token"
	m.write(db, "", 0o600)
	m.write(db+".damaged-1", "", 0o600)
	m.write(foreign, "", 0o600)
	if code, said := m.run("n\n", "--uninstall"); code != 1 {
		t.Errorf("exit %d\n%s", code, said)
	}
	m.there(m.program(), true)
	contains(t, m.must("--uninstall", "--yes"), m.config(), m.root+"/var/lib/bellhop", "is removed")
	m.called("disable --now bellhop.service", "daemon-reload")
	m.there(m.program(), false)
	m.there(m.unit(), false)
	m.there(m.config(), true)
	m.there(db, true)
	contains(t, m.must("--uninstall", "--yes"), "Nothing to do")
	contains(t, m.must("--uninstall", "--purge", "--yes"), "stays, as something else is in it: "+m.root+"/etc/bellhop")
	m.there(m.config(), false)
	m.there(filepath.Dir(db), false)
	m.there(foreign, true)
	contains(t, m.must("--uninstall", "--yes"), "Nothing to do")
}

func TestAnotherPrefixIsNamedInTheUnit(t *testing.T) {
	m := newMachine(t)
	m.must(append([]string{"--prefix", "/opt/bellhop"}, someone...)...)
	m.mode(m.root+"/opt/bellhop/bin/bellhop", 0o755)
	contains(t, m.read(m.unit()), "\nExecStart=/opt/bellhop/bin/bellhop serve\n")
}

// TestAnAlertmanagerThatAnswersIsPolled stands a bellhop in that knows receiver.poll,
// and one that does not.
func TestAnAlertmanagerThatAnswersIsPolled(t *testing.T) {
	am := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/api/v2/status" {
			http.NotFound(w, r)
		}
	}))
	defer am.Close()
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	for name, c := range map[string]struct {
		example, url string
		polls        bool
	}{
		"one answers":                  {"receiver:\n  poll:\n    url: \"\"\n", am.URL, true},
		"none answers":                 {"receiver:\n  poll:\n    url: \"\"\n", gone.URL, false},
		"bellhop does not know to ask": {"receiver:\n  port: 9099\n", am.URL, false},
	} {
		t.Run(name, func(t *testing.T) {
			m := newMachine(t)
			m.binary = filepath.Join(t.TempDir(), "bellhop")
			m.write(m.binary, fmt.Sprintf("#!/bin/sh\ncase \"$*\" in\n'config example') printf %%s '%s' ;;\nversion) echo bellhop v9 ;;\nesac\n", c.example), 0o755)
			said := m.must(append([]string{"--alertmanager", c.url}, someone...)...)
			if got := strings.Contains(m.read(m.config()), "  poll:\n    url: '"+am.URL+"'\n"); got != c.polls {
				t.Errorf("it wrote\n%s", m.read(m.config()))
			}
			if got := !strings.Contains(said, "webhook_configs"); got != c.polls {
				t.Errorf("it says\n%s", said)
			}
		})
	}
}

func TestTheCommandLineIsExplained(t *testing.T) {
	m := newMachine(t)
	contains(t, m.must("--help"), "Usage:", "--take-over", "--purge")
	for _, args := range [][]string{{"--form", "x"}, {"--from"}, {"--from", "a@example.org"}, {"--to", "a@example.org"}, {"--purge"}, {"--prefix", "opt"}, {"--prefix", "/opt/a|b"}} {
		code, said := m.run("", args...)
		if code != 2 {
			t.Errorf("%v: exit %d", args, code)
		}
		contains(t, said, "See install.sh --help")
	}
	m.binary = m.root + "/none"
	if code, said := m.run("", someone...); code != 1 || !strings.Contains(said, "make build") {
		t.Errorf("without a program: exit %d\n%s", code, said)
	}
}

// TestShellcheckHasNothingToSay is skipped where it is not installed.
func TestShellcheckHasNothingToSay(t *testing.T) {
	shellcheck, err := osexec.LookPath("shellcheck")
	if err != nil {
		t.Skip("shellcheck is not installed")
	}
	scripts := []string{"install.sh"}
	more, err := filepath.Glob("package/*.sh")
	if err != nil || len(more) == 0 {
		t.Fatalf("there are no scripts: %v", err)
	}
	if out, err := osexec.Command(shellcheck, append(scripts, more...)...).CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, bytes.TrimSpace(out))
	}
}
