package deploy_test

import (
	"os"
	osexec "os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

func TestAPackagesVersionSortsAfterTheReleaseItCameAfter(t *testing.T) {
	for describe, want := range map[string]string{
		"v1.2.3":                  "1.2.3",
		"1.2.3":                   "1.2.3",
		"v1.2.3-rc1":              "1.2.3-rc1", // nfpm makes 1.2.3~rc1 of it, which is older than 1.2.3
		"v1.2.3-4-g74c88d5":       "1.2.3+4.g74c88d5",
		"v1.2.3-rc1-4-g74c88d5":   "1.2.3-rc1+4.g74c88d5",
		"v1.2.3-dirty":            "1.2.3+dirty",
		"v1.2.3-4-g74c88d5-dirty": "1.2.3+4.g74c88d5.dirty",
		"74c88d5":                 "0.0.0+130.g74c88d5",
		"1234567":                 "0.0.0+130.g1234567",
		"74c88d5-dirty":           "0.0.0+130.g74c88d5.dirty",
		"dev":                     "0.0.0+130.gdev",
	} {
		out, err := osexec.Command("package/version.sh", describe, "130").Output()
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.TrimSpace(string(out)); got != want {
			t.Errorf("%s: got %s, want %s", describe, got, want)
		}
	}
}

// TestThePackagedConfigurationStartsNothing: who installs a package has said nothing yet.
func TestThePackagedConfigurationStartsNothing(t *testing.T) {
	out, err := osexec.Command(built, "--config", "package/config.yml", "check").CombinedOutput()
	if err == nil || !strings.Contains(string(out), "package/config.yml: ") {
		t.Errorf("it is refused with a reason: got %v %s", err, out)
	}
	// What it tells to take the # away from is right.
	file := filepath.Join(t.TempDir(), "config.yml")
	m := newMachine(t)
	m.write(file, regexp.MustCompile(`(?m)^#(mail:|  )`).ReplaceAllString(m.read("package/config.yml"), "$1"), 0o600)
	if out, err := osexec.Command(built, "--config", file, "check").CombinedOutput(); err != nil {
		t.Errorf("%v %s\n%s", err, out, m.read(file))
	}
}

// TestEveryFileOfThePackageIsThere, but for the program, which is built for it.
func TestEveryFileOfThePackageIsThere(t *testing.T) {
	list, err := os.ReadFile("package/nfpm.yaml")
	if err != nil {
		t.Fatal(err)
	}
	files := regexp.MustCompile(`(?m)(?:src|postinstall|preremove|postremove): (\S+)`).FindAllStringSubmatch(string(list), -1)
	if len(files) < 10 {
		t.Fatalf("only %d were found: the test looks in the wrong place", len(files))
	}
	for _, m := range files {
		if strings.HasPrefix(m[1], "dist/") {
			continue
		}
		if _, err := os.Stat(filepath.Join("..", m[1])); err != nil {
			t.Error(err)
		}
	}
}

// TestTheDocsNameOptionsThatExist holds each `install.sh --option` against its help.
func TestTheDocsNameOptionsThatExist(t *testing.T) {
	m := newMachine(t)
	help, docs := m.must("--help"), m.read("../docs/running.md")
	lines := regexp.MustCompile(`(?m)^\./install\.sh.*$`).FindAllString(docs, -1)
	if len(lines) < 5 {
		t.Fatalf("only %d calls were found: the test looks in the wrong place", len(lines))
	}
	for _, line := range lines {
		for _, option := range regexp.MustCompile(`--[a-z-]+`).FindAllString(line, -1) {
			if !strings.Contains(help, "  "+option+" ") {
				t.Errorf("%q: there is no %s", line, option)
			}
		}
	}
}

// TestSystemdUnderstandsTheUnit is skipped where there is no systemd.
func TestSystemdUnderstandsTheUnit(t *testing.T) {
	analyze, err := osexec.LookPath("systemd-analyze")
	if err != nil {
		t.Skip("systemd is not installed")
	}
	m := newMachine(t)
	unit := filepath.Join(t.TempDir(), "bellhop.service")
	m.write(unit, strings.ReplaceAll(m.read("bellhop.service"), "ExecStart=bellhop ", "ExecStart="+built+" "), 0o644)
	out, err := osexec.Command(analyze, "verify", unit).CombinedOutput()
	if err != nil || strings.Contains(string(out), unit+":") {
		t.Errorf("%v\n%s", err, out)
	}
}
