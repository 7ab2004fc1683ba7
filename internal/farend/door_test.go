package farend_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"bellhop/internal/farend"
)

func TestFaultsAreUsedUpInOrder(t *testing.T) {
	h := farend.NewWebhook(time.Now)
	h.Inject(farend.Fault{Status: 503, Header: http.Header{"retry-after": {"7"}}, Body: "busy"}, farend.Fault{}, farend.Fault{Status: 500})
	var got []int
	for range 4 {
		status, _ := post(h, "/", "x")
		got = append(got, status)
	}
	if len(got) != 4 || got[0] != 503 || got[1] != 200 || got[2] != 500 || got[3] != 200 {
		t.Errorf("answers %v", got)
	}
	if r := h.Requests(); len(r) != 4 || r[0].Status != 503 || string(r[3].Body) != "x" {
		t.Errorf("on record: %+v", r)
	}
}

// What was taken over counts, though the answer got lost.
func TestLostAnswers(t *testing.T) {
	p := farend.NewPagerDuty(time.Now, key)
	p.Inject(farend.Fault{Cut: true}, farend.Fault{Cut: true, Taken: true}, farend.Fault{Hang: true, Taken: true})
	server := httptest.NewServer(p)
	defer server.Close()
	send := func(ctx context.Context) error {
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, server.URL+"/v2/enqueue", strings.NewReader(trigger(key, "a")))
		if err != nil {
			t.Fatal(err)
		}
		resp, err := server.Client().Do(req)
		if err == nil {
			t.Errorf("answered %d", resp.StatusCode)
			_ = resp.Body.Close()
		}
		return err
	}
	if err := send(t.Context()); !errors.Is(err, io.EOF) || len(p.Alerts()) != 0 {
		t.Errorf("%v, alerts %+v", err, p.Alerts())
	}
	if err := send(t.Context()); !errors.Is(err, io.EOF) || len(p.Alerts()) != 1 {
		t.Errorf("%v, alerts %+v", err, p.Alerts())
	}
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if err := send(ctx); !errors.Is(err, context.DeadlineExceeded) || p.Alerts()[0].Triggers != 2 {
		t.Errorf("%v, alerts %+v", err, p.Alerts())
	}
}
