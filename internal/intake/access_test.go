package intake_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/bcrypt"

	"bellhop/internal/intake"
	"bellhop/internal/secret"
)

// identity writes a certificate for 127.0.0.1 with its key, and returns the pool
// that trusts it.
func identity(t *testing.T, dir string) (pool *x509.CertPool, pair tls.Certificate) {
	t.Helper()
	lent := httptest.NewUnstartedServer(nil)
	lent.StartTLS()
	defer lent.Close()
	pair = lent.TLS.Certificates[0]
	key, err := x509.MarshalPKCS8PrivateKey(pair.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	write(t, dir, "cert.pem", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: pair.Certificate[0]})))
	write(t, dir, "key.pem", string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key})))
	pool = x509.NewCertPool()
	pool.AddCert(lent.Certificate())
	return pool, pair
}

func write(t *testing.T, dir, name, text string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func web(file string) server {
	return func(ctx context.Context, ln net.Listener, h http.Handler, log *slog.Logger) error {
		return intake.ServeWeb(ctx, ln, h, log, file)
	}
}

func TestTheWebConfigurationSpeaksTLSAndKnowsItsUsers(t *testing.T) {
	dir := t.TempDir()
	pool, _ := identity(t, dir)
	hash, err := bcrypt.GenerateFromPassword([]byte("hunter2"), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	file := write(t, dir, "web.yml", "tls_server_config: {cert_file: cert.pem, key_file: key.pem}\nbasic_auth_users: {am: '"+string(hash)+"'}\n")
	r := newRig(t)
	r.cfg.WebConfigFile = file
	if fs := r.cfg.Validate(); len(fs) != 0 {
		t.Fatalf("faults: %+v", fs)
	}
	r.start(t, r.handler(), web(file))
	client := &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}}}
	defer client.CloseIdleConnections()
	for password, code := range map[string]int{"hunter2": 200, "hunter3": 401, "": 401} {
		req, err := http.NewRequest(http.MethodPost, "https://"+r.addr+"/alert", strings.NewReader(goodBody))
		if err != nil {
			t.Fatal(err)
		}
		if password != "" {
			req.SetBasicAuth("am", password)
		}
		res, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		if a := read(res); a.code != code {
			t.Errorf("password %q: got %d %s", password, a.code, a.body)
		}
	}
	if n := r.calls(); n != 1 {
		t.Errorf("%d requests were kept", n)
	}
	if a := r.post(strings.NewReader(goodBody)); a.err == nil && a.code == http.StatusOK {
		t.Errorf("plain HTTP got %d %s", a.code, a.body)
	}
}

func TestTheWebConfigurationAsksForCertificates(t *testing.T) {
	dir := t.TempDir()
	pool, pair := identity(t, dir)
	file := write(t, dir, "web.yml", "tls_server_config: {cert_file: cert.pem, key_file: key.pem, client_auth_type: RequireAnyClientCert}\n")
	r := newRig(t)
	r.start(t, r.handler(), web(file))
	try := func(shown ...tls.Certificate) error {
		client := &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{
			DisableKeepAlives: true, TLSClientConfig: &tls.Config{RootCAs: pool, Certificates: shown}}}
		res, err := client.Post("https://"+r.addr+"/alert", "", strings.NewReader(goodBody))
		if err == nil {
			wantGood(t, read(res))
		}
		return err
	}
	if err := try(); err == nil {
		t.Error("nobody was asked for a certificate")
	}
	if err := try(pair); err != nil {
		t.Error(err)
	}
}

func TestAWebConfigurationThatCannotBeUsedIsAFault(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"no key":        "tls_server_config: {cert_file: cert.pem}\n",
		"no such files": "tls_server_config: {cert_file: a.pem, key_file: b.pem}\n",
		"misspelt":      "tls_server: {}\n",
		"not a hash":    "basic_auth_users: {am: hunter2}\n",
		"loses alerts":  "rate_limit: {interval: 1s, burst: 1}\n",
		"not YAML":      "{",
	} {
		c := intake.DefaultConfig()
		c.WebConfigFile = write(t, dir, "web.yml", text)
		fs := c.Validate()
		if len(fs) != 1 || fs[0].Key != "web_config_file" || fs[0].Remedy == "" || strings.Contains(fs[0].Text, "hunter2") {
			t.Errorf("%s: %+v", name, fs)
		}
	}
	c := intake.DefaultConfig()
	c.WebConfigFile = filepath.Join(dir, "none.yml")
	if fs := c.Validate(); len(fs) != 1 || !strings.Contains(fs[0].Text, "none.yml") {
		t.Errorf("none: %+v", fs)
	}
}

func TestWhoPostsAlertsShowsTheToken(t *testing.T) {
	r := newRig(t)
	r.cfg.BearerToken = secret.New("hunter2")
	r.start(t, r.handler(), intake.Serve)
	with := func(authorization string) answer {
		req, err := http.NewRequest(http.MethodPost, "http://"+r.addr+"/alert", strings.NewReader(goodBody))
		if err != nil {
			t.Fatal(err)
		}
		if authorization != "" {
			req.Header.Set("Authorization", authorization)
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		return read(res)
	}
	for _, wrong := range []string{"", "Bearer", "Bearer hunter3", "Bearer hunter22", "Basic hunter2", "hunter2"} {
		a := with(wrong)
		wantRefusal(t, a, 401, "receiver.bearer_token")
		if !strings.HasPrefix(a.header.Get("WWW-Authenticate"), "Bearer") {
			t.Errorf("%q: got %v", wrong, a.header)
		}
	}
	if r.calls() != 0 {
		t.Error("something was kept")
	}
	wantGood(t, with("Bearer hunter2"))
	wantGood(t, with("bearer hunter2"))
	if strings.Contains(r.log.String(), "hunter2") {
		t.Errorf("the log tells the token: %s", r.log)
	}
}

func TestATokenThatNoHeaderCanHoldIsAFault(t *testing.T) {
	for _, token := range []string{"hunter2\n", "hunter 2", "hünter2"} {
		c := intake.DefaultConfig()
		c.BearerToken = secret.New(token)
		if fs := c.Validate(); len(fs) != 1 || fs[0].Key != "bearer_token" || strings.Contains(fs[0].Text+fs[0].Remedy, token) {
			t.Errorf("%q: %+v", token, fs)
		}
	}
}
