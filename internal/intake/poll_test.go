package intake_test

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"bellhop/internal/event"
	"bellhop/internal/intake"
)

// office stands in for an Alertmanager's API, without a network, so that its time
// may be a test's.
type office struct {
	started time.Time
	away    bool
	answer  string // instead of the alerts
	alerts  []map[string]any
}

func (o *office) RoundTrip(r *http.Request) (*http.Response, error) {
	if o.away {
		return nil, errors.New("connection refused")
	}
	var said any = append([]map[string]any{}, o.alerts...) // [] and not null when there are none
	switch r.URL.Path {
	case "/api/v2/alerts":
	case "/api/v2/status":
		said = map[string]any{"uptime": o.started}
	default:
		return &http.Response{StatusCode: 404, Status: "404 Not Found", Body: http.NoBody, Request: r}, nil
	}
	text, err := json.Marshal(said)
	if o.answer != "" && r.URL.Path == "/api/v2/alerts" {
		text = []byte(o.answer)
	}
	return &http.Response{StatusCode: 200, Status: "200 OK", Body: io.NopCloser(strings.NewReader(string(text))), Request: r}, err
}

// fires is an alert in the words of the API.
func fires(plan, state string, since time.Time) map[string]any {
	return map[string]any{
		"labels":      map[string]string{"alertname": "BackupFailed", "id": plan, "node": "1"},
		"annotations": map[string]string{"summary_en": "Backup job has failed."},
		"startsAt":    since, "endsAt": time.Now().Add(4 * time.Minute), "updatedAt": time.Now(),
		"fingerprint": "f" + plan, "receivers": []map[string]string{{"name": "builtin"}},
		"status": map[string]any{"state": state, "silencedBy": []string{}, "inhibitedBy": []string{}},
	}
}

// page is a notebook of one page.
type page struct {
	text  []byte
	fault error
}

func (p *page) Load(context.Context) ([]byte, error) { return p.text, nil }
func (p *page) Save(_ context.Context, notes []byte) error {
	if p.fault == nil {
		p.text = notes
	}
	return p.fault
}

// watchman polls an office by a test's own clock.
type watchman struct {
	*keeper
	*office
	page *page
	log  *notes
	now  time.Time
	p    *intake.Poller
	told int // how many of the signals were looked at
	// forward has other alerts forwarded.
	forward bool
	address string // of the Alertmanager
}

func newWatchman() *watchman {
	w := &watchman{keeper: &keeper{}, office: &office{}, page: &page{}, log: &notes{}}
	w.now = time.Date(2026, 11, 25, 3, 0, 0, 0, time.UTC)
	w.started = w.now.Add(-time.Hour)
	w.restart()
	return w
}

func pollConfig() intake.Config {
	c := intake.DefaultConfig()
	c.Poll.URL = "http://alertmanager.example.org/base/../"
	return c
}

// restart begins another life with the notes of the one before.
func (w *watchman) restart() {
	w.p = intake.NewPoller(intake.PollDeps{
		Config: pollConfig, Client: &http.Client{Transport: w.office}, Accept: w.accept, Observer: w.keeper,
		Notebook: w.page, Heard: func([]event.Signal) {}, Now: func() time.Time { return w.now }, Log: slog.New(slog.NewTextHandler(w.log, nil)),
	})
}

// poll asks once and writes what was brought, such as "1 firing".
func (w *watchman) poll(t *testing.T) (string, error) {
	t.Helper()
	c := pollConfig()
	c.Poll.URL = cmp.Or(w.address, "http://alertmanager.example.org/")
	if w.forward {
		c.OtherAlerts = intake.Forward
	}
	err := w.p.Poll(t.Context(), c)
	w.now = w.now.Add(30 * time.Second)
	var said []string
	for _, batch := range w.kept[w.told:] {
		for _, s := range batch {
			if s.Source != "poll" {
				t.Errorf("a signal of source %q", s.Source)
			}
			if s.Alert.Status == event.Firing != s.Alert.EndsAt.IsZero() {
				t.Errorf("%s, and it ends at %v", s.Alert.Status, s.Alert.EndsAt)
			}
			about := cmp.Or(s.Plan.ID, s.Plan.Topic)
			if s.Quiet {
				about += " quietly"
			}
			said = append(said, about+" "+s.Alert.Status)
		}
	}
	w.told = len(w.kept)
	return strings.Join(said, ", "), err
}

func (w *watchman) want(t *testing.T, want string) {
	t.Helper()
	if got, err := w.poll(t); err != nil || got != want {
		t.Fatalf("at %s: got %q, %v, want %q", w.now.Format(time.TimeOnly), got, err, want)
	}
}

