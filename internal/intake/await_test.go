package intake_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"bellhop/internal/intake"
)

// command stands in for what a message starts: it ends when somebody says how.
type command chan error

func (c command) await(ctx context.Context) error {
	select {
	case err := <-c:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// starts has everything that is kept start a command.
func (d door) starts() command {
	c := make(command)
	d.await = c.await
	return c
}

// postLater posts and hands over the answer when it is there.
func (d door) postLater(ctx context.Context, body string) <-chan string {
	said := make(chan string, 1)
	go func() {
		w := httptest.NewRecorder()
		d.h.ServeHTTP(w, httptest.NewRequestWithContext(ctx, "POST", "/alert", strings.NewReader(body)))
		said <- fmt.Sprint(w.Code, " ", w.Body)
	}()
	synctest.Wait()
	return said
}

func unanswered(t *testing.T, said <-chan string) {
	t.Helper()
	synctest.Wait()
	select {
	case s := <-said:
		t.Fatalf("answered %s", s)
	default:
	}
}

var errExit = errors.New("the sink reboot: it has failed; see delivery 7")

func TestR17AMessageIsAnsweredWhenItsCommandsHaveEnded(t *testing.T) {
	atDoor(t, func(t *testing.T, d door) {
		c := d.starts()
		body := message("one", says("a", "firing", "1"))
		said := d.postLater(t.Context(), body)
		unanswered(t, said)
		c <- nil
		first := <-said
		if !strings.HasPrefix(first, `200 {"status":"accepted","accepted":1,"ignored":0,"id":"id-1"}`) {
			t.Errorf("answered %s", first)
		}
		if again := d.post(body); again != first {
			t.Errorf("and then %s", again)
		}
		d.wantKept(t, "the same message again", 1)
	})
}

func TestR17AFailureIsAnswered500AndNeverFromMemory(t *testing.T) {
	atDoor(t, func(t *testing.T, d door) {
		c := d.starts()
		body := message("one", says("a", "firing", "1"))
		for i := range 3 {
			said := d.postLater(t.Context(), body)
			c <- errExit
			want := fmt.Sprintf(`500 {"error":"it was kept as id-%d, but a command that it started has not succeeded, send it again: the sink reboot: it has failed; see delivery 7"}`, i+1)
			if got := <-said; got != want {
				t.Errorf("answered %s", got)
			}
			if retry := d.kept[i][0].Retry; retry != (i > 0) {
				t.Errorf("message %d is another try: %v", i+1, retry)
			}
		}
		said := d.postLater(t.Context(), body)
		c <- nil
		if got := <-said; !strings.HasPrefix(got, "200") {
			t.Errorf("answered %s", got)
		}
		if got := d.post(body); !strings.HasPrefix(got, "200") {
			t.Errorf("answered %s", got)
		}
		d.wantKept(t, "three failures and a success", 4)
		if got := d.seen["webhook accepted"]; got != 4 {
			t.Errorf("%d alerts count as accepted", got)
		}
	})
}

func TestR17AnotherTryIsOneOfTheSameMessageAndSoon(t *testing.T) {
	a, b := says("a", "firing", "1"), says("b", "firing", "1")
	for name, next := range map[string]struct {
		after time.Duration
		body  string
		retry bool
	}{
		"soon":             {4 * time.Minute, message("one", a), true},
		"later":            {5 * time.Minute, message("one", a), false},
		"an alert more":    {time.Second, message("one", a, b), false},
		"another alert":    {time.Second, message("one", b), false},
		"of another group": {time.Second, message("two", a), true},
	} {
		atDoor(t, func(t *testing.T, d door) {
			c := d.starts()
			said := d.postLater(t.Context(), message("one", a))
			c <- errExit
			<-said
			time.Sleep(next.after)
			said = d.postLater(t.Context(), next.body)
			c <- nil
			<-said
			if got := d.kept[1][0].Retry; got != next.retry {
				t.Errorf("%s: another try: %v", name, got)
			}
		})
	}
}

func TestR16TheSameMessageWaitsForTheFirstAndIsAnsweredAlike(t *testing.T) {
	for _, came := range []error{nil, errExit} {
		atDoor(t, func(t *testing.T, d door) {
			c := d.starts()
			body := message("one", says("a", "firing", "1"))
			first := d.postLater(t.Context(), body)
			time.Sleep(10 * time.Minute)
			again := d.postLater(t.Context(), body)
			unanswered(t, again)
			c <- came
			if one, other := <-first, <-again; one != other {
				t.Errorf("answered %s, and %s", one, other)
			}
			d.wantKept(t, "both", 1)
		})
	}
}

func TestR17WhatCameOfACommandIsKnownThoughItsSenderHasGone(t *testing.T) {
	atDoor(t, func(t *testing.T, d door) {
		c := d.starts()
		body := message("one", says("a", "firing", "1"))
		hasty, gone := context.WithTimeout(t.Context(), 10*time.Second)
		defer gone()
		first := d.postLater(hasty, body)
		time.Sleep(time.Minute)
		unanswered(t, first)
		again, goneToo := context.WithTimeout(t.Context(), 10*time.Second)
		defer goneToo()
		if got := <-d.postLater(again, body); !strings.HasPrefix(got, "500") {
			t.Errorf("nobody hears %s", got)
		}
		c <- nil
		<-first
		if got := d.post(body); !strings.HasPrefix(got, "200") {
			t.Errorf("answered %s", got)
		}
		d.wantKept(t, "all of them", 1)
	})
}

func TestR17ABadEndOfTheWaitLeavesNobodyWaiting(t *testing.T) {
	atDoor(t, func(t *testing.T, d door) {
		release := make(chan struct{})
		d.await = func(context.Context) error { <-release; panic("a bug") }
		body := message("one", says("a", "firing", "1"))
		go func() {
			defer func() { _ = recover() }() // as the server does
			d.post(body)
		}()
		synctest.Wait()
		again := d.postLater(t.Context(), body)
		close(release)
		if got := <-again; !strings.HasPrefix(got, "500") {
			t.Errorf("answered %s", got)
		}
	})
}

// TestR17AWaitMayBeLongerThanAnyRequest waits for longer than a request and an answer may
// take otherwise, on real connections: Alertmanager's, which speaks HTTP/2 over TLS, and
// plain ones.
func TestR17AWaitMayBeLongerThanAnyRequest(t *testing.T) {
	dir := t.TempDir()
	pool, _ := identity(t, dir)
	file := write(t, dir, "web.yml", "tls_server_config: {cert_file: cert.pem, key_file: key.pem}\n")
	t.Run("plain", func(t *testing.T) {
		waitsLong(t, "http", "", &http.Transport{DisableKeepAlives: true})
	})
	t.Run("TLS", func(t *testing.T) {
		waitsLong(t, "https", file, &http.Transport{ForceAttemptHTTP2: true, TLSClientConfig: &tls.Config{RootCAs: pool}})
	})
}

func waitsLong(t *testing.T, scheme, file string, by *http.Transport) {
	t.Parallel()
	r := newRig(t)
	const limit = 2 * time.Second
	entered := make(chan struct{}, 1)
	r.await = func(context.Context) error {
		entered <- struct{}{}
		time.Sleep(2 * limit)
		return nil
	}
	r.start(t, r.handler(), func(ctx context.Context, ln net.Listener, h http.Handler, log *slog.Logger) error {
		return intake.ServeHurried(ctx, ln, h, log, file, limit)
	})
	defer by.CloseIdleConnections()
	said := make(chan answer, 3)
	post := func() {
		client := &http.Client{Timeout: 30 * time.Second, Transport: by}
		res, err := client.Post(scheme+"://"+r.addr+"/alert", "", strings.NewReader(goodBody))
		if err != nil {
			said <- answer{err: err}
			return
		}
		said <- read(res)
	}
	go post()
	<-entered
	go post() // it waits for the first
	for range 2 {
		wantGood(t, <-said)
	}
	if n := r.calls(); n != 1 {
		t.Errorf("%d messages were handed on", n)
	}
	post()
	wantGood(t, <-said)
}

func TestR17AReloadForgetsNothing(t *testing.T) {
	atDoor(t, func(t *testing.T, d door) {
		c := d.starts()
		body := message("one", says("a", "firing", "1"))
		said := d.postLater(t.Context(), body)
		c <- errExit
		<-said
		d.h = d.h.(*intake.Handler).With(d.cfg) // SIGHUP, as of logrotate
		said = d.postLater(t.Context(), body)
		c <- nil
		<-said
		if !d.kept[1][0].Retry {
			t.Error("another try is taken for something new")
		}
	})
}

func TestWhoWaitsForACommandTakesNoRoomFromOthers(t *testing.T) {
	atDoor(t, func(t *testing.T, d door) {
		c := d.starts()
		body := func(name string) string {
			return strings.Replace(message("one", says(name, "firing", "1")), "{", `{"pad":"`+strings.Repeat("x", 100<<10)+`",`, 1)
		}
		var all []<-chan string
		for i := range 256 { // more than all bodies together may take
			all = append(all, d.postLater(t.Context(), body(fmt.Sprint("a", i))))
		}
		if got := d.post(body("last")); !strings.HasPrefix(got, "500") || !strings.Contains(got, "too many requests wait") {
			t.Errorf("one too many was answered %s", got)
		}
		d.wantKept(t, "and all were kept", 257)
		for range all {
			c <- nil
		}
		for _, said := range all {
			if got := <-said; !strings.HasPrefix(got, "200") {
				t.Fatalf("answered %s", got)
			}
		}
		said := d.postLater(t.Context(), body("then"))
		c <- nil
		if got := <-said; !strings.HasPrefix(got, "200") {
			t.Errorf("there is no room again: %s", got)
		}
	})
}
