package demo

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"bellhop/internal/event"
)

// patience is how long the story waits for what should happen in two seconds.
const patience = 30 * time.Second

// tell plays the three acts.
func (s *stage) tell(ctx context.Context) error {
	if err := s.failure(ctx); err != nil {
		return err
	}
	if err := s.repeat(ctx); err != nil {
		return err
	}
	if err := s.recovery(ctx); err != nil {
		return err
	}
	s.title("The end")
	s.say("While it runs, bellhop tells all of this to whoever asks:")
	for _, path := range []string{"/api/v1/events", "/api/v1/incidents", "/api/v1/deliveries", "/metrics", "/-/ready"} {
		s.say("  %s", s.url(path))
	}
	if s.o.Once {
		s.say("(`bellhop demo`, without --once, goes on serving them.)")
	}
	return nil
}

// failure is the first act: one thin alert becomes one enriched event.
func (s *stage) failure(ctx context.Context) error {
	if err := s.state.become(failedNight, s.o.Now().Add(-failedAgo)); err != nil {
		return err
	}
	s.title("1. A backup fails")
	s.say("Plan 1, \"Nightly to B2\", saves four modules on two nodes. One of them fails, and all that\n" +
		"Alertmanager has to say is: \"Backup job Nightly to B2 (ID: 1) has failed.\"\n")
	if err := s.post(ctx, firing); err != nil {
		return err
	}
	s.say("The alert is on disk; only then was it answered. Now bellhop waits for the run to settle\n" +
		"(wait_seconds: 1 here, 30 in life) and looks.")
	if err := s.delivered(ctx, 3); err != nil {
		return err
	}
	e, err := s.lastEvent(ctx)
	if err != nil {
		return err
	}
	s.title("2. What bellhop found")
	s.modules(e)
	s.title("3. Who was told")
	return s.messages(e)
}

// repeat is the second act: what is no news is not said.
func (s *stage) repeat(ctx context.Context) error {
	s.title("4. The second node reports it, too")
	if err := s.post(ctx, secondNode()); err != nil {
		return err
	}
	err := s.until(ctx, "the repeat is on record", func() (bool, error) {
		var list struct {
			Incidents []struct{ Repeats int }
		}
		err := s.get(ctx, "/api/v1/incidents", &list)
		return err == nil && len(list.Incidents) == 1 && list.Incidents[0].Repeats == 1, err
	})
	if err != nil {
		return err
	}
	s.say("It is the same failed run: recorded, and said to nobody. Still %d messages.", s.heard())
	return nil
}

// recovery is the third act: a newer success ends it.
func (s *stage) recovery(ctx context.Context) error {
	s.title("5. A later run succeeds")
	if err := s.state.become(goodNight, s.o.Now()); err != nil {
		return err
	}
	if err := s.post(ctx, resolved); err != nil {
		return err
	}
	if err := s.delivered(ctx, 6); err != nil {
		return err
	}
	e, err := s.lastEvent(ctx)
	if err != nil {
		return err
	}
	s.say("\"Resolved\" may only mean \"running again\", so bellhop looked: a newer run, all of it well.\n" +
		"Everybody who was told of the failure hears of its end.")
	return s.messages(e)
}

// secondNode is the recorded alert as another node raises it. The same one once more would
// be answered from memory (R16).
func secondNode() []byte {
	return []byte(strings.NewReplacer(`"node": "1"`, `"node": "2"`, "10.5.4.1", "10.5.4.2", "c9656b8df2419465", "c9656b8df2419466").Replace(string(firing)))
}

// modules prints what the event knows of each module.
func (s *stage) modules(e event.Event) {
	s.say("From the cluster's Redis, %s of plan %q to %q:\n", e.Outcome, e.Plan.Label(), e.Destination.Name)
	for _, m := range e.Modules {
		s.say("  %-11s node %s  %s", m.ID, m.Node, m.State)
	}
	for _, m := range event.NotOK(e.Modules) {
		s.say("\nFrom the repository of %s: %s; last good snapshot %s (%s before).",
			m.ID, m.Cause, m.LastSnapshot.UTC().Format(time.RFC3339), e.Time.Sub(m.LastSnapshot).Round(time.Minute))
	}
}