// quiet polls for a while, and nothing may be brought.
func (w *watchman) quiet(t *testing.T, d time.Duration) {
	t.Helper()
	for end := w.now.Add(d); w.now.Before(end); {
		w.want(t, "")
	}
}

func TestR19WhatFiresIsToldOnceAndItsEndWhenItHasVanished(t *testing.T) {
	w := newWatchman()
	w.alerts = []map[string]any{fires("1", "active", w.now), fires("2", "active", w.now)}
	w.want(t, "1 firing, 2 firing")
	w.quiet(t, time.Hour)
	w.alerts = w.alerts[:1]
	w.quiet(t, 5*time.Minute)
	w.want(t, "2 resolved")
	w.quiet(t, time.Hour)
	w.alerts = append(w.alerts, fires("2", "active", w.now))
	w.want(t, "2 firing")
}

func TestR19AnAlertThatComesBackInTimeHasNotVanished(t *testing.T) {
	w := newWatchman()
	all := []map[string]any{fires("1", "active", w.now)}
	w.alerts = all
	w.want(t, "1 firing")
	w.alerts = nil
	w.quiet(t, 4*time.Minute)
	w.alerts = all
	w.want(t, "")
	w.alerts = nil
	w.quiet(t, 5*time.Minute)
	w.want(t, "1 resolved")
}

func TestR19ALaterStartIsAnotherAlert(t *testing.T) {
	w := newWatchman()
	w.alerts = []map[string]any{fires("1", "active", w.now)}
	w.want(t, "1 firing")
	w.alerts = []map[string]any{fires("1", "active", w.now)}
	w.want(t, "1 firing")
	w.want(t, "")
}

func TestR19WhatFiresOnIsBroughtAgainEveryThreeHours(t *testing.T) {
	w := newWatchman()
	w.alerts = []map[string]any{fires("1", "active", w.now)}
	w.want(t, "1 firing")
	w.quiet(t, 3*time.Hour-30*time.Second)
	w.want(t, "1 firing")
}

func TestR19ASuppressedAlertTellsNothingAndKeepsWhatIsOpen(t *testing.T) {
	w := newWatchman()
	w.alerts = []map[string]any{fires("1", "suppressed", w.now), fires("2", "unprocessed", w.now), fires("3", "active", w.now)}
	w.want(t, "3 firing")
	w.alerts[2] = fires("3", "suppressed", w.now)
	w.quiet(t, time.Hour)
	w.alerts[0] = fires("1", "active", w.now)
	w.want(t, "1 firing")
}

func TestR19AnAlertmanagerThatIsAwayOrJustStartedProvesNothing(t *testing.T) {
	w := newWatchman()
	w.alerts = []map[string]any{fires("1", "active", w.now)}
	w.want(t, "1 firing")
	w.away = true
	for range 30 {
		if got, err := w.poll(t); err == nil || got != "" || !strings.Contains(err.Error(), "receiver.poll.url") {
			t.Fatalf("got %q, %v", got, err)
		}
	}
	w.away, w.alerts, w.started = false, nil, w.now
	w.quiet(t, 5*time.Minute) // it has been told of nothing yet
	w.quiet(t, 5*time.Minute) // what it does not show by now is absent, but not for long
	w.want(t, "1 resolved")
}

func TestR19TheEndOfAnAlertIsToldAfterARestart(t *testing.T) {
	w := newWatchman()
	w.alerts = []map[string]any{fires("1", "active", w.now), fires("2", "active", w.now)}
	w.want(t, "1 firing, 2 firing")
	w.alerts = w.alerts[1:]
	w.now = w.now.Add(time.Hour)
	w.restart()
	w.quiet(t, 5*time.Minute)
	w.want(t, "1 resolved")
}

func TestWhatCannotBeKeptIsBroughtAgainAtTheNextPoll(t *testing.T) {
	w := newWatchman()
	w.alerts = []map[string]any{fires("1", "active", w.now)}
	w.fail(errors.New("the disk is full"))
	if _, err := w.poll(t); err == nil || !strings.Contains(err.Error(), "the disk is full") {
		t.Fatalf("got %v", err)
	}
	w.fail(nil)
	w.want(t, "1 firing")

	w.alerts = nil
	w.quiet(t, 5*time.Minute)
	w.page.fault = errors.New("the disk is full")
	if got, err := w.poll(t); err == nil || got != "1 resolved" {
		t.Fatalf("got %q, %v", got, err)
	}
	w.page.fault = nil
	w.want(t, "")
	w.restart()
	w.quiet(t, time.Hour)
}

