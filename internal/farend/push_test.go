package farend_test

import (
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"bellhop/internal/farend"
)

func TestNtfyRefusesAsItsServerDoes(t *testing.T) {
	at := time.Unix(1_800_000_000, 0)
	n := farend.NewNtfy(func() time.Time { return at }, "alarms", "me", "pass")
	publish := func(method, topic, user, password, text string) string {
		r := httptest.NewRequest(method, "/"+topic, strings.NewReader(text))
		if user != "" {
			r.SetBasicAuth(user, password)
		}
		w := httptest.NewRecorder()
		n.ServeHTTP(w, r)
		return w.Body.String()
	}
	for name, c := range map[string]struct{ answer, code string }{
		"another password": {publish("POST", "alarms", "me", "wrong", "x"), "40101"},
		"no login":         {publish("POST", "alarms", "", "", "x"), "40301"},
		"another topic":    {publish("POST", "others", "me", "pass", "x"), "40301"},
		"another method":   {publish("DELETE", "alarms", "me", "pass", "x"), "40401"},
	} {
		if !strings.Contains(c.answer, c.code) {
			t.Errorf("%s: want %s, got %s", name, c.code, c.answer)
		}
	}
	if len(n.Messages()) != 0 {
		t.Errorf("it took %+v", n.Messages())
	}
	taken := 0
	for range 70 {
		if strings.Contains(publish("POST", "alarms", "me", "pass", "hello"), `"event":"message"`) {
			taken++
		}
	}
	if taken != 60 {
		t.Errorf("%d of 70 at once were taken", taken)
	}
	at = at.Add(5 * time.Second)
	publish("PUT", "alarms", "me", "pass", strings.Repeat("x", 4097))
	told := n.Messages()
	if len(told) != 61 || told[0].Text != "hello" || told[0].File || !told[60].File {
		t.Errorf("%d messages, the last %+v", len(told), told[len(told)-1])
	}
}

func TestGotifyRefusesAsItsServerDoes(t *testing.T) {
	g := farend.NewGotify(time.Now, "Atoken")
	post := func(path, body string) int {
		w := httptest.NewRecorder()
		g.ServeHTTP(w, httptest.NewRequest("POST", path, strings.NewReader(body)))
		return w.Code
	}
	for path, c := range map[string]struct {
		body string
		want int
	}{
		"/message?token=Aother":     {`{"message":"x"}`, 401},
		"/other?token=Atoken":       {`{"message":"x"}`, 404},
		"/message?token=Atoken&b=1": {`{"message":""}`, 400},
		"/message?token=Atoken&b=2": {`{"message":`, 400},
		"/message?token=Atoken":     {`{"title":"t","message":"x"}`, 200},
	} {
		if got := post(path, c.body); got != c.want {
			t.Errorf("%s %s: %d, want %d", path, c.body, got, c.want)
		}
	}
	if told := g.Messages(); len(told) != 1 || told[0].Title != "t" || told[0].Text != "x" {
		t.Errorf("it took %+v", told)
	}
}
