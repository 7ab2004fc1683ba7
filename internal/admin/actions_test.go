package admin_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"bellhop/internal/record"
	"bellhop/router/queue"
)

func TestActionsAnswerWithWhatBecameOfIt(t *testing.T) {
	h := furnished(t)
	for target, want := range map[string]string{
		"/api/v1/deliveries/d3/retry": `{"status":"queued","id":"d3-again"}`,
		"/api/v1/deliveries/d3/drop":  `{"status":"dropped","id":"d3"}`,
	} {
		w := h.ask("POST", target)
		if w.Code != http.StatusAccepted || w.Body.String() != want+"\n" {
			t.Errorf("%s: %d %s", target, w.Code, w.Body)
		}
	}
	if len(h.acted) != 2 {
		t.Errorf("it did %v", h.acted)
	}
}

func TestActionsThatAreRefused(t *testing.T) {
	for name, c := range map[string]struct {
		fault error
		code  int
		text  string
	}{
		"unknown":  {fmt.Errorf("retry d3: %w", record.ErrUnknown), 404, "no such delivery"},
		"refused":  {fmt.Errorf("retry d3: its incident has ended: %w", record.ErrRefused), 409, "its incident has ended"},
		"not now":  {fmt.Errorf("write the queue: %w", queue.ErrClosed), 503, "queue closed"},
		"a secret": {errors.New("dial https://me:hunter2@example.org: refused"), 503, "example.org"},
	} {
		for _, verb := range []string{"retry", "drop"} {
			h := furnished(t)
			h.refuses = c.fault
			w := h.ask("POST", "/api/v1/deliveries/d3/"+verb)
			wantError(t, w, c.code, c.text)
			if strings.Contains(w.Body.String(), "hunter2") {
				t.Errorf("%s: %s tells a password: %s", name, verb, w.Body)
			}
		}
	}
}

func TestActionsAreNotRead(t *testing.T) {
	for _, method := range []string{"GET", "HEAD", "PUT", "DELETE"} {
		h := furnished(t)
		w := h.ask(method, "/api/v1/deliveries/d3/retry")
		if w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") != "POST" || len(h.acted) > 0 {
			t.Errorf("%s: %d, Allow %q, it did %v", method, w.Code, w.Header().Get("Allow"), h.acted)
		}
	}
}

// TestPagesOfOtherSitesMayNotAct sends what browsers send.
func TestPagesOfOtherSitesMayNotAct(t *testing.T) {
	for name, c := range map[string]struct {
		origin, site string
		unix         bool
		code         int
	}{
		"curl":                       {code: 202},
		"our own page":               {origin: "http://127.0.0.1:9099", site: "same-origin", code: 202},
		"our own page, old browser":  {origin: "http://127.0.0.1:9099", code: 202},
		"behind a proxy with TLS":    {origin: "https://127.0.0.1:9099", site: "same-origin", code: 202},
		"typed by a person":          {site: "none", code: 202},
		"another site":               {origin: "https://evil.example", site: "cross-site", code: 403},
		"another site, old browser":  {origin: "https://evil.example", code: 403},
		"another site, no origin":    {site: "cross-site", code: 403},
		"a sister":                   {origin: "http://127.0.0.1:9099", site: "same-site", code: 403},
		"another port":               {origin: "http://127.0.0.1:3000", code: 403},
		"a sandbox":                  {origin: "null", code: 403},
		"a file":                     {origin: "file://", code: 403},
		"our name as a user":         {origin: "http://127.0.0.1:9099@evil.example", code: 403},
		"no URL":                     {origin: "http://%zz", code: 403},
		"somebody else's same":       {origin: "https://evil.example", site: "same-origin", code: 403},
		"a site unknown to us":       {site: "next-door", code: 403},
		"over the socket":            {origin: "https://evil.example", site: "cross-site", unix: true, code: 202},
		"over the socket, no header": {unix: true, code: 202},
	} {
		t.Run(name, func(t *testing.T) {
			h := furnished(t)
			r := httptest.NewRequest("POST", "http://127.0.0.1:9099/api/v1/deliveries/d3/drop", nil)
			if c.origin != "" {
				r.Header.Set("Origin", c.origin)
			}
			if c.site != "" {
				r.Header.Set("Sec-Fetch-Site", c.site)
			}
			var local net.Addr = &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 9099}
			if c.unix {
				local = &net.UnixAddr{Name: "/run/bellhop.sock", Net: "unix"}
			}
			w := httptest.NewRecorder()
			h.handler().ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), http.LocalAddrContextKey, local)))
			if w.Code != c.code || (len(h.acted) > 0) != (c.code == 202) {
				t.Errorf("got %d %s, and it did %v", w.Code, w.Body, h.acted)
			}
		})
	}
}
