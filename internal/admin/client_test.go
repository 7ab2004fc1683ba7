package admin_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"bellhop/internal/admin"
	"bellhop/internal/record"
)

// serveAt serves at a socket until the test ends.
func serveAt(t *testing.T, socket string, h http.Handler) {
	t.Helper()
	ln, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	s := &httptest.Server{Listener: ln, Config: &http.Server{Handler: h}}
	s.Start()
	t.Cleanup(s.Close)
}

// addressOf serves at a port and returns its address.
func addressOf(t *testing.T, h http.Handler) string {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.Listener.Addr().String()
}

func nobody(t *testing.T) http.Handler {
	return http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("the wrong one was asked") })
}

func TestTheClientAsksTheSocketFirstThenTheListener(t *testing.T) {
	h := furnished(t)
	socket := filepath.Join(t.TempDir(), "s")
	serveAt(t, socket, h.handler())
	for name, c := range map[string]*admin.Client{
		"the socket":   admin.NewClient(socket, addressOf(t, nobody(t))),
		"the listener": admin.NewClient(socket+"-gone", addressOf(t, h.handler())),
	} {
		page, err := c.Deliveries(t.Context(), admin.DeliveryQuery{Sink: "mail", Limit: 2})
		if err != nil || len(page.Deliveries) != 2 || page.Next != "3" || page.Deliveries[1].Reason != "no such user" {
			t.Errorf("%s: %+v, %v", name, page, err)
		}
		if again, err := c.Retry(t.Context(), "d3"); err != nil || again != "d3-again" {
			t.Errorf("%s: %q, %v", name, again, err)
		}
	}
}

func TestTheClientHandsOnIDsWhole(t *testing.T) {
	h := furnished(t)
	c := admin.NewClient("/nowhere", addressOf(t, h.handler()))
	id := "a/../b?c=d#e %2f ü"
	if err := c.Drop(t.Context(), id); err != nil || !slices.Equal(h.acted, []string{"drop " + id}) {
		t.Errorf("it did %q, %v", h.acted, err)
	}
}

func TestTheClientSaysWhatTheServerSays(t *testing.T) {
	h := furnished(t)
	h.refuses = fmt.Errorf("retry d3: its incident has ended: %w", record.ErrRefused)
	c := admin.NewClient("/nowhere", addressOf(t, h.handler()))
	if _, err := c.Retry(t.Context(), "d3"); err == nil || err.Error() != "retry d3: its incident has ended: refused" {
		t.Errorf("got %v", err)
	}
}

func TestTheClientKnowsThatNobodyIsThere(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "s")
	_, err := admin.NewClient(socket, "127.0.0.1:1").Retry(t.Context(), "d3")
	if !errors.Is(err, admin.ErrNobody) {
		t.Fatalf("got %v", err)
	}
	for _, part := range []string{socket, "no such file", "127.0.0.1:1", "refused", "bellhop serve"} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("it does not say %q: %v", part, err)
		}
	}
}

// Whatever answers at the port, the client ends with an error that says so.
func TestTheClientBearsAnyServer(t *testing.T) {
	for name, c := range map[string]struct {
		serve http.HandlerFunc
		want  string
	}{
		"another program": {func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "<html>", http.StatusForbidden) },
			`"403 Forbidden": is that bellhop?`},
		"no JSON": {func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<html>")) }, "read the answer of bellhop"},
		"a cut answer": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			_, _ = w.Write([]byte("{"))
		}, "read the answer of bellhop: unexpected EOF"},
		"no answer":   {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, "ask bellhop: EOF"},
		"a redirect":  {func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/", http.StatusFound) }, "302"},
		"a slow one":  {func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, "deadline exceeded"},
		"an old page": {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }, "read the answer of bellhop"},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
			defer cancel()
			client := admin.NewClient("/nowhere", addressOf(t, c.serve))
			if _, err := client.Deliveries(ctx, admin.DeliveryQuery{}); err == nil || !strings.Contains(err.Error(), c.want) || errors.Is(err, admin.ErrNobody) {
				t.Errorf("got %v, want %s", err, c.want)
			}
		})
	}
}
