package intake_test

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"bellhop/internal/event"
	"bellhop/internal/intake"
)

// door is one handler over a keeper, in a bubble of its own time.
type door struct {
	*rig
	h http.Handler
}

func atDoor(t *testing.T, test func(t *testing.T, d door)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		test(t, door{r, r.handler()})
	})
}

// says is one alert of a message.
func says(fingerprint, status, began string) string {
	return fmt.Sprintf(`{"status":%q,"labels":{"alertname":"BackupFailed","id":"1"},"startsAt":"2026-11-21T0%s:00:00Z","fingerprint":%q}`, status, began, fingerprint)
}

func message(group string, alerts ...string) string {
	return fmt.Sprintf(`{"groupKey":%q,"externalURL":"http://%s","alerts":[%s]}`, group, group, strings.Join(alerts, ","))
}

func (d door) post(body string) string {
	w := httptest.NewRecorder()
	d.h.ServeHTTP(w, httptest.NewRequest("POST", "/alert", strings.NewReader(body)))
	return fmt.Sprint(w.Code, " ", w.Body)
}

// kept checks how many messages were handed on.
func (d door) wantKept(t *testing.T, what string, n int) {
	t.Helper()
	if got := d.calls(); got != n {
		t.Errorf("%s: %d messages were handed on, want %d", what, got, n)
	}
}

func TestR16TheSameAlertsAreAnsweredAsBefore(t *testing.T) {
	atDoor(t, func(t *testing.T, d door) {
		a, b := says("a", "firing", "1"), says("b", "resolved", "2")
		first := d.post(message("one", a, b, "{}"))
		time.Sleep(4 * time.Minute)
		if again := d.post(message("another", "{}", b, a)); again != first || !strings.Contains(first, `"accepted":2,"ignored":1,"id":"id-1"`) {
			t.Errorf("answered %s, and then %s", first, again)
		}
		d.wantKept(t, "the pair of Alertmanagers", 1)
		if want := map[string]int{"webhook accepted": 2, "webhook ignored": 2, "webhook duplicate": 2}; !maps.Equal(d.seen, want) {
			t.Errorf("counted %v", d.seen)
		}
		time.Sleep(time.Minute)
		d.post(message("one", a, b, "{}"))
		d.wantKept(t, "after 5 minutes", 2)
	})
}

func TestR16WhatDiffersIsNoDuplicate(t *testing.T) {
	a := says("a", "firing", "1")
	for name, other := range map[string]string{
		"another status":           message("one", says("a", "resolved", "1")),
		"another start":            message("one", says("a", "firing", "2")),
		"an alert more":            message("one", a, says("b", "firing", "1")),
		"another alert":            message("one", says("b", "firing", "1")),
		"an ignored one more":      message("one", a, "{}"),
		"alerts that are left out": strings.Replace(message("one", a), `{"groupKey"`, `{"truncatedAlerts":2,"groupKey"`, 1),
	} {
		atDoor(t, func(t *testing.T, d door) {
			d.post(message("one", a))
			d.post(other)
			d.wantKept(t, name, 2)
		})
	}
}

func TestR16OnlyWhileNothingElseOfTheseAlertsCameBetween(t *testing.T) {
	atDoor(t, func(t *testing.T, d door) {
		a, b := says("a", "firing", "1"), says("b", "firing", "1")
		d.post(message("one", a, b))
		d.post(message("one", says("c", "firing", "1"))) // not of these
		d.post(message("one", a, b))
		d.wantKept(t, "another alert between", 2)
		d.post(message("one", says("b", "resolved", "1")))
		d.post(message("one", a, b))
		d.wantKept(t, "an end between", 4)
		d.post(message("one", says("a", "resolved", "1")))
		d.post(message("one", a, b))
		d.wantKept(t, "an end of the other", 6)
		d.post(message("one", b))
		d.post(message("one", a))
		d.post(message("one", a, b))
		d.wantKept(t, "the same alerts, but not together", 9)
	})
}

func TestR16OnlyWhatWasKeptIsAnswered(t *testing.T) {
	atDoor(t, func(t *testing.T, d door) {
		body := message("one", says("a", "firing", "1"))
		d.fail(errors.New("no space left on device"))
		for range 2 {
			if got := d.post(body); !strings.HasPrefix(got, "503") {
				t.Fatalf("answered %s", got)
			}
		}
		d.fail(nil)
		if got := d.post(body); !strings.HasPrefix(got, "200") {
			t.Fatalf("answered %s", got)
		}
		d.wantKept(t, "after the disk was full", 1)
	})
}

func TestR16WhatIsStillBeingKeptIsNotAnswered(t *testing.T) {
	atDoor(t, func(t *testing.T, d door) {
		body := message("one", says("a", "firing", "1"))
		d.hold = make(chan struct{})
		answers := make(chan string)
		for range 2 {
			go func() { answers <- d.post(body) }()
			<-d.entered // it is handed on, too
		}
		close(d.hold)
		<-answers
		<-answers
		d.wantKept(t, "both at once", 2)
	})
}

func TestR16OfTwoOfOneAlertTheLastCounts(t *testing.T) {
	atDoor(t, func(t *testing.T, d door) {
		d.post(message("one", says("a", "firing", "1"), says("a", "resolved", "1")))
		d.post(message("one", says("a", "resolved", "1"), says("a", "firing", "1")))
		d.wantKept(t, "in another order", 2)
	})
}

func TestR16AFloodIsForgottenAndNotMistaken(t *testing.T) {
	atDoor(t, func(t *testing.T, d door) {
		const many = 40_000
		d.post(message("one", says("a", "firing", "1")))
		for i := range many {
			d.post(message("one", says(fmt.Sprint(i), "firing", "1")))
		}
		d.post(message("one", says("a", "firing", "1"))) // forgotten, so looked at once more
		d.wantKept(t, "a flood", many+2)
		var large []string
		for i := range 5000 {
			large = append(large, says(fmt.Sprint(i), "firing", "1"))
		}
		d.post(message("one", large...))
		d.post(message("one", large...))
		d.wantKept(t, "a message of too many to remember", many+4)
	})
}

func TestR16WhatWasPolledInBetweenMakesItAnotherMessage(t *testing.T) {
	atDoor(t, func(t *testing.T, d door) {
		body := message("one", says("a", "firing", "1"))
		d.post(body)
		d.h.(*intake.Handler).Heard([]event.Signal{{Alert: event.Alert{Fingerprint: "b"}}})
		d.post(body)
		d.wantKept(t, "something else was polled", 1)
		d.h.(*intake.Handler).Heard([]event.Signal{{Alert: event.Alert{Fingerprint: "a", Status: event.Resolved}}})
		d.post(body)
		d.wantKept(t, "its end was polled", 2)
	})
}
