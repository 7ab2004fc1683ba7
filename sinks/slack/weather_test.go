package slack_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"bellhop/internal/event"
	"bellhop/internal/farend"
	"bellhop/internal/retry"
	"bellhop/sinks"
	"bellhop/sinks/slack"
)

// The life of an incident through all that can happen on the way, each notice tried
// until it is taken. What a person sees in the end: the news in their order, none
// missing, and the message as things stand. Twice stands only what was lost on its way
// back, and what is said to be refused was not seen.
func TestR12NoWeatherLosesOrMixesNews(t *testing.T) {
	for seed := range uint64(20) {
		synctest.Test(t, func(t *testing.T) {
			far := farend.NewSlack(time.Now, token, "#backups")
			far.Inject(farend.Weather(seed, 40)...)
			line := farend.NewLine(far, nil)
			sink, err := slack.New(config("http://far.test", "#backups"), sinks.Deps{Now: time.Now, Client: line.Client()})
			if err != nil {
				t.Fatal(err)
			}
			live(t, seed, far, sink)
			if err := line.Close(); err != nil {
				t.Errorf("close the far end: %v", err)
			}
			time.Sleep(time.Minute)
		})
	}
}

func live(t *testing.T, seed uint64, far *farend.Slack, sink *slack.Sink) {
	const changes = 12
	var memory []byte
	for n := range changes {
		status := event.StatusChanged
		switch n {
		case 0:
			status = event.StatusOpen
		case changes - 1:
			status = event.StatusResolved
		}
		m := wordless(status)
		m.Target, m.Text = "#backups", map[string]string{"slack.text": fmt.Sprint("news ", n)}
		for tries := 0; ; tries++ {
			m.Memory = memory
			before := len(far.Requests())
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			receipt, err := sink.Send(ctx, m)
			cancel()
			time.Sleep(5 * time.Second)
			if receipt.Memory != nil {
				memory = receipt.Memory
			}
			if err == nil {
				break
			}
			if tries == 60 {
				t.Fatalf("seed %d: news %d is never taken: %v", seed, n, err)
			}
			for _, r := range far.Requests()[before:] {
				if r.Done && retry.Of(err).Refused {
					t.Errorf("seed %d, news %d: said to be refused (%v), but %s was done", seed, n, err, r.Path)
				}
			}
		}
	}
	told(t, seed, far, changes)
}

// told reads the channel as a person does.
func told(t *testing.T, seed uint64, far *farend.Slack, changes int) {
	t.Helper()
	threads := far.Threads("#backups")
	last := threads[len(threads)-1]
	if last.Text != fmt.Sprint("news ", changes-1) || !strings.Contains(last.Attachments, "#2eb67d") {
		t.Errorf("seed %d: the message shows %q", seed, last.Text)
	}
	for _, earlier := range threads[:len(threads)-1] {
		if earlier.Text != "news 0" || earlier.Edits > 0 {
			t.Errorf("seed %d: beside it stands %+v", seed, earlier)
		}
	}
	next := 1
	for _, r := range last.Replies {
		switch r.Text {
		case fmt.Sprint("news ", next):
			next++
		case fmt.Sprint("news ", next-1): // its answer was lost
		default:
			t.Errorf("seed %d: %q is said where news %d was due", seed, r.Text, next)
		}
	}
	if next != changes {
		t.Errorf("seed %d: %d of %d changes were said", seed, next-1, changes-1)
	}
}