func TestAnAnswerThatCannotBeReadTellsNothing(t *testing.T) {
	w := newWatchman()
	w.alerts = []map[string]any{fires("1", "active", w.now)}
	w.want(t, "1 firing")
	for _, answer := range []string{"<html>", "{}", "null", `[{"labels": 7}]`, `[{"labels": {"alertname": "BackupFailed"}}`, " ", "[null"} {
		w.answer = answer
		if got, err := w.poll(t); err == nil || got != "" {
			t.Errorf("%s: got %q, %v", answer, got, err)
		}
	}
}

func TestNotesThatCannotBeReadCostThemselvesAlone(t *testing.T) {
	for _, text := range []string{"{", "[]", `{"f1":null}`} {
		w := newWatchman()
		w.page.text = []byte(text)
		w.alerts = []map[string]any{fires("1", "active", w.now)}
		w.want(t, "1 firing")
	}
}

func TestAlertsOfOtherNamesAreLeftAlone(t *testing.T) {
	w := newWatchman()
	other := fires("1", "active", w.now)
	other["labels"] = map[string]string{"alertname": "SwapFull", "node": "1"}
	w.alerts = []map[string]any{other}
	w.want(t, "")
}

func TestThousandsOfAlertsAreBroughtInPieces(t *testing.T) {
	w := newWatchman()
	for i := range 1200 {
		w.alerts = append(w.alerts, fires(fmt.Sprint(i), "active", w.now))
	}
	if _, err := w.poll(t); err != nil {
		t.Fatal(err)
	}
	if n := w.calls(); n != 3 {
		t.Errorf("%d steps", n)
	}
	w.quiet(t, time.Minute)
}

func TestRunPollsAtItsPaceAndSaysOnceThatItFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWatchman()
		w.away = true
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { w.p.Run(ctx); close(done) }()
		time.Sleep(10*time.Minute + time.Second)
		synctest.Wait()
		if n := w.seen["poll refused"]; n != 21 {
			t.Errorf("%d polls failed", n)
		}
		if n := strings.Count(w.log.String(), "cannot be polled"); n != 1 {
			t.Errorf("it was said %d times:\n%s", n, w.log)
		}
		cancel()
		<-done
	})
}

func TestR19ASilencedAlertThatWasForwardedIsHeardOfQuietly(t *testing.T) {
	w := newWatchman()
	w.forward = true
	swap := func(state string) map[string]any {
		a := fires("7", state, w.now)
		a["labels"] = map[string]string{"alertname": "SwapFull", "node": "1"}
		return a
	}
	w.alerts = []map[string]any{swap("active")}
	w.want(t, "alert/f7 firing")
	w.alerts = []map[string]any{swap("suppressed")}
	w.alerts[0]["startsAt"] = w.now.Add(-time.Hour)
	w.quiet(t, 3*time.Hour-30*time.Second)
	w.want(t, "alert/f7 quietly firing")
	w.alerts = nil
	w.quiet(t, 5*time.Minute)
	w.want(t, "alert/f7 resolved")
}

func TestR19AnAlertThatNoLongerConcernsUsIsNotOver(t *testing.T) {
	w := newWatchman()
	w.forward = true
	a := fires("1", "active", w.now)
	a["labels"] = map[string]string{"alertname": "DiskFull", "node": "1"}
	w.alerts = []map[string]any{a}
	w.want(t, "alert/f1 firing")
	w.forward = false // a reload; it fires on
	w.quiet(t, 20*time.Minute)
	w.alerts = nil
	w.quiet(t, 5*time.Minute)
	w.want(t, "alert/f1 resolved")
}

func TestR19AnotherAlertmanagerProvesNothingOfTheOneBefore(t *testing.T) {
	w := newWatchman()
	w.alerts = []map[string]any{fires("1", "active", w.now)}
	w.want(t, "1 firing")
	w.alerts, w.address = nil, "http://another.example.org"
	w.quiet(t, time.Hour)
	w.restart()
	w.quiet(t, time.Hour)
}

func TestTooManyAlertsAreToldOfOnce(t *testing.T) {
	w := newWatchman()
	for i := range 10_200 {
		w.alerts = append(w.alerts, fires(fmt.Sprint(i), "active", w.now))
	}
	for range 3 {
		if _, err := w.poll(t); err != nil {
			t.Fatal(err)
		}
	}
	if n := strings.Count(w.log.String(), "more alerts fire than can be watched"); n != 1 {
		t.Errorf("the log tells it %d times", n)
	}
	w.alerts = w.alerts[:100]
	w.quiet(t, time.Minute)
	if !strings.Contains(w.log.String(), "all alerts that fire can be watched again") {
		t.Errorf("the log says %s", w.log)
	}
}
