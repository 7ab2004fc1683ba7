package intake_test

import (
	"errors"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func (r *rig) ask(method, path, body string) answer {
	w := httptest.NewRecorder()
	r.handler().ServeHTTP(w, httptest.NewRequest(method, path, strings.NewReader(body)))
	return answer{code: w.Code, header: w.Header(), body: w.Body.String()}
}

func TestAnswerIsExactlyTheContracts(t *testing.T) {
	r := newRig(t)
	body := `{"alerts":[{"status":"firing","labels":{"alertname":"BackupFailed","id":"1"}},{"status":"resolved","labels":{"alertname":"BackupFailed","id":"2"}},{},null]}`
	a := r.ask("POST", "/alert", body)
	if a.code != 200 || a.body != `{"status":"accepted","accepted":2,"ignored":2,"id":"id-1"}` || a.header.Get("Content-Type") != "application/json" {
		t.Fatalf("got %+v", a)
	}
	if len(r.kept) != 1 || len(r.kept[0]) != 2 || r.kept[0][0].Plan.ID != "1" || r.kept[0][1].Plan.ID != "2" {
		t.Fatalf("kept %+v", r.kept)
	}
	if want := map[string]int{"webhook accepted": 2, "webhook ignored": 1, "webhook unreadable": 1}; !maps.Equal(r.seen, want) {
		t.Fatalf("counted %v", r.seen)
	}
	if len(r.took) != 1 {
		t.Fatalf("took %v", r.took)
	}
}

func TestNothingToKeepHasNoID(t *testing.T) {
	r := newRig(t)
	a := r.ask("POST", "/alert", string(recorded(t, "SwapFull-1-firing")))
	if a.code != 200 || a.body != `{"status":"accepted","accepted":0,"ignored":1,"id":""}` || r.calls() != 0 {
		t.Fatalf("got %+v after %d calls", a, r.calls())
	}
}

func TestWhatCannotBeKeptIsToBeSentAgain(t *testing.T) {
	r := newRig(t)
	r.fail(errors.New("put signals: no space left on redis://me:hunter2@queue"))
	a := r.ask("POST", "/alert", goodBody)
	wantRefusal(t, a, 503, "no space left")
	if strings.Contains(a.body+r.log.String(), "hunter2") {
		t.Fatalf("a password is told: %s %s", a.body, r.log)
	}
	r.fail(nil)
	wantGood(t, r.ask("POST", "/alert", goodBody))
	if want := map[string]int{"webhook accepted": 1, "webhook unkept": 1}; !maps.Equal(r.seen, want) {
		t.Fatalf("counted %v", r.seen)
	}
}

func TestAnAcceptThatHangsIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.hold = make(chan struct{})
		start := time.Now()
		wantRefusal(t, r.ask("POST", "/alert", goodBody), 503, "deadline exceeded")
		if took := time.Since(start); took != 20*time.Second || r.took[0] != took {
			t.Fatalf("after %s, counted %s", took, r.took)
		}
	})
}

func TestRefusalsNameTheFault(t *testing.T) {
	tests := []struct {
		method, path, body string
		code               int
		text               string
	}{
		{"POST", "/alert", "", 400, "empty"},
		{"POST", "/alert", "not JSON", 400, "not JSON"},
		{"POST", "/alert", "[]", 400, "not a JSON object"},
		{"POST", "/alert", `{"alerts":[]}`, 400, "is empty"},
		{"POST", "/alert", `{"alerts":[7]}`, 400, "none of the 1 alerts"},
		{"POST", "/alert", strings.Repeat("[", 1_000_000), 400, "max depth"},
		{"POST", "/alert", strings.Repeat(" ", 5<<20), 413, "max_body_bytes, 4194304"},
		{"POST", "/v2", goodBody, 404, "POST /v2/enqueue"},
		{"GET", "/", "", 405, "POST /"},
		{"POST", "/", "{}", 400, "no list"},
		{"GET", "/v2/enqueue", "", 405, "POST /v2/enqueue"},
		{"POST", "/alert/", goodBody, 404, "POST /alert"},
		{"GET", "/alerts", "", 404, "POST /alert"},
		{"GET", "/alert", "", 405, "POST /alert"},
		{"HEAD", "/alert", "", 405, ""},
		{"PUT", "/alert", goodBody, 405, "POST /alert"},
		{"OPTIONS", "/alert", "", 405, "POST /alert"},
	}
	for _, tt := range tests {
		r := newRig(t)
		a := r.ask(tt.method, tt.path, tt.body)
		wantRefusal(t, a, tt.code, tt.text)
		if allow := a.header.Get("Allow"); (tt.code == 405) != (allow == "POST") {
			t.Errorf("%s %s: Allow is %q", tt.method, tt.path, allow)
		}
		if r.calls() != 0 || (r.seen["webhook refused"] == 1) != (tt.code == 400 || tt.code == 413) {
			t.Errorf("%s %s %.20q: %d calls, counted %v", tt.method, tt.path, tt.body, r.calls(), r.seen)
		}
	}
}

func TestAnyContentTypeWillDo(t *testing.T) {
	for _, kind := range []string{"", "text/plain", "application/x-www-form-urlencoded", "nonsense;;"} {
		r := newRig(t)
		req := httptest.NewRequest("POST", "/alert", strings.NewReader(goodBody))
		req.Header.Set("Content-Type", kind)
		w := httptest.NewRecorder()
		r.handler().ServeHTTP(w, req)
		if w.Code != http.StatusOK {
			t.Errorf("%q: %d %s", kind, w.Code, w.Body)
		}
	}
}

func TestABodyOfExactlyTheBoundIsTaken(t *testing.T) {
	for _, size := range []int64{int64(len(goodBody)), 16 << 10, 16<<10 + 1, 100_000, 4 << 20} {
		r := newRig(t)
		r.cfg.MaxBodyBytes = size
		body := goodBody + strings.Repeat(" ", int(size)-len(goodBody))
		wantGood(t, r.ask("POST", "/alert", body))
		wantRefusal(t, r.ask("POST", "/alert", body+" "), 413, "max_body_bytes")
	}
}
