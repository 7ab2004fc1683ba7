package webhook_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"bellhop/internal/farend"
	"bellhop/internal/secret"
	"bellhop/sinks"
	"bellhop/sinks/webhook"
)

const hmacKey = "a-key-for-hmac-that-is-long"

// genuine stands in docs/webhook.md.
func genuine(r *http.Request, body, key []byte, now time.Time) bool {
	delivery, timestamp := r.Header.Get("X-Bellhop-Delivery"), r.Header.Get("X-Bellhop-Timestamp")
	mac := hmac.New(sha256.New, key)
	fmt.Fprintf(mac, "%s.%s.%s", delivery, timestamp, body)
	want := "sha256=" + hex.EncodeToString(mac.Sum(nil))
	if !hmac.Equal([]byte(want), []byte(r.Header.Get("X-Bellhop-Signature"))) {
		return false
	}
	seconds, err := strconv.ParseInt(timestamp, 10, 64)
	return err == nil && now.Sub(time.Unix(seconds, 0)).Abs() <= 5*time.Minute
}

// signed sends one message at this time and returns the request as it came.
func signed(t *testing.T, at time.Time) (*http.Request, []byte) {
	t.Helper()
	far := farend.NewWebhook(time.Now)
	server := httptest.NewServer(far)
	defer server.Close()
	s, err := webhook.New(webhook.Config{URL: secret.New(server.URL), HMACSecret: secret.New(hmacKey)},
		sinks.Deps{Now: func() time.Time { return at }, Client: server.Client()})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Send(t.Context(), message()); err != nil {
		t.Fatal(err)
	}
	got := far.Requests()[0]
	return &http.Request{Header: got.Header}, got.Body
}

func TestASignedRequestIsGenuine(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	key := []byte(hmacKey)
	if r, body := signed(t, now); !genuine(r, body, key, now.Add(299*time.Second)) {
		t.Errorf("not genuine: %v", r.Header)
	}
	for name, change := range map[string]func(r *http.Request, body *[]byte, key *[]byte, now *time.Time){
		"another body": func(_ *http.Request, body, _ *[]byte, _ *time.Time) { *body = append(*body, ' ') },
		"another name": func(r *http.Request, _, _ *[]byte, _ *time.Time) { r.Header.Set(webhook.DeliveryHeader, "other") },
		"another time": func(r *http.Request, _, _ *[]byte, _ *time.Time) { r.Header.Set(webhook.TimestampHeader, "1800000001") },
		"another key":  func(_ *http.Request, _, key *[]byte, _ *time.Time) { *key = []byte("another key") },
		"later":        func(_ *http.Request, _, _ *[]byte, now *time.Time) { *now = now.Add(301 * time.Second) },
		"no signature": func(r *http.Request, _, _ *[]byte, _ *time.Time) { r.Header.Del(webhook.SignatureHeader) },
	} {
		r, body := signed(t, now)
		key, now := key, now
		change(r, &body, &key, &now)
		if genuine(r, body, key, now) {
			t.Errorf("%s: taken for genuine", name)
		}
	}
}

// The signature is the one that any other program makes of the same bytes.
func TestSignatureIsHMACSHA256(t *testing.T) {
	const want = "sha256=b46d0ad35254eb54f7057011fa346b6562945d963c2b91fc289bc6946c311c60" // by Python's hmac
	got := webhook.Sign([]byte(hmacKey), "01JBQ0-hook-1", "1800000000", `{"plan":"1"}`)
	if got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestWithoutAKeyNothingIsSigned(t *testing.T) {
	far, _ := send(t, webhook.Config{}, message())
	h := far.Requests()[0].Header
	if h.Get(webhook.SignatureHeader) != "" || h.Get(webhook.TimestampHeader) != "" {
		t.Errorf("headers %v", h)
	}
}

func manual(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "webhook.md"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// code is what stands in the manual between ```language and ```.
func code(t *testing.T, language string) string {
	t.Helper()
	_, after, _ := strings.Cut(manual(t), "```"+language+"\n")
	text, _, found := strings.Cut(after, "```")
	if !found {
		t.Fatalf("docs/webhook.md holds nothing in %s", language)
	}
	return text
}

// TestTheManualsReceiversCheckWhatIsSent takes the Go from this file, where it is
// compiled, and runs the Python.
func TestTheManualsReceiversCheckWhatIsSent(t *testing.T) {
	this, err := os.ReadFile("sign_test.go")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(this), code(t, "go")) {
		t.Error("the manual's Go is not that of this file")
	}
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("there is no python3")
	}
	now := time.Unix(1_800_000_000, 0)
	r, body := signed(t, now)
	headers := map[string]string{}
	for name := range r.Header {
		headers[name] = r.Header.Get(name)
	}
	given, err := json.Marshal(headers)
	if err != nil {
		t.Fatal(err)
	}
	program := "import hashlib, hmac, json, sys\n" + code(t, "python") + `
headers, body, key = json.loads(sys.argv[1]), sys.argv[2].encode(), sys.argv[3].encode()
print([genuine(headers, body, key, 1800000000), genuine(headers, body + b" ", key, 1800000000), genuine(headers, body, key, 1800000301)])
`
	out, err := exec.Command(python, "-c", program, string(given), string(body), hmacKey).CombinedOutput()
	if err != nil || strings.TrimSpace(string(out)) != "[True, False, False]" {
		t.Errorf("%v: %s", err, out)
	}
}

func TestTheManualNamesEveryHeader(t *testing.T) {
	for _, name := range []string{webhook.DeliveryHeader, webhook.TimestampHeader, webhook.SignatureHeader, "Idempotency-Key", "hmac_secret"} {
		if !strings.Contains(manual(t), "`"+name) {
			t.Errorf("docs/webhook.md does not name %s", name)
		}
	}
}
