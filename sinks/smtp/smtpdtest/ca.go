package smtpdtest

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"
)

const (
	keyBits  = 2048
	validFor = 24 * time.Hour
	clockOff = time.Hour // how far behind a client's clock may be
)

// Authority is a certificate authority that nobody else knows, and a certificate
// of it for 127.0.0.1 and localhost.
type Authority struct {
	CAFile   string // PEM; what a client sets as tls_ca_file
	CertFile string // PEM
	KeyFile  string // PEM, readable by the owner alone
	TLS      *tls.Config
}

// NewAuthority makes an authority in a folder of the test's.
func NewAuthority(t testing.TB) Authority {
	t.Helper()
	dir := t.TempDir()
	a := Authority{
		CAFile:   filepath.Join(dir, "ca.pem"),
		CertFile: filepath.Join(dir, "cert.pem"),
		KeyFile:  filepath.Join(dir, "key.pem"),
	}
	root := template("bellhop test authority", 1)
	root.IsCA, root.KeyUsage = true, x509.KeyUsageCertSign
	rootKey := newKey(t)
	writePEM(t, a.CAFile, "CERTIFICATE", sign(t, root, root, rootKey, rootKey))

	leaf := template("localhost", 2)
	leaf.DNSNames, leaf.IPAddresses = []string{"localhost"}, []net.IP{net.IPv4(127, 0, 0, 1)}
	leafKey := newKey(t)
	writePEM(t, a.CertFile, "CERTIFICATE", sign(t, leaf, root, leafKey, rootKey))
	writePEM(t, a.KeyFile, "RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(leafKey))

	pair, err := tls.LoadX509KeyPair(a.CertFile, a.KeyFile)
	if err != nil {
		t.Fatal(err)
	}
	a.TLS = &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}
	return a
}

func template(name string, serial int64) *x509.Certificate {
	return &x509.Certificate{
		SerialNumber:          big.NewInt(serial),
		Subject:               pkix.Name{CommonName: name},
		NotBefore:             time.Now().Add(-clockOff),
		NotAfter:              time.Now().Add(validFor),
		BasicConstraintsValid: true,
	}
}

func newKey(t testing.TB) *rsa.PrivateKey {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, keyBits)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func sign(t testing.TB, c, parent *x509.Certificate, key, parentKey *rsa.PrivateKey) []byte {
	t.Helper()
	der, err := x509.CreateCertificate(rand.Reader, c, parent, &key.PublicKey, parentKey)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

func writePEM(t testing.TB, path, kind string, der []byte) {
	t.Helper()
	write(t, path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}

// write makes a file that only the owner may read, as smtpd insists.
func write(t testing.TB, path string, content []byte) {
	t.Helper()
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
}
