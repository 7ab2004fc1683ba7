package farend_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"bellhop/internal/farend"
)

// call posts once, with ten seconds' patience, and says what came of it.
func call(t *testing.T, client *http.Client) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://far.test/hook", strings.NewReader("news"))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := client.Do(req)
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return "refused"
	case errors.Is(err, context.DeadlineExceeded):
		return "timed out"
	case err != nil:
		return "cut"
	}
	_ = resp.Body.Close()
	return strings.TrimSpace(fmt.Sprint(resp.StatusCode, " ", resp.Header.Get("Retry-After")))
}

// door is a stand-in at the end of a line, under the test's own clock.
func door(t *testing.T, test func(t *testing.T, h *farend.Webhook, client *http.Client)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		h := farend.NewWebhook(time.Now)
		line := farend.NewLine(h, nil)
		test(t, h, line.Client())
		if err := line.Close(); err != nil {
			t.Error(err)
		}
		time.Sleep(time.Minute)
	})
}

func TestADoorFollowsAScript(t *testing.T) {
	door(t, func(t *testing.T, h *farend.Webhook, client *http.Client) {
		turns, err := farend.Turns("ok 429:30 500 hang cut lost refuse ok")
		if err != nil {
			t.Fatal(err)
		}
		h.Inject(turns...)
		want := []string{"200", "429 30", "500", "timed out", "cut", "cut", "refused", "200", "200"}
		for i, w := range want {
			if got := call(t, client); got != w {
				t.Errorf("turn %d: %s, want %s", i, got, w)
			}
		}
		var heard []string
		for _, r := range h.Requests() {
			heard = append(heard, fmt.Sprintf("%s %d %v %v", r.Body, r.Status, r.Done, r.Refused))
		}
		if want := []string{"news 200 true false", "news 429 false false", "news 500 false false", "news 0 false false",
			"news 0 false false", "news 0 true false", " 0 false true", "news 200 true false", "news 200 true false"}; !slices.Equal(heard, want) {
			t.Errorf("it heard %q", heard)
		}
	})
}

func TestAFaultStaysUntilItIsTakenAway(t *testing.T) {
	door(t, func(t *testing.T, h *farend.Webhook, client *http.Client) {
		var got []string
		for _, f := range []farend.Fault{{Refuse: true}, {Status: 401}, {}} {
			h.Stay(f)
			got = append(got, call(t, client), call(t, client))
		}
		h.Stay(farend.Fault{Refuse: true})
		h.Inject(farend.Fault{Status: 503})
		got = append(got, call(t, client), call(t, client))
		if want := []string{"refused", "refused", "401", "401", "200", "200", "503", "refused"}; !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}

func TestWeatherIsTheSameForOneSeed(t *testing.T) {
	first, again, other := fmt.Sprint(farend.Weather(7, 200)), fmt.Sprint(farend.Weather(7, 200)), fmt.Sprint(farend.Weather(8, 200))
	if first != again || first == other {
		t.Error("a seed does not draw its own turns")
	}
	ok, kinds := 0, map[string]bool{}
	for _, f := range farend.Weather(7, 200) {
		kinds[fmt.Sprintf("%+v", f)] = true
		if fmt.Sprintf("%+v", f) == fmt.Sprintf("%+v", farend.Fault{}) {
			ok++
		}
	}
	if ok < 70 || ok > 130 || len(kinds) != 8 {
		t.Errorf("%d of 200 are ok, of %d kinds", ok, len(kinds))
	}
}

func TestAScriptThatCannotBeReadIsRefused(t *testing.T) {
	for _, script := range []string{"ok maybe", "42", "600", "-1"} {
		if _, err := farend.Turns(script); err == nil {
			t.Errorf("%q was taken", script)
		}
	}
}
