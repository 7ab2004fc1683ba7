package sinktest

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"bellhop/internal/event"
	"bellhop/sinks"
)

// pace is long enough for any far end to take the next message.
const pace = time.Minute

func (c Case) retry(t *testing.T) {
	c.in(t, func(r *room) {
		first := r.key(r.Message)
		time.Sleep(pace)
		if again := r.key(r.Message); again != first || first == "" {
			r.t.Errorf("the first try had the key %q, the second %q", first, again)
		}
		other := r.Message
		other.ID += "-other"
		other.Event.DedupKey += "-other"
		other.Event.Plan = event.Plan{ID: "77", Name: "another plan"}
		other.Text = map[string]string{}
		time.Sleep(pace)
		if key := r.key(other); key == first {
			r.t.Errorf("another message has the same key %q", key)
		}
	})
}

func (r *room) key(m sinks.Message) string {
	r.t.Helper()
	if err := r.send(r.t.Context(), m); err != nil {
		r.t.Fatal(err)
	}
	return r.Key(r.last())
}

// hostileTexts could become markup, a header, a mention or a template where they
// are not taken for what they are.
func hostileTexts() map[string]string {
	return map[string]string{
		"HTML":           `</td></pre><script>alert(1)</script><img src=x onerror=alert(1)>`,
		"mrkdwn":         "<!channel> <!here|x> <@U123> <#C1|c> <https://evil.example|bellhop> *b* _i_ ~s~ `c` ```",
		"mentions":       "@here @channel @everyone",
		"line breaks":    "one\r\nBcc: everybody@example.org\r\n\r\n.\r\ntwo\u2028three",
		"NUL":            "a\x00b\x1b[31m\x07",
		"1 MB":           strings.Repeat("<&\"> 0123456789 ", 1<<20/15),
		"1 MB, no space": strings.Repeat("x", 1<<20),
		"right to left":  "report\u202egpj.exe \u2067abc\u2069 \u200fקבצים",
		"emoji":          "💥👩‍👩‍👧‍👦🗂️" + strings.Repeat("🔥", 5000),
		"broken UTF-8":   "\xff\xfe\xc3\x28 abc \xf0\x9f",
		"quotes":         `"},{"event_action":"resolve"} \" \u0000 %s%n {{.Plan.ID}}`,
		"empty":          "",
		"blank":          " \t\n ",
	}
}

func (c Case) hostile(t *testing.T) {
	for name, text := range hostileTexts() {
		if c.MaxText > 0 {
			text = text[:min(len(text), c.MaxText)]
		}
		t.Run(name, func(t *testing.T) {
			c.in(t, func(r *room) {
				m := r.Message
				m.Event = poison(m.Event, text)
				m.Text = map[string]string{}
				for part := range r.Message.Text {
					m.Text[part] = text
				}
				for _, status := range []event.Status{event.StatusOpen, event.StatusChanged, event.StatusResolved} {
					m.Event.Status = status
					if err := r.send(r.t.Context(), m); err != nil {
						r.t.Fatalf("%s: %v", status, err)
					}
					r.harmless(r.last())
					time.Sleep(pace)
				}
			})
		})
	}
}

func (r *room) harmless(req Request) {
	r.t.Helper()
	if len(req.Body) > r.MaxBody {
		r.t.Errorf("the request has %d bytes, more than %d", len(req.Body), r.MaxBody)
	}
	if !utf8.Valid(req.Body) || strings.ContainsRune(string(req.Body), 0) {
		r.t.Error("the request is no text")
	}
	if req.Header.Get("Bcc") != "" {
		r.t.Error("a text became a header")
	}
	if r.Harmless != nil {
		r.Harmless(r.t, req)
	}
}

// poison puts text into every field that comes from outside, into many modules.
func poison(e event.Event, text string) event.Event {
	e.Cluster.Name = text
	e.Plan = event.Plan{ID: text, Name: text, Schedule: text}
	e.DedupKey = event.DedupKey("", text)
	e.Destination = event.Destination{ID: text, Name: text}
	e.Cause = event.Cause(text)
	e.Notes = nil
	for range 30 {
		e.Notes = append(e.Notes, text)
	}
	e.Modules = nil
	for i := range 300 {
		state := event.StateOK
		if i%3 > 0 {
			state = event.StateFailed
		}
		e.Modules = append(e.Modules, event.Module{
			ID: fmt.Sprint(i, text[:min(len(text), 1<<10)]), Name: text, Node: text, State: state, Error: text,
			LastSnapshot: e.Time.Add(-26 * time.Hour),
		})
	}
	e.Was = &event.Trouble{Outcome: event.Partial, Cause: event.Cause(text), Modules: event.NotOK(e.Modules)}
	e.Alerts = []event.Alert{
		{Status: event.Firing, Labels: map[string]string{"alertname": text}, GeneratorURL: "javascript:" + text},
		{Status: event.Firing, Labels: map[string]string{"alertname": text}, GeneratorURL: "https://user:pass@alerts.example.org/graph?a=1&b=" + text},
	}
	return e
}

func (c Case) targets(t *testing.T) {
	c.in(t, func(r *room) {
		names := r.sink.Targets()
		if len(names) == 0 {
			r.t.Fatal("the sink tells nobody")
		}
		r.quiet("the target", strings.Join(names, " "))
		if again := r.sink.Targets(); strings.Join(again, "\n") != strings.Join(names, "\n") {
			r.t.Errorf("the targets were %q and then %q", names, again)
		}
		if keyed, ok := r.sink.(sinks.Keyed); ok {
			r.pins(keyed, names)
		}
	})
}

// pins looks at what a keyed sink promises while all its keys are good (R15).
func (r *room) pins(keyed sinks.Keyed, names []string) {
	for _, name := range names {
		if err := keyed.Lost(name); err != nil {
			r.t.Errorf("%s is lost: %v", name, err)
		}
	}
	if keyed.Lost("nobody") == nil {
		r.t.Error("a key that is none of its own is not lost")
	}
	for _, incident := range hostileTexts() {
		pin := keyed.Pin(incident)
		if !slices.Contains(names, pin) || keyed.Pin(incident) != pin {
			r.t.Errorf("an incident is pinned to %q and then to %q", pin, keyed.Pin(incident))
		}
	}
	m := r.Message
	m.Target = names[0]
	if receipt, err := r.sink.Send(r.t.Context(), m); err != nil || receipt.Memory == nil {
		r.t.Errorf("of what was taken over it remembers %q, error %v", receipt.Memory, err)
	}
}
