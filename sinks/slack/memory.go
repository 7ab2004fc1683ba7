package slack

import "encoding/json"

// Memory is what the sink remembers of an incident: the message that told of it,
// by Slack's own names, for edits and replies.
type Memory struct {
	Channel string `json:"channel"` // Slack's id, whatever name the settings use
	TS      string `json:"ts"`
}

// remember is nil when Slack did not say where the message went: then there is
// nothing to remember, and what was remembered before stays.
func (m Memory) remember() []byte {
	if m.Channel == "" || m.TS == "" {
		return nil
	}
	b, err := json.Marshal(m)
	if err != nil {
		return nil // does not happen: a struct of two strings
	}
	return b
}