// messages prints what each far end received last.
func (s *stage) messages(e event.Event) error {
	subject, to, err := s.lastMail()
	if err != nil {
		return err
	}
	text, err := s.words.Render("mail.text", e)
	if err != nil {
		return err
	}
	s.box("mail, through ns8-sendmail, to "+to, "Subject: "+subject+"\n\n"+text+"\n(sent as HTML; this is its text)")
	alerts := s.pager.Alerts()
	alert := alerts[len(alerts)-1]
	state := "open"
	if !alert.Open {
		state = "closed"
	}
	s.box("oncall, PagerDuty: one alert, now "+state,
		fmt.Sprintf("summary:   %s\nseverity:  %s\ndedup key: %s", alert.Summary, alert.Severity, alert.DedupKey))
	threads := s.chat.Threads(channel)
	thread := threads[len(threads)-1]
	if n := len(thread.Replies); n > 0 {
		s.box("chat, Slack, in "+channel+": its message shows the new state, and this reply is in its thread", thread.Replies[n-1].Text)
		return nil
	}
	s.box("chat, Slack, in "+channel, thread.Text)
	return nil
}

// lastMail reads what the stand-in for ns8-sendmail kept.
func (s *stage) lastMail() (subject, to string, err error) {
	folder := filepath.Join(s.dir, "mails")
	list, err := os.ReadDir(folder)
	if err != nil || len(list) == 0 {
		return "", "", errors.Join(errors.New("no mail arrived"), err)
	}
	b, err := os.ReadFile(filepath.Join(folder, strconv.Itoa(len(list)-1)))
	if err != nil {
		return "", "", fmt.Errorf("read the last mail: %w", err)
	}
	lines := strings.SplitN(string(b), "\n", 3)
	return lines[0], lines[1], nil
}

// heard counts the messages that all far ends received.
func (s *stage) heard() int {
	list, _ := os.ReadDir(filepath.Join(s.dir, "mails"))
	return len(list) + len(s.pager.Requests()) + len(s.chat.Messages())
}

// post plays Alertmanager.
func (s *stage) post(ctx context.Context, body []byte) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url("/alert"), bytes.NewReader(body))
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return fmt.Errorf("post the alert: %w", err)
	}
	defer func() { _ = resp.Body.Close() }()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, 1<<16))
	if err != nil || resp.StatusCode != http.StatusOK {
		return fmt.Errorf("post the alert: %s %s: %w", resp.Status, answer, err)
	}
	s.say("  POST %s\n  %s %s\n", s.url("/alert"), resp.Status, bytes.TrimSpace(answer))
	return nil
}

// delivered waits until n deliveries are on record as sent.
func (s *stage) delivered(ctx context.Context, n int) error {
	return s.until(ctx, "every sink has answered", func() (bool, error) {
		var list struct {
			Deliveries []struct{ ID string }
		}
		err := s.get(ctx, "/api/v1/deliveries?state=sent", &list)
		return len(list.Deliveries) >= n, err
	})
}

func (s *stage) lastEvent(ctx context.Context) (event.Event, error) {
	var list struct{ Events []event.Event }
	if err := s.get(ctx, "/api/v1/events?limit=1", &list); err != nil {
		return event.Event{}, err
	}
	if len(list.Events) == 0 {
		return event.Event{}, errors.New("no event is on record")
	}
	return list.Events[0], nil
}

func (s *stage) get(ctx context.Context, path string, into any) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url(path), nil)
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return fmt.Errorf("ask %s: %w", path, err)
	}
	defer func() { _ = resp.Body.Close() }()
	if err := json.NewDecoder(resp.Body).Decode(into); err != nil {
		return fmt.Errorf("read the answer of %s: %w", path, err)
	}
	return nil
}

// until asks again until it is so.
func (s *stage) until(ctx context.Context, what string, so func() (bool, error)) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	ticker := time.NewTicker(50 * time.Millisecond)
	defer ticker.Stop()
	for {
		done, err := so()
		if err != nil {
			return err
		}
		if done {
			return nil
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return fmt.Errorf("wait until %s: %w", what, ctx.Err())
		}
	}
}
