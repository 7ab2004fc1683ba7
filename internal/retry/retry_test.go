package retry_test

import (
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"

	"bellhop/internal/retry"
)

var errFar = errors.New("the far end said no")

func TestR12AnUnmarkedErrorIsTemporary(t *testing.T) {
	if v, _ := retry.Of(errFar); v != retry.Temporary {
		t.Errorf("got %v", v)
	}
}

func TestR12AMarkSurvivesWrapping(t *testing.T) {
	if v, _ := retry.Of(fmt.Errorf("send: %w", retry.Permanent(errFar))); v != retry.Dead {
		t.Errorf("permanent: got %v", v)
	}
	v, wait := retry.Of(fmt.Errorf("send: %w", retry.After(time.Minute, errFar)))
	if v != retry.Later || wait != time.Minute {
		t.Errorf("after: got %v %v", v, wait)
	}
	if !errors.Is(retry.Permanent(errFar), errFar) || !errors.Is(retry.After(time.Second, errFar), errFar) {
		t.Error("the marked error is lost")
	}
}

func TestMarksOfNothingAreNothing(t *testing.T) {
	if retry.Permanent(nil) != nil || retry.After(time.Second, nil) != nil {
		t.Error("a nil error became one")
	}
	if v, _ := retry.Of(retry.After(0, errFar)); v != retry.Temporary {
		t.Error("no wait was asked for")
	}
}

func TestR12RetryAfterIsBelievedUpToAnHour(t *testing.T) {
	if _, wait := retry.Of(retry.After(48*time.Hour, errFar)); wait != time.Hour {
		t.Errorf("got %v", wait)
	}
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	for text, want := range map[string]time.Duration{
		"":                              0,
		"30":                            30 * time.Second,
		" 7 ":                           7 * time.Second,
		"-5":                            0,
		"99999999":                      time.Hour,
		"soon":                          0,
		"Sat, 21 Nov 2026 12:00:10 GMT": 10 * time.Second,
		"Sat, 21 Nov 2026 11:00:00 GMT": 0,
	} {
		h := http.Header{}
		if text != "" {
			h.Set("Retry-After", text)
		}
		if got := retry.RetryAfter(h, now); got != want {
			t.Errorf("%q: got %v, want %v", text, got, want)
		}
	}
}

func TestR12EveryHTTPStatusHasAVerdict(t *testing.T) {
	limited := http.Header{"Retry-After": {"9"}}
	for code := 300; code < 600; code++ {
		v, wait := retry.Of(retry.HTTP(code, limited, time.Now(), errFar))
		want := retry.Dead
		switch {
		case code == 401, code == 403:
			want = retry.Temporary // the sink's settings, not this message
		case code == 408, code == 425, code == 429, code >= 500:
			want = retry.Later
		}
		if v != want || want == retry.Later && wait != 9*time.Second {
			t.Errorf("%d: got %v after %v, want %v", code, v, wait, want)
		}
	}
	if v, _ := retry.Of(retry.HTTP(503, http.Header{}, time.Now(), errFar)); v != retry.Temporary {
		t.Error("without Retry-After it is tried again at the queue's own pace")
	}
}

func TestR12BackoffDoublesAndStrays(t *testing.T) {
	b := retry.Key()
	for n, want := range map[int]time.Duration{1: 5 * time.Second, 2: 10 * time.Second, 4: 40 * time.Second, 7: 5 * time.Minute, 1000: 5 * time.Minute} {
		if got := b.Plain(n); got != want {
			t.Errorf("try %d: got %v, want %v", n, got, want)
		}
	}
	if low, high := b.Delay(1, 0), b.Delay(1, 0.999999); low != 4*time.Second || high < 5999*time.Millisecond || high > 6*time.Second {
		t.Errorf("it strays from %v to %v, want ±20 %%", low, high)
	}
}
