package wire_test

import (
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"bellhop/internal/retry"
	"bellhop/sinks/wire"
)

// transport is one that is not net/http's and tells nothing of its connections.
type transport struct{}

func (transport) RoundTrip(*http.Request) (*http.Response, error) {
	return nil, errors.New("connection refused")
}

func closedPort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return "http://" + l.Addr().String()
}

// A message is refused only when it is certain that no byte of it has left.
func TestR12OnlyWithoutAConnectionIsTheMessageSurelyNotTaken(t *testing.T) {
	quiet := slog.NewLogLogger(slog.DiscardHandler, 0)
	cut := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }))
	defer cut.Close()
	stranger := httptest.NewUnstartedServer(http.NotFoundHandler())
	stranger.Config.ErrorLog = quiet
	stranger.StartTLS()
	defer stranger.Close()
	moved := httptest.NewServer(http.RedirectHandler("https://elsewhere.test", http.StatusSeeOther))
	defer moved.Close()
	for name, c := range map[string]struct {
		url     string
		client  *http.Client
		refused bool
	}{
		"refused":               {closedPort(t), &http.Client{Transport: &http.Transport{}}, true},
		"certificate":           {stranger.URL, &http.Client{Transport: &http.Transport{}}, true},
		"cut off":               {cut.URL, cut.Client(), false},
		"redirect":              {moved.URL, moved.Client(), false},
		"a transport of others": {"http://far.test", &http.Client{Transport: transport{}}, false},
	} {
		call := wire.NewCaller(c.client, "").Call()
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, c.url, strings.NewReader("news"))
		if err != nil {
			t.Fatal(err)
		}
		resp, err := call.Do(req)
		if err == nil {
			_, _ = io.Copy(io.Discard, resp.Body)
			_ = resp.Body.Close()
			t.Fatalf("%s: answered %s", name, call.Answer())
		}
		if got := retry.Of(call.Err); got != (retry.Judgement{Verdict: retry.Away, Refused: c.refused}) {
			t.Errorf("%s: got %+v: %v", name, got, call.Err)
		}
	}
}
