package smtp

import (
	"crypto/x509"
	"fmt"
	"net"
	"os"
	"slices"
	"strings"

	"bellhop/internal/fault"
	"bellhop/internal/letter"
	"bellhop/internal/secret"
)

// The ways to protect the connection, values of the setting tls.
const (
	StartTLS = "starttls" // in the clear first, then encrypted, else no mail; port 587
	TLS      = "tls"      // encrypted from the first byte; port 465
	NoTLS    = "none"     // never encrypted
)

// submission is the port for mail that is handed in (RFC 6409 §3.1).
const submission = 587

// Config is the section of one sink of this kind.
type Config struct {
	Host string `koanf:"host"` // name or address of the mail server, the name in its certificate
	Port int    `koanf:"port"`
	TLS  string `koanf:"tls"` // starttls, tls or none
	// TLSCAFile holds the authorities in PEM that may sign the server's certificate;
	// empty: those that the system trusts.
	TLSCAFile          string        `koanf:"tls_ca_file"`
	InsecureSkipVerify bool          `koanf:"insecure_skip_verify"` // take any certificate
	Username           string        `koanf:"username"`             // empty: no login; for ntlm as DOMAIN\user
	Password           secret.String `koanf:"password"`             // for xoauth2 the token, which somebody else renews
	Auth               string        `koanf:"auth"`                 // the login: auto, or a mechanism such as plain or xoauth2
	From               string        `koanf:"from"`                 // sender, with or without a name
	To                 []string      `koanf:"to"`                   // recipients; each gets a mail of his own
	SubjectPrefix      string        `koanf:"subject_prefix"`       // stands before every subject; empty: nothing does
}

// DefaultConfig holds the defaults. Server, sender and recipients have none.
func DefaultConfig() Config {
	return Config{Port: submission, TLS: StartTLS, Auth: Auto, SubjectPrefix: letter.Prefix}
}

// Validate says what is wrong with c. It reads tls_ca_file, nothing else.
func (c Config) Validate() []fault.Fault {
	faults := c.checkServer()
	if c.TLSCAFile != "" {
		if _, err := readCA(c.TLSCAFile); err != nil {
			faults = append(faults, fault.Fault{Key: "tls_ca_file", Text: err.Error(), Remedy: "name a readable file of certificates in PEM, or leave it out"})
		}
	}
	faults = append(faults, c.checkLogin()...)
	return append(faults, letter.Check(c.From, c.To, false)...)
}

func (c Config) checkLogin() []fault.Fault {
	var faults []fault.Fault
	if c.Username == "" && !c.Password.Empty() {
		faults = append(faults, fault.Fault{Key: "username", Text: "is empty, but there is a password", Remedy: "give the user that it belongs to"})
	}
	if c.Username != "" && c.Password.Empty() {
		faults = append(faults, fault.Fault{Key: "password", Text: "is empty, but there is a username", Remedy: "give password or password_file"})
	}
	switch {
	case !slices.Contains(logins(), strings.ToLower(c.Auth)):
		faults = append(faults, fault.Fault{Key: "auth", Text: fmt.Sprintf("%q is not known", c.Auth), Remedy: "use one of " + strings.Join(logins(), ", ")})
	case c.named() != "" && c.Username == "":
		faults = append(faults, fault.Fault{Key: "auth", Text: "names a login, but there is no username", Remedy: "give username and password, or leave it out"})
	case bound(c.named()) && c.TLS == NoTLS:
		faults = append(faults, fault.Fault{Key: "auth", Text: fmt.Sprintf("%q needs encryption", c.Auth), Remedy: "set tls to starttls or tls, or leave out -plus"})
	}
	return faults
}

func (c Config) checkServer() []fault.Fault {
	var faults []fault.Fault
	switch {
	case strings.TrimSpace(c.Host) == "":
		faults = append(faults, fault.Fault{Key: "host", Text: "is empty", Remedy: "give the name of the mail server"})
	case strings.ContainsAny(c.Host, "/ :") && net.ParseIP(c.Host) == nil:
		faults = append(faults, fault.Fault{Key: "host", Text: fmt.Sprintf("%q is no host name", c.Host), Remedy: "give the name alone; the port has a key of its own"})
	}
	if c.Port < 1 || c.Port > 65535 {
		faults = append(faults, fault.Fault{Key: "port", Text: fmt.Sprintf("%d is no port", c.Port), Remedy: "give 587 for starttls, 465 for tls"})
	}
	if c.TLS != StartTLS && c.TLS != TLS && c.TLS != NoTLS {
		faults = append(faults, fault.Fault{Key: "tls", Text: fmt.Sprintf("%q is not known", c.TLS), Remedy: "use starttls, tls or none"})
	}
	return faults
}

func readCA(path string) (*x509.CertPool, error) {
	pem, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read authorities: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("read authorities: %s holds no certificate", path)
	}
	return pool, nil
}
