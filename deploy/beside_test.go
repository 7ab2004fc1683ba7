package deploy_test

import (
	osexec "os/exec"
	"regexp"
	"testing"
)

// pack puts bellhop on the machine as a package does.
func (m *machine) pack() {
	m.t.Helper()
	m.write(m.root+"/usr/bin/bellhop", m.read(m.binary), 0o755)
	m.write(m.root+"/usr/lib/systemd/system/bellhop.service", "", 0o644)
}

// script runs one of the package's scripts as if the machine's root was the machine.
func (m *machine) script(name, arg string) (said string) {
	m.t.Helper()
	text := regexp.MustCompile(`(^|[\s=])/(etc|usr|var|run)/`).ReplaceAllString(m.read("package/"+name), "${1}"+m.root+"/$2/")
	cmd := osexec.Command("sh", "-c", text, name, arg)
	cmd.Env = []string{"PATH=" + m.stubs + ":/usr/bin:/bin"}
	out, err := cmd.CombinedOutput()
	if err != nil {
		m.t.Fatalf("%s %s: %v\n%s", name, arg, err, out)
	}
	return string(out)
}

func TestAPackageIsNotTouched(t *testing.T) {
	m := newMachine(t)
	m.pack()
	before := m.tree()
	for _, args := range [][]string{someone, {"--uninstall", "--yes"}, {"--uninstall", "--yes", "--prefix", "/usr"}} {
		code, said := m.run("", args...)
		contains(t, said, "as a package")
		if code != 1 || m.tree() != before {
			t.Errorf("%v: exit %d, before\n%s\nafter\n%s", args, code, before, m.tree())
		}
	}
	m.called()
}

func TestAPackageOverTheInstallersCanBeTakenApart(t *testing.T) {
	m := newMachine(t)
	m.must(someone...)
	db := m.root + "/var/lib/bellhop/bellhop.db"
	m.write(db, "", 0o600)
	m.calls()
	m.pack()
	contains(t, m.script("postinstall.sh", "configure"), "install.sh --uninstall")
	m.called("daemon-reload")
	if code, said := m.run("", "--uninstall", "--purge", "--yes"); code != 1 {
		t.Errorf("purge: exit %d\n%s", code, said)
	}
	m.there(m.config(), true)
	m.there(m.program(), true)
	if code, said := m.run("n\n", "--uninstall"); code != 1 {
		t.Errorf("exit %d\n%s", code, said)
	}
	m.there(m.program(), true)
	said := m.must("--uninstall", "--yes")
	contains(t, said, "removed: "+m.program()+" and "+m.unit(), "The package stays", "systemctl reenable bellhop")
	m.called("daemon-reload")
	m.there(m.program(), false)
	m.there(m.unit(), false)
	for _, file := range []string{m.config(), db, m.root + "/usr/bin/bellhop", m.root + "/usr/lib/systemd/system/bellhop.service"} {
		m.there(file, true)
	}
	// From now on it is the package's.
	m.script("preremove.sh", "remove")
	m.called("disable --now bellhop.service")
}

func TestAPackageLeavesTheInstallersBellhopRunning(t *testing.T) {
	m := newMachine(t)
	m.must(someone...)
	db := m.root + "/var/lib/bellhop/bellhop.db"
	m.write(db, "", 0o600)
	m.pack()
	m.calls()
	for _, arg := range []string{"remove", "0"} {
		contains(t, m.script("preremove.sh", arg), "is not stopped")
	}
	m.called()
	contains(t, m.script("postremove.sh", "purge"), "the queue stays")
	m.there(db, true)
	m.there(m.state+"/active/bellhop.service", true)
	m.there(m.state+"/enabled/bellhop.service", true)
	m.must("--uninstall", "--yes", "--dry-run")
	m.there(m.program(), true)
}
