// Package ns8test stands in for `runagent ns8-sendmail` of a NethServer 8 node: a
// program in Python that sends by the same libraries as the true command, whose source
// is https://github.com/NethServer/ns8-core/blob/main/core/imageroot/usr/local/agent/bin/ns8-sendmail,
// to a smarthost of the test's choice. The promise: it exits and complains as the true
// one does, since Python itself does it; it touches nothing but its own folder and the
// smarthost, and is gone when the test ends. Where Python is missing the test is
// skipped, or fails when the environment says CI=true.
package ns8test

import (
	_ "embed"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
)

// The ways in which the cluster encrypts the way to its smarthost.
const (
	NoTLS    = "none"
	StartTLS = "starttls"
	TLS      = "tls"
)

//go:embed testdata/runagent.py
var program []byte

// Smarthost is the cluster's, as an admin has set it.
type Smarthost struct {
	Host       string
	Port       int
	Encrypt    string // NoTLS, StartTLS or TLS
	Verify     bool   // look at the certificate
	CAFile     string // authorities that the node trusts, PEM; empty: the machine's
	User, Pass string // empty: no login

	Disabled bool
	Half     bool // something is missing from the settings
	NoRedis  bool // where the settings are
}

// Runagent makes the program and returns the words that run it.
func Runagent(t testing.TB, s Smarthost) []string {
	t.Helper()
	python, err := exec.LookPath("python3")
	need(t, err == nil)
	dir := t.TempDir()
	settings, err := json.Marshal(s.stored())
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "smarthost.json"), settings)
	write(t, filepath.Join(dir, "runagent.py"), program)
	words := []string{python, filepath.Join(dir, "runagent.py"), filepath.Join(dir, "smarthost.json")}
	if s.CAFile != "" {
		words = append([]string{"env", "SSL_CERT_FILE=" + s.CAFile}, words...)
	}
	return words
}

// stored is the hash in the cluster's Redis.
func (s Smarthost) stored() map[string]string {
	if s.NoRedis {
		return map[string]string{"redis": "away"}
	}
	flag := map[bool]string{true: "1", false: "0"}
	hash := map[string]string{
		"host": s.Host, "port": strconv.Itoa(s.Port), "username": s.User, "password": s.Pass,
		"enabled": flag[!s.Disabled], "encrypt_smtp": s.Encrypt, "tls_verify": flag[s.Verify],
	}
	if s.Half {
		delete(hash, "port")
	}
	return hash
}

func need(t testing.TB, have bool) {
	t.Helper()
	if have {
		return
	}
	if os.Getenv("CI") == "true" {
		t.Fatal("there is no python3")
	}
	t.Skip("there is no python3")
}

func write(t testing.TB, path string, content []byte) {
	t.Helper()
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
}
