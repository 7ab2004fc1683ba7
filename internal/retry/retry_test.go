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

func TestR12AnUnmarkedErrorMeansThatTheFarEndIsAway(t *testing.T) {
	if j := retry.Of(errFar); j != (retry.Judgement{Verdict: retry.Away}) {
		t.Errorf("got %+v", j)
	}
}

// marks are all there are, with what they ask for.
func marks() map[string]struct {
	mark func(error) error
	want retry.Judgement
} {
	after := func(err error) error { return retry.After(time.Minute, err) }
	down := func(err error) error { return retry.Down(time.Minute, err) }
	return map[string]struct {
		mark func(error) error
		want retry.Judgement
	}{
		"permanent": {retry.Permanent, retry.Judgement{Verdict: retry.Dead, Refused: true}},
		"skip":      {retry.Skip, retry.Judgement{Verdict: retry.Needless, Refused: true}},
		"after":     {after, retry.Judgement{Verdict: retry.Later, Wait: time.Minute}},
		"down":      {down, retry.Judgement{Verdict: retry.Away, Wait: time.Minute}},
		"broken":    {retry.Broken, retry.Judgement{Verdict: retry.Misconfigured}},
		"refused":   {retry.Refused, retry.Judgement{Verdict: retry.Away, Refused: true}},
	}
}

func TestR12AMarkSurvivesWrapping(t *testing.T) {
	for name, c := range marks() {
		err := fmt.Errorf("send: %w", fmt.Errorf("%w: %w", errors.New("too late"), c.mark(errFar)))
		if j := retry.Of(err); j != c.want {
			t.Errorf("%s: got %+v, want %+v", name, j, c.want)
		}
		if !errors.Is(err, errFar) || c.mark(errFar).Error() != errFar.Error() {
			t.Errorf("%s: the marked error is lost: %v", name, err)
		}
	}
}

func TestR12RefusedStandsBesideAnyVerdict(t *testing.T) {
	for name, c := range marks() {
		want := c.want
		want.Refused = true
		for _, err := range []error{retry.Refused(c.mark(errFar)), c.mark(retry.Refused(errFar))} {
			if j := retry.Of(err); j != want {
				t.Errorf("%s: got %+v, want %+v", name, j, want)
			}
		}
	}
}

func TestR12TheOutermostVerdictCounts(t *testing.T) {
	if j := retry.Of(retry.Broken(fmt.Errorf("log in: %w", retry.Down(time.Minute, errFar)))); j.Verdict != retry.Misconfigured || j.Wait != 0 {
		t.Errorf("got %+v", j)
	}
}

func TestMarksOfNothingAreNothing(t *testing.T) {
	for name, c := range marks() {
		if err := c.mark(nil); err != nil {
			t.Errorf("%s of nil is %v", name, err)
		}
	}
	for _, wait := range []time.Duration{0, -time.Second} {
		if j := retry.Of(retry.After(wait, errFar)); j != (retry.Judgement{Verdict: retry.Later}) {
			t.Errorf("after %v: got %+v, the queue shall choose the wait", wait, j)
		}
	}
}

func TestR12RetryAfterIsBelievedUpToAnHour(t *testing.T) {
	for _, err := range []error{retry.After(48*time.Hour, errFar), retry.Down(48*time.Hour, errFar)} {
		if j := retry.Of(err); j.Wait != time.Hour {
			t.Errorf("got %v", j.Wait)
		}
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
	named := http.Header{"Retry-After": {"9"}}
	for _, row := range []struct {
		first, last int
		want        retry.Judgement
	}{
		{300, 399, retry.Judgement{Verdict: retry.Away, Wait: 9 * time.Second}},
		{400, 400, retry.Judgement{Verdict: retry.Dead, Refused: true}},
		{401, 401, retry.Judgement{Verdict: retry.Misconfigured, Refused: true}},
		{402, 402, retry.Judgement{Verdict: retry.Dead, Refused: true}},
		{403, 403, retry.Judgement{Verdict: retry.Misconfigured, Refused: true}},
		{404, 406, retry.Judgement{Verdict: retry.Dead, Refused: true}},
		{407, 407, retry.Judgement{Verdict: retry.Misconfigured, Refused: true}},
		{408, 408, retry.Judgement{Verdict: retry.Away, Wait: 9 * time.Second}},
		{409, 424, retry.Judgement{Verdict: retry.Dead, Refused: true}},
		{425, 425, retry.Judgement{Verdict: retry.Away, Wait: 9 * time.Second, Refused: true}},
		{426, 428, retry.Judgement{Verdict: retry.Dead, Refused: true}},
		{429, 429, retry.Judgement{Verdict: retry.Away, Wait: 9 * time.Second, Refused: true}},
		{430, 499, retry.Judgement{Verdict: retry.Dead, Refused: true}},
		{500, 599, retry.Judgement{Verdict: retry.Away, Wait: 9 * time.Second}},
	} {
		for code := row.first; code <= row.last; code++ {
			if got := retry.Of(retry.HTTP(code, named, time.Now(), errFar)); got != row.want {
				t.Errorf("%d: got %+v, want %+v", code, got, row.want)
			}
		}
	}
	if j := retry.Of(retry.HTTP(503, http.Header{}, time.Now(), errFar)); j != (retry.Judgement{Verdict: retry.Away}) {
		t.Errorf("without Retry-After the queue chooses the wait: got %+v", j)
	}
	if err := retry.HTTP(202, named, time.Now(), nil); err != nil {
		t.Errorf("202: %v", err)
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
