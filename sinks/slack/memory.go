package slack

import (
	"encoding/json"

	"bellhop/internal/event"
	"bellhop/sinks/wire"
)

// Memory is what the sink remembers of an incident: the message that told of it, by
// Slack's own names, for edits and replies. The zero Memory remembers none.
type Memory struct {
	Channel string `json:"channel,omitempty"` // Slack's id, whatever name the settings use
	TS      string `json:"ts,omitempty"`
	// Ended is true when the message told the incident's end: it is left as it stands,
	// and what comes after is another incident.
	Ended bool `json:"ended,omitempty"`
}

// recall reads what was remembered. What cannot be read is not worth losing a notice
// for: it is told in a new message.
func recall(b []byte) Memory {
	var m Memory
	if json.Unmarshal(b, &m) != nil || m.Channel == "" {
		return Memory{}
	}
	return m
}

// tells reports whether the message that is remembered shall tell of e as well.
func (m Memory) tells(e event.Event) bool {
	return m.TS != "" && (!m.Ended || e.Status == event.StatusResolved)
}

// with is m after its message has told of e.
func (m Memory) with(e event.Event) Memory {
	m.Ended = e.Status == event.StatusResolved
	return m
}

// name is how the message is called in receipts and errors; Slack chose it.
func (m Memory) name() string { return wire.Line(m.TS, 30) }

// remember is nil when Slack did not say where the message went: then there is
// nothing to remember, and what was remembered before stays.
func (m Memory) remember() []byte {
	if m.Channel == "" || m.TS == "" {
		return nil
	}
	return m.encode()
}

// forget has nothing remembered from now on.
func forget() []byte { return Memory{}.encode() }

func (m Memory) encode() []byte {
	b, err := json.Marshal(m)
	if err != nil {
		return nil // does not happen: a struct of strings
	}
	return b
}
